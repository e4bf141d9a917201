#include "import/json_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "import/json_tree.hpp"
#include "store/row_group.hpp"
#include "text/format.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

bool word_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' || c == '-' || c == '.';
}

/// Index behind the string that starts with a quote at `i`; text.size() when it is not closed.
std::size_t skip_string(std::string_view text, std::size_t i) {
  for (++i; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      return i + 1;
  }
  return text.size();
}

/// Too deep or too wide? Counting brackets first keeps the usual line at one pass of memchr speed.
bool outsized(std::string_view text) {
  const auto many = [&](char c) { return static_cast<std::size_t>(std::count(text.begin(), text.end(), c)); };
  if (many('{') + many('[') <= kDeepest && many(':') <= kWidest) return false;
  std::vector<std::size_t> colons;
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '"') {
      i = skip_string(text, i);
      continue;
    }
    if (c == '{' || c == '[') colons.push_back(0);
    if ((c == '}' || c == ']') && !colons.empty()) colons.pop_back();
    if (c == ':' && !colons.empty() && ++colons.back() > kWidest) return true;
    if (colons.size() > kDeepest) return true;
    ++i;
  }
  return false;
}

bool needs_quotes(std::string_view word) {
  if (word == "true" || word == "false" || word == "null") return false;
  double value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  const bool finite = error == std::errc() && value - value == 0;
  return end == word.data() + word.size() && !finite;
}

/// Python's json writes NaN, Infinity and -Infinity as bare words; here they become strings, as do numbers beyond
/// double.
std::string quoted_non_numbers(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 16);
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i + 1;
    if (text[i] == '"') {
      end = skip_string(text, i);
    } else if (word_char(text[i])) {
      while (end < text.size() && word_char(text[end])) ++end;
    }
    const auto part = text.substr(i, end - i);
    const bool quote = word_char(text[i]) && needs_quotes(part);
    if (quote) out += '"';
    out += part;
    if (quote) out += '"';
    i = end;
  }
  return out;
}

std::string join_key(const std::string& prefix, const std::string& key, char separator) {
  return prefix.empty() ? key : prefix + separator + key;
}

bool all_numbers(const Json& array) {
  return std::all_of(array.begin(), array.end(),
                     [](const Json& v) { return json_number(v).has_value() || v.is_null(); });
}

/// Arrays longer than this are data, not a handful of groups; each element would be a series.
constexpr std::size_t kLongestArray = 64;

void read_array(const std::string& key, const Json& array, RowGroup& rows, std::uint32_t line) {
  if (array.size() > kLongestArray || !all_numbers(array)) {
    rows.note(
        "value.array",
        fmt::format("arrays of other than up to {} numbers are left out, first {}", kLongestArray, code_span(key)),
        line);
    return;
  }
  for (std::size_t i = 0; i < array.size(); ++i) {
    const Labels place{{"index", std::to_string(i)}};
    if (const auto v = json_number(array[i])) {
      rows.value(key, place, *v);
    } else {
      rows.put_blank(rows.column(key, place));
      note_null(rows, key, line);
    }
  }
}

constexpr auto kConfigWords = std::to_array<std::string_view>(
    {"config", "hparams", "args", "hyperparameters", "hyper_parameters", "params", "experiment_config", "settings"});

}  // namespace

bool is_config_word(std::string_view word) {
  return std::find(kConfigWords.begin(), kConfigWords.end(), lower(word)) != kConfigWords.end();
}

std::optional<double> json_number(const Json& value) {
  if (value.is_number()) return value.get<double>();
  if (value.is_boolean()) return value.get<bool>() ? 1.0 : 0.0;
  if (value.is_string()) return number_from(value.get_ref<const std::string&>());
  return std::nullopt;
}

std::optional<Json> parse_json(std::string_view text, std::vector<std::string>* repeated) {
  const auto strict = [&](std::string_view t) {
    if (repeated != nullptr) repeated->clear();
    return json_tree(t, repeated);
  };
  if (outsized(text)) return std::nullopt;
  if (auto json = strict(text)) return json;
  std::string lenient = quoted_non_numbers(text);
  if (auto json = strict(lenient)) return json;
  bool foreign = false;
  for (char& c : lenient) {
    if (static_cast<unsigned char>(c) < 0x80) continue;
    c = '?';  // Latin-1 or a cut character: keep the line, lose the letter
    foreign = true;
  }
  return foreign ? strict(lenient) : std::nullopt;
}

