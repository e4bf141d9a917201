#include "text/format.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace expanalyze {

namespace {

struct Prefix {
  double scale;
  std::string_view name;
};

template <std::size_t N>
std::string with_prefix(double value, const std::array<Prefix, N>& prefixes, std::string_view unit) {
  for (const auto& p : prefixes)
    if (std::abs(value) >= p.scale) return fmt::format("{} {}{}", number(value / p.scale, 3), p.name, unit);
  return unit.empty() ? number(value, 3) : fmt::format("{} {}", number(value, 3), unit);
}

bool is_continuation(unsigned char c) { return (c & 0xC0U) == 0x80U; }

/// Length of a well-formed UTF-8 sequence at `i`, or 0. C1 controls (U+0080 to U+009F) count as malformed: terminals
/// obey them.
std::size_t utf8_length(std::string_view s, std::size_t i) {
  const auto c = static_cast<unsigned char>(s[i]);
  const std::size_t n = c >= 0xF0 && c < 0xF5 ? 4 : c >= 0xE0 && c < 0xF0 ? 3 : c >= 0xC2 && c < 0xE0 ? 2 : 0;
  if (n == 0 || i + n > s.size()) return 0;
  for (std::size_t k = 1; k < n; ++k)
    if (!is_continuation(static_cast<unsigned char>(s[i + k]))) return 0;
  const auto second = static_cast<unsigned char>(s[i + 1]);
  if ((c == 0xC2 && second < 0xA0) || (c == 0xE0 && second < 0xA0) || (c == 0xED && second >= 0xA0) ||
      (c == 0xF0 && second < 0x90) || (c == 0xF4 && second >= 0x90))
    return 0;
  // Bidirectional controls (U+202A to U+202E, U+2066 to U+2069) can make a line read otherwise than it is.
  const bool bidi = c == 0xE2 && ((second == 0x80 && static_cast<unsigned char>(s[i + 2]) >= 0xAA &&
                                   static_cast<unsigned char>(s[i + 2]) <= 0xAE) ||
                                  (second == 0x81 && static_cast<unsigned char>(s[i + 2]) >= 0xA6 &&
                                   static_cast<unsigned char>(s[i + 2]) <= 0xA9));
  return bidi ? 0 : n;
}

}  // namespace

std::string number(double value, int significant) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  if (value == 0) return "0";
  const double magnitude = std::abs(value);
  if (magnitude < 1e7 && value == std::floor(value)) return fmt::format("{:.0f}", value);
  if (magnitude >= 1e7 || magnitude < 1e-4) {
    std::string text = fmt::format("{:.{}e}", value, std::max(0, significant - 1));
    const auto exponent = text.find('e');
    auto last = exponent;
    if (text.find('.') < exponent) {
      while (text[last - 1] == '0') --last;
      if (text[last - 1] == '.') --last;
    }
    return text.substr(0, last) + text.substr(exponent);
  }
  const int before = static_cast<int>(std::floor(std::log10(magnitude))) + 1;
  std::string text = fmt::format("{:.{}f}", value, std::max(0, significant - before));
  if (text.find('.') != std::string::npos) {
    while (text.back() == '0') text.pop_back();
    if (text.back() == '.') text.pop_back();
  }
  return text;
}

std::string signed_number(double value, int significant) { return (value > 0 ? "+" : "") + number(value, significant); }

std::string percent(double share, int significant) { return number(share * 100, significant) + " %"; }

std::string interval(double low, double high, int significant) {
  if (!std::isfinite(low) || !std::isfinite(high)) return {};
  return fmt::format("[{}, {}]", number(low, significant), number(high, significant));
}

std::string percent_clause(double share) { return std::isfinite(share) ? " (" + percent(share) + ")" : ""; }

std::string with_interval(const Estimate& e, int significant) {
  const std::string range = e.low == e.high ? std::string{} : interval(e.low, e.high, significant);
  return number(e.value, significant) + (range.empty() ? "" : " " + range);
}

std::string duration(double seconds) {
  if (!std::isfinite(seconds)) return number(seconds);
  if (seconds < 0) return "-" + duration(-seconds);
  if (seconds < 60) {
    static constexpr std::array<Prefix, 4> small{{{1, ""}, {1e-3, "m"}, {1e-6, "u"}, {1e-9, "n"}}};
    return with_prefix(seconds, small, "s");
  }
  const auto total = static_cast<long long>(std::llround(seconds));
  if (total < 3600) return fmt::format("{} min {} s", total / 60, total % 60);
  if (total < 172800) return fmt::format("{} h {} min", total / 3600, total % 3600 / 60);
  return fmt::format("{} d {} h", total / 86400, total % 86400 / 3600);
}

std::string flop_count(double flops) {
  static constexpr std::array<Prefix, 8> si{
      {{1e24, "Y"}, {1e21, "Z"}, {1e18, "E"}, {1e15, "P"}, {1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}}};
  return with_prefix(flops, si, "FLOP");
}

std::string count(double n) {
  static constexpr std::array<Prefix, 4> large{{{1e12, "T"}, {1e9, "B"}, {1e6, "M"}, {1e4, ""}}};
  if (std::abs(n) < 1e6) return number(n, 6);
  return with_prefix(n, large, "");
}

std::string to_text(const ConfigValue& value) {
  struct Say {
    std::string operator()(std::monostate) const { return "(not set)"; }
    std::string operator()(bool b) const { return b ? "true" : "false"; }
    /// Whole numbers in full: two seeds may differ in the last digit.
    std::string operator()(double d) const {
      return d == std::floor(d) && std::abs(d) < 0x1p53 ? fmt::format("{:.0f}", d) : number(d, 6);
    }
    std::string operator()(const std::string& s) const { return s; }
  };
  return std::visit(Say{}, value);
}

std::string one_line(std::string_view s, std::size_t most) {
  std::string out;
  for (std::size_t i = 0; i < s.size();) {
    const auto c = static_cast<unsigned char>(s[i]);
    if (out.size() >= most) return out + "…";
    if (c >= 0x20 && c < 0x7F) {
      out += static_cast<char>(c);
      ++i;
    } else if (const std::size_t n = utf8_length(s, i); n > 0) {
      out.append(s.substr(i, n));
      i += n;
    } else {
      out += c == '\t' || c == '\n' || c == '\r' ? ' ' : '?';
      ++i;
    }
  }
  return out;
}

std::string code_span(std::string_view log_text, std::size_t most) {
  std::string text = log_text.empty() ? "(empty)" : one_line(log_text, most);
  for (char& c : text)
    if (c == '`')
      c = '\'';
    else if (c == '|')
      c = '/';
  return "`" + text + "`";
}

std::string join(std::span<const std::string> parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts.begin(), parts.end(), separator));
}

}  // namespace expanalyze
