#include "io/nul_lines.hpp"

#include <algorithm>
#include <cstring>

namespace expanalyze {

namespace {

/// What is left of one line.
std::size_t left_of(std::span<const char> line) {
  if (line.back() == '\n') return 0;
  const auto nul = std::find(line.begin(), line.end(), '\0');
  const bool tail = std::all_of(nul, line.end(), [](char c) { return c == '\0'; });
  return tail ? static_cast<std::size_t>(nul - line.begin()) : 0;
}

}  // namespace

NulLines empty_nul_lines(std::span<char> text) {
  NulLines found{text.size(), 0, 0};
  if (text.empty() || std::memchr(text.data(), '\0', text.size()) == nullptr) return found;
  std::size_t to = 0;
  std::uint32_t number = 0;
  for (std::size_t from = 0; from < text.size(); ++number) {
    const auto newline = std::find(text.begin() + static_cast<std::ptrdiff_t>(from), text.end(), '\n');
    const auto end = std::min(static_cast<std::size_t>(newline - text.begin()) + 1, text.size());
    const auto line = text.subspan(from, end - from);
    const bool hit = std::memchr(line.data(), '\0', line.size()) != nullptr;
    if (hit && found.count++ == 0) found.first = number;
    const std::size_t keep = hit ? left_of(line) : line.size();
    std::memmove(text.data() + to, line.data(), keep);
    to += keep;
    if (hit && line.back() == '\n') text[to++] = '\n';
    from = end;
  }
  found.size = to;
  return found;
}

}  // namespace expanalyze
