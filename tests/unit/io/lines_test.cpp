#include "io/lines.hpp"

#include <filesystem>
#include <fstream>
#include <vector>

#include "expanalyze/error.hpp"
#include "io/input.hpp"
#include "support/catch.hpp"

using namespace expanalyze;

namespace {

std::vector<std::string> all(std::string_view text) {
  Lines lines(text);
  std::vector<std::string> out;
  std::string_view line;
  std::uint32_t number = 0;
  while (lines.next(line, number)) {
    out.emplace_back(line);
    REQUIRE(number == out.size());
  }
  REQUIRE(lines.count() == out.size());
  return out;
}

}  // namespace

TEST_CASE("lines are numbered whatever their ends") {
  using Strings = std::vector<std::string>;
  CHECK(all("") == Strings{});
  CHECK(all("a\nb\n") == Strings{"a", "b"});
  CHECK(all("a\r\nb") == Strings{"a", "b"});
  CHECK(all("\n\na") == Strings{"", "", "a"});
  CHECK(all("\xEF\xBB\xBF"
            "a\n") == Strings{"a"});
}

TEST_CASE("a missing newline at the end is a cut") {
  CHECK_FALSE(Lines("").cut());
  CHECK_FALSE(Lines("a\n").cut());
  CHECK(Lines("a\nb").cut());
}

TEST_CASE("a copy of the lines is a bookmark") {
  Lines lines("a\nb\nc\n");
  std::string_view line;
  std::uint32_t number = 0;
  lines.next(line, number);
  Lines ahead = lines;
  ahead.next(line, number);
  ahead.next(line, number);
  CHECK(line == "c");
  lines.next(line, number);
  CHECK(line == "b");
  CHECK(number == 2);
}

TEST_CASE("what cannot be read is an input error with a hint") {
  const auto kind_of = [](const std::filesystem::path& path) {
    try {
      read_file(path);
    } catch (const Error& e) {
      CHECK_FALSE(e.hint.empty());
      return e.kind;
    }
    return Error::Kind::usage;
  };
  CHECK(kind_of("/no/such/file") == Error::Kind::input);
  CHECK(kind_of("/") == Error::Kind::input);
}
