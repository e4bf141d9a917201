#include "theory/expressions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <regex>
#include <vector>

#include "text/format.hpp"
#include "theory/signals.hpp"

namespace expanalyze {

namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// Splits outside single quotes.
std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] == '\'') quoted = !quoted;
    if (i < text.size() && (quoted || text[i] != separator)) continue;
    parts.push_back(trimmed(text.substr(begin, i - begin)));
    begin = i + 1;
  }
  return parts;
}

std::optional<double> plain_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool has_prefix(std::string_view text, std::string_view prefix) {
  return text.size() > prefix.size() && text.substr(0, prefix.size()) == prefix;
}

std::optional<double> largest_logged(std::string_view name, const TheoryInput& input) {
  std::vector<RunId> ids = input.comparison.baseline;
  ids.insert(ids.end(), input.comparison.experiment.begin(), input.comparison.experiment.end());
  const auto values = pooled(signals(input.runs, ids, name));
  if (values.empty()) return std::nullopt;
  return *std::max_element(values.begin(), values.end());
}

/// Mean over the experiment's runs of the first finite value.
std::optional<double> first_logged(std::string_view name, const TheoryInput& input) {
  double sum = 0;
  const auto all = signals(input.runs, input.comparison.experiment, name);
  for (const Signal& signal : all) sum += signal.value.front();
  if (all.empty()) return std::nullopt;
  return sum / static_cast<double>(all.size());
}

/// "(1 - NAME)" and "(1 + NAME)": NAME and the sign; 0: no such factor.
std::pair<std::string_view, int> complement(std::string_view text) {
  if (text.size() < 7 || text.back() != ')') return {text, 0};
  const std::string_view inner = trimmed(text.substr(5, text.size() - 6));
  if (text.substr(0, 5) == "(1 - ") return {inner, -1};
  if (text.substr(0, 5) == "(1 + ") return {inner, 1};
  return {text, 0};
}

/// Factors from left to right with whether each divides: "a * b / c". The blanks around / keep "max.optim/avg_steps".
std::vector<std::pair<std::string_view, bool>> factors_of(std::string_view expression) {
  std::vector<std::pair<std::string_view, bool>> all;
  for (std::string_view part : split(expression, '*')) {
    bool divides = false;
    for (auto at = part.find(" / "); at != std::string_view::npos; at = part.find(" / ")) {
      all.emplace_back(trimmed(part.substr(0, at)), divides);
      part = trimmed(part.substr(at + 3));
      divides = true;
    }
    all.emplace_back(part, divides);
  }
  return all;
}

/// One factor: the first alternative with a value.
Limit factor(std::string_view text, const TheoryInput& input) {
  if (const auto value = plain_number(text)) return {*value, number(*value), {}};
  if (const auto [name, sign] = complement(text); sign != 0) {
    Limit one = factor(name, input);
    one.value = 1 + sign * one.value;
    one.basis = fmt::format("(1 {} {})", sign < 0 ? "-" : "+", one.basis);
    return one;
  }
  for (const std::string_view part : split(text, '|')) {
    if (has_prefix(part, "config.")) {
      const auto* entry = setting(input, part.substr(7));
      const double* value = entry != nullptr ? std::get_if<double>(&entry->second) : nullptr;
      if (value != nullptr && std::isfinite(*value))
        return {*value, fmt::format("{} ({})", code_span(entry->first), number(*value)), {}};
    } else if (has_prefix(part, "first.")) {
      if (const auto value = first_logged(part.substr(6), input))
        return {*value, fmt::format("the first {} ({})", code_span(part.substr(6)), number(*value)), {}};
    } else if (const auto value = largest_logged(part.substr(4), input)) {
      return {*value, fmt::format("the largest {} in the logs ({})", code_span(part.substr(4)), number(*value)), {}};
    }
  }
  return {0, {}, std::string(text)};
}

struct Condition {
  std::string_view kind, name, pattern;  ///< kind: "config", "signal", "changed"; empty: malformed
};

