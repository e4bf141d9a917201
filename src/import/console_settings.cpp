#include "import/console_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>

#include "store/run_builder.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

/// Settings stand at the top of a log; a program that prints more lines than this in front of them is not read for
/// them.
constexpr std::uint32_t kWithin = 5000;
constexpr std::size_t kMostPairs = 2000, kLongestValue = 200;
/// Fewer lines or pairs than this could be anything.
constexpr std::size_t kFewest = 3;

bool name_byte(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '-'; }

/// "learning_rate", "model.layers": one word that begins with a letter.
bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 60 &&
         (std::isalpha(static_cast<unsigned char>(text[0])) != 0 || text[0] == '_') &&
         std::all_of(text.begin(), text.end(), name_byte);
}

ConfigValue value_of(std::string_view text) {
  text = trim(text);
  if (const auto number = number_from(text)) return *number;
  const std::string word = lower(text);
  if (word == "true" || word == "false") return word == "true";
  if (word == "none" || word == "null") return std::monostate{};
  if (text.size() >= 2 && (text.front() == '\'' || text.front() == '"') && text.back() == text.front())
    text = text.substr(1, text.size() - 2);
  return std::string(text.substr(0, kLongestValue));
}

/// One value: a word, a number, a quoted text, a bracketed list.
bool is_value(std::string_view text) {
  if (text.empty() || text.size() > kLongestValue) return false;
  if (std::string_view("'\"[({").find(text.front()) != std::string_view::npos) return true;
  return text.find(' ') == std::string_view::npos;
}

/// Parts between commas that stand in no bracket and no quote.
std::vector<std::string_view> parts(std::string_view text) {
  std::vector<std::string_view> out;
  int depth = 0;
  char quote = 0;
  std::size_t from = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      quote = c == quote ? '\0' : quote;
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '(' || c == '[' || c == '{') {
      ++depth;
    } else if (c == ')' || c == ']' || c == '}') {
      --depth;
    } else if (c == ',' && depth == 0) {
      out.push_back(text.substr(from, i - from));
      from = i + 1;
    }
  }
  out.push_back(text.substr(from));
  return out;
}

std::optional<std::pair<std::string, ConfigValue>> pair_of(std::string_view part) {
  part = trim(part);
  const bool quoted = !part.empty() && (part[0] == '\'' || part[0] == '"');
  const auto sign = quoted ? part.find(':') : part.find('=');
  if (sign == std::string_view::npos) return std::nullopt;
  std::string_view key = trim(part.substr(0, sign));
  if (quoted && key.size() >= 2 && key.back() == key.front()) key = key.substr(1, key.size() - 2);
  if (!is_name(key)) return std::nullopt;
  return std::pair{std::string(key), value_of(part.substr(sign + 1))};
}

/// The pairs of "Namespace(a=1, b='x')" or "config: {'a': 1}" that ends the line; empty if it is none.
std::vector<std::pair<std::string, ConfigValue>> inline_settings(std::string_view text) {
  text = trim(text);
  if (text.empty() || (text.back() != ')' && text.back() != '}')) return {};
  const auto open = text.find(text.back() == ')' ? '(' : '{');
  if (open == std::string_view::npos) return {};
  const bool call = text[open] == '(';
  if (call && (open == 0 || !name_byte(text[open - 1]))) return {};
  std::vector<std::pair<std::string, ConfigValue>> found;
  const auto inside = parts(text.substr(open + 1, text.size() - open - 2));
  for (const auto part : inside)
    if (auto pair = pair_of(part)) found.push_back(std::move(*pair));
  if (found.size() < kFewest || found.size() * 2 < inside.size()) return {};
  return found;
}

/// "  batch_size: 32", "lr = 0.1", "dropout ........ 0.0"
std::optional<std::pair<std::string, ConfigValue>> line_setting(std::string_view text) {
  text = trim(text);
  std::size_t end = 0;
  while (end < text.size() && name_byte(text[end])) ++end;
  std::string_view key = text.substr(0, end);
  std::string_view rest = trim(text.substr(end));
  if (rest.substr(0, 3) == "...")
    rest.remove_prefix(std::min(rest.find_first_not_of('.'), rest.size()));
  else if (!rest.empty() && (rest[0] == ':' || rest[0] == '='))
    rest.remove_prefix(1);
  else
    return std::nullopt;
  rest = trim(rest);
  if (!is_name(key) || !is_value(rest)) return std::nullopt;
  return std::pair{std::string(key), value_of(rest)};
}

}  // namespace

void ConsoleSettings::look(std::string_view text, std::uint32_t line) {
  if (line > kWithin || pairs_.size() >= kMostPairs) return;
  if (auto pair = line_setting(text))
    pairs_.push_back({line, std::move(pair->first), std::move(pair->second), true});
  else
    for (auto& [key, value] : inline_settings(text)) pairs_.push_back({line, std::move(key), std::move(value), false});
}

std::vector<std::uint32_t> ConsoleSettings::write(std::uint32_t first_record, RunBuilder& builder) const {
  std::map<std::string, std::size_t> uses;
  for (const auto& p : pairs_) ++uses[p.key];
  std::vector<std::uint32_t> lines;
  for (std::size_t i = 0; i < pairs_.size();) {
    std::size_t end = i + 1;
    while (end < pairs_.size() && pairs_[i].block && pairs_[end].block && pairs_[end].line == pairs_[end - 1].line + 1)
      ++end;
    const bool enough = !pairs_[i].block || end - i >= kFewest;
    for (; i < end; ++i) {
      const auto& p = pairs_[i];
      if (!enough || p.line >= first_record || (p.block && uses[p.key] > 1)) continue;
      builder.config(p.key, p.value, p.line);
      if (lines.empty()) builder.config_source(fmt::format("line {} of the log", p.line));
      if (lines.empty() || lines.back() != p.line) lines.push_back(p.line);
    }
  }
  return lines;
}

}  // namespace expanalyze
