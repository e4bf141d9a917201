// Numbered lines over a buffer that someone else keeps alive.
#pragma once

#include <cstdint>
#include <string_view>

namespace expanalyze {

std::uint32_t newlines(std::string_view text);

/// A copy is a bookmark: copying costs nothing and reading the copy leaves the original where it was.
class Lines {
 public:
  explicit Lines(std::string_view text);

  /// The next line without its end ("\n" or "\r\n") and its 1-based number; false after the last one.
  bool next(std::string_view& line, std::uint32_t& number);

  /// The whole text without a byte order mark.
  [[nodiscard]] std::string_view all() const { return text_; }
  /// Lines in the whole text; an unfinished last line counts.
  [[nodiscard]] std::uint32_t count() const { return count_; }
  /// The last line has no newline: the writer may have been killed in the middle of it.
  [[nodiscard]] bool cut() const { return !text_.empty() && text_.back() != '\n'; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  std::uint32_t number_ = 0;
  std::uint32_t count_ = 0;
};

}  // namespace expanalyze
