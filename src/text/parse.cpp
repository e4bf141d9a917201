#include "text/parse.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <vector>

namespace expanalyze {

namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Cuts "12" off the front of "12:34"; nullopt without digits.
std::optional<double> take_whole(std::string_view& text) {
  std::size_t n = 0;
  while (n < text.size() && is_digit(text[n])) ++n;
  if (n == 0) return std::nullopt;
  const auto value = number_from(text.substr(0, n));
  text.remove_prefix(n);
  return value;
}

bool take(std::string_view& text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) != prefix) return false;
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::optional<double> number_from(std::string_view text) {
  text = trim(text);
  const bool plus = !text.empty() && text.front() == '+';
  if (plus) text.remove_prefix(1);
  if (text.empty() || (plus && text.front() == '-') || text.find('(') != std::string_view::npos) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::invalid_argument || end != text.data() + text.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range) {
    const auto exponent = text.find_first_of("eE");
    const bool tiny = exponent != std::string_view::npos ? text.substr(exponent + 1, 1) == "-" : text.find("0.") == 0;
    const double magnitude = tiny ? 0.0 : std::numeric_limits<double>::infinity();
    return text.front() == '-' ? -magnitude : magnitude;
  }
  return value;
}

std::optional<double> duration_from(std::string_view text) {
  text = trim(text);
  double days = 0;
  const auto day = text.find(" day");
  if (day != std::string_view::npos) {
    const auto n = number_from(text.substr(0, day));
    if (!n || !std::isfinite(*n)) return std::nullopt;
    days = *n;
    text.remove_prefix(day + 4);
    take(text, "s");
    if (!take(text, ", ")) return std::nullopt;
  }
  std::vector<double> parts;
  while (true) {
    const auto part = take_whole(text);
    if (!part) return std::nullopt;
    parts.push_back(*part);
    if (parts.size() == 3 || !take(text, ":")) break;
  }
  if (parts.size() < 2) return std::nullopt;
  double fraction = 0;
  if (!text.empty()) {
    const auto f = text.front() == '.' ? number_from("0" + std::string(text)) : std::nullopt;
    if (!f) return std::nullopt;
    fraction = *f;
  }
  double seconds = 0;
  for (const double part : parts) seconds = seconds * 60 + part;
  return days * 86400 + seconds + fraction;
}

bool is_blank_word(std::string_view text) {
  const std::string word = lower(trim(text));
  return word.empty() || word == "null" || word == "none" || word == "na" || word == "n/a" || word == "-";
}

}  // namespace expanalyze