Condition parse_condition(std::string_view text) {
  const auto sides = split(text, '~');
  Condition c;
  if (text == "no config") return {"none", {}, {}};
  if (sides.size() > 2 || sides.empty()) return c;
  if (has_prefix(sides[0], "config.")) c = {"config", sides[0].substr(7), {}};
  if (has_prefix(sides[0], "signal.") && sides.size() == 1) c = {"signal", sides[0].substr(7), {}};
  if (has_prefix(sides[0], "changed.") && sides.size() == 1) c = {"changed", sides[0].substr(8), {}};
  if (sides.size() == 2) {
    const auto quoted = sides[1];
    if (quoted.size() < 2 || quoted.front() != '\'' || quoted.back() != '\'') return {};
    c.pattern = quoted.substr(1, quoted.size() - 2);
  }
  return c;
}

std::regex compiled(std::string_view pattern) {
  return std::regex(pattern.begin(), pattern.end(), std::regex::ECMAScript | std::regex::icase);
}

// Cut: the matcher recurses once per character, and a log may hold a setting of megabytes.
bool found_in(const std::string& text, std::string_view pattern) {
  return std::regex_search(text.substr(0, 200), compiled(pattern));
}

bool in_any_setting(const TheoryInput& input, std::string_view pattern) {
  for (const RunId id : input.comparison.experiment)
    for (const auto& [key, value] : input.runs.runs[id].config)
      if (found_in(key + "=" + to_text(value), pattern)) return true;
  return false;
}

bool one_holds(const Condition& c, const TheoryInput& input) {
  if (c.kind == "none")
    return std::all_of(input.comparison.experiment.begin(), input.comparison.experiment.end(),
                       [&input](RunId id) { return input.runs.runs[id].config.empty(); });
  if (c.name == "*") return in_any_setting(input, c.pattern);
  if (c.kind == "changed")
    return std::any_of(input.review.config_diff.begin(), input.review.config_diff.end(),
                       [&c](const ConfigDifference& d) { return names_match(d.key, c.name); });
  if (c.kind == "signal") return !signals(input.runs, input.comparison.experiment, c.name).empty();
  const auto* entry = setting(input, c.name);
  if (entry == nullptr || std::holds_alternative<std::monostate>(entry->second)) return false;
  if (c.pattern.empty()) return true;
  return found_in(to_text(entry->second), c.pattern);
}

}  // namespace

const std::pair<const std::string, ConfigValue>* setting(const TheoryInput& input, std::string_view key) {
  for (const RunId id : input.comparison.experiment) {
    const Config& config = input.runs.runs[id].config;
    if (const auto exact = config.find(std::string(key)); exact != config.end()) return &*exact;
    for (const auto& entry : config)
      if (names_match(entry.first, key)) return &entry;
  }
  return nullptr;
}

Limit evaluate(std::string_view expression, const TheoryInput& input) {
  Limit product{1, {}, {}};
  const auto factors = factors_of(expression);
  for (const auto& [part, divides] : factors) {
    const Limit one = factor(part, input);
    if (!one.missing.empty()) return one;
    product.value = divides ? product.value / one.value : product.value * one.value;
    if (!product.basis.empty()) product.basis += divides ? " / " : " * ";
    product.basis += one.basis;
  }
  if (!std::isfinite(product.value)) product.missing = std::string(expression);  // divided by 0
  if (factors.size() == 1 && plain_number(expression)) product.basis.clear();
  return product;
}

bool holds(std::string_view condition, const TheoryInput& input) {
  for (const std::string_view part : split(condition, '|'))
    if (one_holds(parse_condition(part), input)) return true;
  return false;
}

std::string broken_limit(std::string_view expression) {
  for (const auto& factor_and_place : factors_of(expression)) {
    const std::string_view part = complement(factor_and_place.first).first;
    if (plain_number(part)) continue;
    for (const std::string_view name : split(part, '|'))
      if (!has_prefix(name, "config.") && !has_prefix(name, "max.") && !has_prefix(name, "first."))
        return fmt::format("'{}' is neither a number nor config.KEY nor max.SIGNAL nor first.SIGNAL", name);
  }
  return {};
}

std::string broken_condition(std::string_view condition) {
  for (const std::string_view part : split(condition, '|')) {
    const Condition c = parse_condition(part);
    if (c.kind.empty())
      return fmt::format("'{}' is not config.KEY, config.KEY ~ 'regex', signal.NAME, changed.KEY or no config", part);
    try {
      compiled(c.pattern);
    } catch (const std::regex_error&) {
      return fmt::format("'{}' is not a regular expression", c.pattern);
    }
  }
  return {};
}

}  // namespace expanalyze
