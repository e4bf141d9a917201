#include "io/lines.hpp"

#include <algorithm>

namespace expanalyze {

Lines::Lines(std::string_view text) : text_(text) {
  if (text_.substr(0, 3) == "\xEF\xBB\xBF") text_.remove_prefix(3);
  count_ = static_cast<std::uint32_t>(std::count(text_.begin(), text_.end(), '\n')) + (cut() ? 1U : 0U);
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
