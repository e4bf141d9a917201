#include "io/input.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <system_error>

#include "expanalyze/error.hpp"
#include "io/bytes.hpp"
#include "io/decompress.hpp"
#include "io/lines.hpp"
#include "io/nul_lines.hpp"

namespace expanalyze {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPiece = 256U << 10U;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

[[noreturn]] void fail(const fs::path& path, std::string_view what, std::string hint) {
  throw Error(Error::Kind::input, fmt::format("{}: {}", path.string(), what), std::move(hint));
}

/// The unfinished last line counts.
std::uint32_t lines_in(std::string_view text) {
  return newlines(text) + (text.empty() || text.back() == '\n' ? 0U : 1U);
}

void make_room(Block& block, std::size_t size) {
  if (block.bytes.size() < size + 1) block.bytes.resize(size + 1);
}

}  // namespace

Input::Input(Read read, std::string name, std::uint64_t size, Trouble trouble)
    : read_(std::move(read)),
      name_(std::move(name)),
      size_(size),
      trouble_(trouble ? std::move(trouble) : std::make_shared<std::vector<Note>>()) {}

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

std::string_view Input::head(std::size_t about) {
  if (!read_) {
    const auto line = std::min(whole_.find('\n'), std::min(whole_.size(), kLongestLine));
    return whole_.substr(0, line + about);
  }
  std::size_t line = std::string::npos;
  for (std::size_t want = about; line == std::string::npos; want *= 2) {
    const bool more = fill(want);
    line = ahead_.find('\n', at_);
    if (!more || want >= kLongestLine) break;
  }
  const std::size_t first = line == std::string::npos ? pending() : line - at_;
  fill(first + about);
  return cleaned_head(std::string_view(ahead_).substr(at_, first + about));
}

/// As the blocks will have it; these count their NUL bytes, a look ahead does not.
std::string_view Input::cleaned_head(std::string_view head) {
  if (!text_ || head.find('\0') == std::string_view::npos) return head;
  clean_head_ = head;
  clean_head_.resize(empty_nul_lines(clean_head_).size);
  return clean_head_;
}

bool Input::next_block(Block& block, std::size_t about) {
  block.first_line = lines_ + 1;
  block.size = 0;
  return read_ ? next_of_read(block, about) : next_of_whole(block, about);
}

bool Input::next_of_whole(Block& block, std::size_t about) {
  auto end = whole_.size() <= about ? whole_.size() : whole_.rfind('\n', about);
  if (end == std::string_view::npos) end = std::min(whole_.find('\n', about), whole_.size());
  if (end < whole_.size()) ++end;
  make_room(block, end);
  std::copy_n(whole_.begin(), end, block.bytes.begin());
  whole_.remove_prefix(end);
  hand_out(block, end);
  return end > 0;
}

/// Reads straight into the block; only the unfinished line at its end is copied, to begin the next block.
bool Input::next_of_read(Block& block, std::size_t about) {
  if (!started_) fill(kByteOrderMark.size());
  std::size_t have = pending();
  make_room(block, std::max(have, about));
  std::copy_n(ahead_.begin() + static_cast<std::ptrdiff_t>(at_), have, block.bytes.begin());
  ahead_.clear();
  at_ = 0;
  for (std::size_t searched = 0, want = about;; want *= 2) {
    have = read_on(block, have, want);
    const auto line = std::string_view(block.bytes.data(), have).substr(searched).rfind('\n');
    if (end_ || line != std::string_view::npos) {
      const std::size_t whole = end_ ? have : searched + line + 1;
      ahead_.assign(block.bytes.data() + whole, have - whole);
      hand_out(block, whole);
      return whole > 0;
    }
    searched = have;
    if (have <= kLongestLine) continue;
    have = skip_line(block);
    searched = 0;
    want = about / 2 + 1;
  }
}

std::size_t Input::read_on(Block& block, std::size_t have, std::size_t want) {
  make_room(block, want);
  while (have < want && !end_) {
    const std::size_t n = read_(block.bytes.data() + have, want - have);
    have += n;
    end_ = n == 0;
  }
  return have;
}

