#include "io/bytes.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <memory>
#include <system_error>

#include "expanalyze/error.hpp"

namespace expanalyze {

namespace {

namespace fs = std::filesystem;

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

[[noreturn]] void fail(const fs::path& path, std::string_view what, std::string hint) {
  throw Error(Error::Kind::input, fmt::format("{}: {}", path.string(), what), std::move(hint));
}

}  // namespace

std::string read_file(const fs::path& path) {
  std::error_code error;
  const auto status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found)
    fail(path, "no such file", "check the path; quote it if it holds spaces or wildcards");
  if (fs::is_directory(status)) fail(path, "is a directory", "name a log file inside it");
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rb"));
  if (!file) fail(path, "cannot be opened", "check its permissions");
  // Read until the end instead of by size: pipes have no size, and a log may grow while it is read.
  std::string bytes;
  std::array<char, 1 << 16> piece;
  while (const std::size_t n = std::fread(piece.data(), 1, piece.size(), file.get())) bytes.append(piece.data(), n);
  if (std::ferror(file.get()) != 0) fail(path, "cannot be read to its end", "copy it to a local disk and try again");
  return bytes;
}

}  // namespace expanalyze