void note_null(RowGroup& rows, std::string_view key, std::uint32_t line) {
  if (rows.noted_again("value.null", {}, 1, line)) return;
  rows.note("value.null", fmt::format("null in place of a number, first {}", code_span(key)), line);
}

void read_value(const std::string& key, const Json& value, RowGroup& rows, std::uint32_t line) {
  if (value.is_null()) {
    rows.blank(key);
    note_null(rows, key, line);
  } else if (const auto v = json_number(value)) {
    rows.value(key, *v);
  } else if (value.is_string()) {
    const auto& word = value.get_ref<const std::string&>();
    if (const auto seconds = duration_from(word))
      rows.value(key, *seconds);
    else
      rows.text(key, word);
  } else if (value.is_array()) {
    read_array(key, value, rows, line);
  } else if (value.contains("_type")) {
    rows.note("value.media", fmt::format("tables, histograms and media are left out, first {}", code_span(key)), line);
  } else {
    read_values(value, rows, line, key);
  }
}

void read_values(const Json& object, RowGroup& rows, std::uint32_t line, const std::string& prefix) {
  for (const auto& [key, value] : object.items()) read_value(join_key(prefix, key, '/'), value, rows, line);
}

ConfigValue config_value(const Json& value) {
  if (value.is_null()) return {};
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number()) return value.get<double>();
  if (value.is_string()) return value.get<std::string>();
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void read_config(const Json& object, RowGroup& rows, std::uint32_t line, const std::string& prefix) {
  for (const auto& [key, value] : object.items()) {
    const std::string path = join_key(prefix, key, '.');
    const bool wandb = value.is_object() && value.contains("value") && value.size() <= 2 &&
                       (value.size() == 1 || value.contains("desc"));
    if (key == "_wandb" && prefix.empty()) continue;
    if (value.is_object() && !value.empty() && !wandb)
      read_config(value, rows, line, path);
    else if (wandb && value["value"].is_object())
      read_config(value["value"], rows, line, path);
    else
      rows.config(path, config_value(wandb ? value["value"] : value), line);
  }
}

std::vector<std::vector<std::uint32_t>> array_lines(std::string_view text, std::string_view key, std::size_t most) {
  std::vector<std::vector<std::uint32_t>> lines;
  std::uint32_t line = 1;
  std::size_t depth = 0, array_depth = 0;  // array_depth 0: not inside the array yet
  bool armed = key.empty(), fresh = false;
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    const bool space = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (fresh && !space && c != ']' && c != ',') {
      lines.back().push_back(line);
      fresh = false;
    }
    if (c == '\n') ++line;
    if (c == '"') {
      const auto end = skip_string(text, i);
      if (array_depth == 0) armed = armed || (end - i == key.size() + 2 && text.substr(i + 1, key.size()) == key);
      line += static_cast<std::uint32_t>(std::count(text.begin() + static_cast<std::ptrdiff_t>(i),
                                                    text.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
      i = end;
      continue;
    }
    if (c == '[' || c == '{') ++depth;
    if (c == '[' && armed && array_depth == 0) {
      array_depth = depth;
      fresh = true;
      lines.emplace_back();
    }
    if (c == ',' && depth == array_depth && array_depth > 0) fresh = true;
    if ((c == ']' || c == '}') && depth > 0) {
      if (depth == array_depth) {
        if (lines.size() == most) return lines;
        array_depth = 0;
        armed = fresh = false;
      }
      --depth;
    }
    ++i;
  }
  return lines;
}

std::vector<std::uint32_t> element_lines(std::string_view text, std::string_view key) {
  auto lines = array_lines(text, key, 1);
  return lines.empty() ? std::vector<std::uint32_t>{} : std::move(lines.front());
}

}  // namespace expanalyze
