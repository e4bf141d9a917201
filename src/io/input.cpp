#include "io/input.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <system_error>

#include "expanalyze/error.hpp"

namespace expanalyze {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHead = 64U << 10U;
constexpr std::size_t kPiece = 256U << 10U;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

[[noreturn]] void fail(const fs::path& path, std::string_view what, std::string hint) {
  throw Error(Error::Kind::input, fmt::format("{}: {}", path.string(), what), std::move(hint));
}

std::uint32_t newlines(std::string_view text) {
  return static_cast<std::uint32_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

Input::Input(Read read, std::string name, std::uint64_t size)
    : read_(std::move(read)), name_(std::move(name)), size_(size) {}

Input Input::of(std::string_view text, std::string name) {
  Input input({}, std::move(name), text.size());
  input.whole_ = text.substr(0, 3) == kByteOrderMark ? text.substr(3) : text;
  return input;
}

/// Reads until `at_least` bytes are pending; false when the log ends before. A byte order mark is no content.
bool Input::fill(std::size_t at_least) {
  while (!end_ && pending() < at_least) {
    if (at_ > 0 && at_ >= ahead_.size() / 2) {
      ahead_.erase(0, at_);
      at_ = 0;
    }
    const std::size_t have = ahead_.size();
    ahead_.resize(have + kPiece);
    const std::size_t n = read_(ahead_.data() + have, kPiece);
    ahead_.resize(have + n);
    end_ = n == 0;
    if (!started_ && (pending() >= kByteOrderMark.size() || end_)) {
      started_ = true;
      if (ahead_.compare(at_, kByteOrderMark.size(), kByteOrderMark) == 0) at_ += kByteOrderMark.size();
    }
  }
  return pending() >= at_least;
}

std::string_view Input::head() {
  if (!read_) {
    const auto line = std::min(whole_.find('\n'), std::min(whole_.size(), kLongestLine));
    return whole_.substr(0, line + kHead);
  }
  std::size_t line = std::string::npos;
  for (std::size_t want = kHead; line == std::string::npos; want *= 2) {
    const bool more = fill(want);
    line = ahead_.find('\n', at_);
    if (!more || want >= kLongestLine) break;
  }
  const std::size_t first = line == std::string::npos ? pending() : line - at_;
  fill(first + kHead);
  return std::string_view(ahead_).substr(at_, first + kHead);
}

bool Input::next_block(Block& block, std::size_t about) {
  block.first_line = lines_ + 1;
  block.size = 0;
  std::string_view text;
  std::size_t end = std::string_view::npos;
  if (!read_) {
    text = whole_;
    end = text.size() <= about ? text.size() : text.rfind('\n', about);
    if (end == std::string_view::npos) end = std::min(text.find('\n', about), text.size());
    if (end < text.size()) ++end;
    whole_.remove_prefix(end);
  } else {
    for (std::size_t want = about; end == std::string_view::npos; want *= 2) {
      const bool more = fill(want);
      text = std::string_view(ahead_).substr(at_);
      if (!more)
        end = text.size();
      else if (const auto line = text.rfind('\n'); line != std::string_view::npos)
        end = line + 1;
      else if (text.size() > kLongestLine) {  // skip to the end of this line
        while (text.find('\n') == std::string_view::npos && !end_) {
          at_ = ahead_.size();
          fill(kPiece);
          text = std::string_view(ahead_).substr(at_);
        }
        const auto rest = text.find('\n');
        at_ += rest == std::string_view::npos ? text.size() : rest;
        if (too_long_++ == 0) first_too_long_ = lines_ + 1;
        want = about / 2 + 1;
      }
    }
    at_ += end;
  }
  text = text.substr(0, end);
  if (text.empty()) return false;
  if (block.bytes.size() < text.size()) block.bytes.resize(text.size());
  std::memcpy(block.bytes.data(), text.data(), text.size());
  block.size = text.size();
  lines_ += newlines(text) + (text.back() == '\n' ? 0U : 1U);
  return true;
}

std::string_view Input::ahead(std::size_t want) {
  if (!read_) return whole_;
  if (pending() < want) fill(want);
  return std::string_view(ahead_).substr(at_);
}

void Input::take(std::size_t n) { read_ ? void(at_ += n) : whole_.remove_prefix(n); }

std::string_view Input::all() {
  if (read_) {
    while (fill(pending() + kPiece))
      if (pending() > kLargestDocument)
        fail(name_, "is larger than 4 GiB and cannot be read in pieces",
             "split it, or convert it to JSON Lines or CSV");
    whole_ = std::string_view(ahead_).substr(at_);
    read_ = {};
  }
  lines_ += newlines(whole_) + (whole_.empty() || whole_.back() == '\n' ? 0U : 1U);
  return whole_;
}

Input open_input(const fs::path& path) {
  std::error_code error;
  const bool standard = path == "-";
  const auto status = standard ? fs::file_status(fs::file_type::character) : fs::status(path, error);
  if (status.type() == fs::file_type::not_found)
    fail(path, "no such file", "check the path; quote it if it holds spaces or wildcards");
  if (fs::is_directory(status)) fail(path, "is a directory", "name a log file inside it");
  const auto close = [](std::FILE* f) { f == stdin ? 0 : std::fclose(f); };
  const std::shared_ptr<std::FILE> file(standard ? stdin : std::fopen(path.c_str(), "rb"), close);
  if (!file) fail(path, "cannot be opened", "check its permissions");
  std::setvbuf(file.get(), nullptr, _IONBF, 0);  // Input has a buffer of its own
  // Read until the end instead of by size: pipes have no size, and a log may grow while it is read.
  const auto read = [file, path](char* to, std::size_t at_most) {
    const std::size_t n = std::fread(to, 1, at_most, file.get());
    if (n == 0 && std::ferror(file.get()) != 0)
      fail(path, "cannot be read to its end", "copy it to a local disk and try again");
    return n;
  };
  const auto size = fs::is_regular_file(status) ? fs::file_size(path, error) : 0;
  return {read, standard ? "standard input" : path.filename().string(), error ? 0 : size};
}

std::string read_file(const fs::path& path) {
  Input input = open_input(path);
  return std::string(input.all());
}

}  // namespace expanalyze
