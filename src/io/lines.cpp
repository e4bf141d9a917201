#include "io/lines.hpp"

#include <algorithm>

namespace expanalyze {

// std::count adds up in 64 bits; a byte a lane lets the compiler compare 16 at once.
std::size_t count_of(char byte, std::string_view text) {
  std::size_t n = 0;
  while (!text.empty()) {
    const auto piece = text.substr(0, 255);
    std::uint8_t here = 0;
    for (const char c : piece) here = static_cast<std::uint8_t>(here + (c == byte ? 1 : 0));
    n += here;
    text.remove_prefix(piece.size());
  }
  return n;
}

Lines::Lines(std::string_view text) : text_(text) {
  if (text_.substr(0, 3) == "\xEF\xBB\xBF") text_.remove_prefix(3);
}

bool Lines::next(std::string_view& line, std::uint32_t& number) {
  if (at_ >= text_.size()) return false;
  const auto end = std::min(text_.find('\n', at_), text_.size());
  line = text_.substr(at_, end - at_);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  at_ = end + 1;
  number = ++number_;
  return true;
}

}  // namespace expanalyze