/// Drops the bytes of a line up to its end; answers how many bytes, from that newline on, are in the block.
std::size_t Input::skip_line(Block& block) {
  if (too_long_++ == 0) first_too_long_ = lines_ + 1;
  while (true) {
    const std::size_t n = read_on(block, 0, kPiece);
    const auto line = std::string_view(block.bytes.data(), n).find('\n');
    if (line == std::string_view::npos && !end_) continue;
    const std::size_t from = std::min(line, n);
    std::copy(block.bytes.data() + from, block.bytes.data() + n, block.bytes.data());
    return n - from;
  }
}

void Input::hand_out(Block& block, std::size_t size) {
  block.size = without_nul(block.bytes.data(), size);
  block.bytes[block.size] = '\0';
  handed_out_ += size;
  lines_ += lines_in(block.text());
}

void Input::put_back(Block& block, std::size_t from) {
  const auto tail = block.text().substr(from);
  lines_ -= lines_in(tail);
  handed_out_ -= tail.size();
  if (read_)
    ahead_.insert(0, tail);
  else
    whole_ = {whole_.data() - tail.size(), whole_.size() + tail.size()};
  block.size = from;
}

double Input::share() const {
  return size_ == 0 || handed_out_ > size_ ? 0.0 : static_cast<double>(handed_out_) / static_cast<double>(size_);
}

std::string_view Input::ahead(std::size_t want) {
  if (!read_) return whole_;
  if (pending() < want) fill(want);
  return std::string_view(ahead_).substr(at_);
}

void Input::take(std::size_t n) {
  read_ ? void(at_ += n) : whole_.remove_prefix(n);
  handed_out_ += n;
}

std::string_view Input::all() {
  if (read_) {
    while (fill(pending() + kPiece))
      if (pending() > kLargestDocument)
        fail(name_, "is larger than 4 GiB and cannot be read in pieces",
             "split it, or convert it to JSON Lines or CSV");
    whole_ = std::string_view(ahead_).substr(at_);
    read_ = {};
  }
  clean_whole();
  lines_ += lines_in(whole_);
  return whole_;
}

void Input::expect_text() {
  text_ = true;
  clean_whole();  // before the first block: put_back() counts on the bytes as they were handed out
}

void Input::clean_whole() {
  if (!text_ || whole_.find('\0') == std::string_view::npos) return;
  std::string text(whole_);
  text.resize(without_nul(text.data(), text.size()));
  ahead_ = std::move(text);
  whole_ = ahead_;
}

std::size_t Input::without_nul(char* text, std::size_t size) {
  if (!text_) return size;
  const NulLines found = empty_nul_lines({text, size});
  if (with_nul_ == 0 && found.count > 0) first_with_nul_ = lines_ + 1 + found.first;
  with_nul_ += found.count;
  return found.size;
}

Input open_input(const fs::path& path, Input::Trouble trouble) {
  std::error_code error;
  const bool standard = path == "-";
  const auto status = standard ? fs::file_status(fs::file_type::character) : fs::status(path, error);
  if (status.type() == fs::file_type::not_found)
    fail(path, "no such file", "check the path; quote it if it holds spaces or wildcards");
  if (fs::is_directory(status)) fail(path, "is a directory", "name a log file inside it");
  if (!trouble) trouble = std::make_shared<std::vector<Note>>();
  std::string name = standard ? "standard input" : path.filename().string();
  const auto size = fs::is_regular_file(status) ? fs::file_size(path, error) : 0;
  const std::string packed = name;
  auto read = decompressed(open_bytes(path), trouble, &name);
  const bool known = !error && name == packed;
  return {as_utf8(std::move(read), trouble), std::move(name), known ? size : 0, trouble};
}

std::string read_file(const fs::path& path) {
  Input input = open_input(path);
  return std::string(input.all());
}

}  // namespace expanalyze
