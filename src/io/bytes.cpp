#include "io/bytes.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "expanalyze/error.hpp"

namespace expanalyze {

namespace {

[[noreturn]] void fail(const std::filesystem::path& path, std::string_view what, std::string hint) {
  throw Error(Error::Kind::input, fmt::format("{}: {}", path.string(), what), std::move(hint));
}

}  // namespace

Input::Read open_bytes(const std::filesystem::path& path) {
  const auto close = [](std::FILE* f) { return f == stdin ? 0 : std::fclose(f); };
  const std::shared_ptr<std::FILE> file(path == "-" ? stdin : std::fopen(path.c_str(), "rb"), close);
  if (!file) fail(path, "cannot be opened", "check its permissions");
  std::setvbuf(file.get(), nullptr, _IONBF, 0);  // Input has a buffer of its own
  // Until the end instead of by size: pipes have none, and that of a log may be out of date.
  return [file, path](char* to, std::size_t at_most) {
    const std::size_t n = std::fread(to, 1, at_most, file.get());
    if (n == 0 && std::ferror(file.get()) != 0)
      fail(path, "cannot be read to its end", "copy it to a local disk and try again");
    return n;
  };
}

}  // namespace expanalyze
