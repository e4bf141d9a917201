#include "import/text_log.hpp"

#include <fmt/format.h>

#include <array>

#include "import/python_literal.hpp"
#include "io/input.hpp"
#include "io/lines.hpp"
#include "store/run_builder.hpp"
#include "text/format.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\t'; }

void skip_blanks(std::string_view& text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
}

/// A key begins with a letter; "tok/s" and "train/loss" hold a slash.
std::string_view take_key(std::string_view& text) {
  std::size_t n = 0;
  while (n < text.size() && (is_letter(text[n]) || (n > 0 && (is_digit(text[n]) || text[n] == '/' || text[n] == '.' ||
                                                              text[n] == '-' || text[n] == '%'))))
    ++n;
  const auto key = text.substr(0, n);
  text.remove_prefix(n);
  return key;
}

/// Up to the next blank outside of brackets.
std::string_view take_value(std::string_view& text) {
  std::size_t n = 0, depth = 0;
  for (; n < text.size() && (depth > 0 || !is_blank(text[n])); ++n) {
    if (text[n] == '[' || text[n] == '(' || text[n] == '{') ++depth;
    if (depth > 0 && (text[n] == ']' || text[n] == ')' || text[n] == '}')) --depth;
  }
  const auto value = text.substr(0, n);
  text.remove_prefix(n);
  return value;
}

/// What stands between two backticks is quoted: a text about logs, not a log.
std::string without_quotes(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto begin = text.find('`');
    out += text.substr(0, begin);
    const auto end = begin == std::string_view::npos ? begin : text.find('`', begin + 1);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace

void each_line(Input& input, const std::function<void(const LogLine&)>& visit) {
  Block block;
  while (input.next_block(block)) {
    Lines lines(block.text());
    LogLine line;
    std::uint32_t within = 0;
    while (lines.next(line.text, within)) {
      line.number = block.first_line + within - 1;
      line.cut = lines.cut_here();
      visit(line);
    }
  }
}

void skip_line(const LogLine& line, RunBuilder& builder) {
  if (trim(line.text).empty())
    builder.understood(line.number);
  else if (line.cut)
    builder.note("line.cut", "the last line breaks off in the middle", line.number);
  else
    builder.note("line.other", fmt::format("lines that are no part of the record, first {}", code_span(line.text)),
                 line.number);
}

Matches matching_lines(const Probe& probe, const std::function<bool(std::string_view)>& match) {
  Matches found;
  Lines lines(probe.head);
  std::string_view text;
  std::uint32_t number = 0;
  while (lines.next(text, number))
    if (match(text.find('`') == std::string_view::npos ? text : without_quotes(text)) && found.count++ == 0)
      found.first = number;
  return found;
}

std::optional<std::vector<KeyValue>> key_values(std::string_view text) {
  std::vector<KeyValue> pairs;
  for (skip_blanks(text); !text.empty(); skip_blanks(text)) {
    KeyValue pair;
    pair.key = take_key(text);
    if (pair.key.empty() || text.empty() || (text.front() != ':' && text.front() != '=')) return std::nullopt;
    pair.separator = text.front();
    text.remove_prefix(1);
    skip_blanks(text);
    pair.value = take_value(text);
    if (pair.value.empty()) return std::nullopt;
    pairs.push_back(pair);
  }
  if (pairs.empty()) return std::nullopt;
  return pairs;
}

std::optional<double> number_or_seconds(std::string_view text) {
  if (const auto plain = number_from(text)) return plain;
  struct Suffix {
    std::string_view name;
    double seconds;
  };
  // Longer names first: "ms" also ends in "s".
  static constexpr auto kUnits =
      std::to_array<Suffix>({{"min", 60}, {"ms", 1e-3}, {"us", 1e-6}, {"ns", 1e-9}, {"s", 1}, {"m", 60}, {"h", 3600}});
  for (const auto& unit : kUnits) {
    if (text.size() <= unit.name.size() || text.substr(text.size() - unit.name.size()) != unit.name) continue;
    if (const auto v = number_from(text.substr(0, text.size() - unit.name.size()))) return *v * unit.seconds;
  }
  return std::nullopt;
}

ConfigValue setting(std::string_view text) {
  if (const auto v = number_from(text)) return *v;
  if (const auto json = parse_python(text); json && (json->is_boolean() || json->is_null() || json->is_string()))
    return config_value(*json);
  return std::string(text);
}

bool take(std::string_view& text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) != prefix) return false;
  text.remove_prefix(prefix.size());
  return true;
}

std::optional<double> take_count(std::string_view& text) {
  std::size_t n = 0;
  while (n < text.size() && is_digit(text[n])) ++n;
  const auto v = n == 0 ? std::nullopt : number_from(text.substr(0, n));
  if (v) text.remove_prefix(n);
  return v;
}

}  // namespace expanalyze
