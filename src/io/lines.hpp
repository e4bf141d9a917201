// Numbered lines over a buffer that someone else keeps alive.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace expanalyze {

/// How often `byte` stands in the text.
std::size_t count_of(char byte, std::string_view text);
inline std::uint32_t newlines(std::string_view text) { return static_cast<std::uint32_t>(count_of('\n', text)); }

/// A copy is a bookmark: copying costs nothing and reading the copy leaves the original where it was.
class Lines {
 public:
  explicit Lines(std::string_view text);

  /// The next line without its end ("\n" or "\r\n") and its 1-based number; false after the last one.
  bool next(std::string_view& line, std::uint32_t& number);

  /// The whole text without a byte order mark.
  [[nodiscard]] std::string_view all() const { return text_; }
  /// Lines in the whole text; an unfinished last line counts. Looks at every byte.
  [[nodiscard]] std::uint32_t count() const { return newlines(text_) + (cut() ? 1U : 0U); }
  /// The last line has no newline: the writer may have been killed in the middle of it.
  [[nodiscard]] bool cut() const { return !text_.empty() && text_.back() != '\n'; }
  /// The line that next() gave is that unfinished one.
  [[nodiscard]] bool cut_here() const { return cut() && at_ >= text_.size(); }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  std::uint32_t number_ = 0;
};

}  // namespace expanalyze
