#include "import/python_literal.hpp"

#include <charconv>
#include <cstdint>

#include "text/parse.hpp"

namespace expanalyze {

namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

void append_utf8(std::string& out, std::uint32_t c) {
  const auto byte = [&](std::uint32_t b) { out += static_cast<char>(b); };
  if (c < 0x80) return byte(c);
  if (c < 0x800) {
    byte(0xC0 | c >> 6);
  } else {
    if (c < 0x10000) {
      byte(0xE0 | c >> 12);
    } else {
      byte(0xF0 | (c >> 18 & 7));
      byte(0x80 | (c >> 12 & 0x3F));
    }
    byte(0x80 | (c >> 6 & 0x3F));
  }
  byte(0x80 | (c & 0x3F));
}

/// By recursive descent: each take_… answers false, or nullopt, when the text is no literal.
class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  [[nodiscard]] std::string_view rest() const { return rest_; }

  std::optional<Json> value() {
    skip_space();
    if (rest_.empty() || ++depth_ > kDeepest) return std::nullopt;
    auto json = one();
    --depth_;
    return json;
  }

 private:
  std::optional<Json> one() {
    const char c = rest_.front();
    if (c == '{') return braces();
    if (c == '[') return list('[', ']');
    if (c == '(') return parenthesis();
    if (c == '<') return angle();
    if (c == '\'' || c == '"') return string();
    if (is_letter(c)) return word();
    return number();
  }

  void skip_space() {
    while (!rest_.empty() && is_space(rest_.front())) rest_.remove_prefix(1);
  }
  bool take(char c) {
    skip_space();
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  /// A dictionary or a set.
  std::optional<Json> braces() {
    take('{');
    Json object = Json::object(), set = Json::array();
    while (!take('}')) {
      const std::string_view before = rest_;
      auto key = value();
      if (!key) return std::nullopt;
      const auto text = trim(before.substr(0, before.size() - rest_.size()));
      if (take(':')) {
        auto v = value();
        if (!v || object.size() >= kWidest) return std::nullopt;  // an ordered object looks each key up one by one
        object[key->is_string() ? key->get<std::string>() : std::string(text)] = std::move(*v);
      } else {
        set.push_back(std::move(*key));
      }
      if (!take(',') && (rest_.empty() || rest_.front() != '}')) return std::nullopt;
    }
    if (set.empty()) return object;
    if (object.empty()) return set;
    return std::nullopt;
  }

  std::optional<Json> list(char open, char close) {
    take(open);
    Json array = Json::array();
    while (!take(close)) {
      auto v = value();
      if (!v) return std::nullopt;
      array.push_back(std::move(*v));
      if (!take(',') && (rest_.empty() || rest_.front() != close)) return std::nullopt;
    }
    return array;
  }

  /// (0.9, 0.999) and (1,) are tuples, (1) is a number.
  std::optional<Json> parenthesis() {
    const auto before = rest_;
    auto array = list('(', ')');
    if (!array || array->size() != 1) return array;
    const auto inside = trim(before.substr(1, before.size() - rest_.size() - 2));
    return inside.back() == ',' ? array : std::optional<Json>(std::move((*array)[0]));
  }

  /// <IntervalStrategy.STEPS: 'steps'>
  std::optional<Json> angle() {
    constexpr std::size_t kLongest = 1000;  // a line can hold very many of "<" and no ">"
    const auto end = rest_.substr(0, kLongest).find('>');
    if (end == std::string_view::npos || rest_.substr(0, end).find('\n') != std::string_view::npos) return std::nullopt;
    Json text = std::string(rest_.substr(0, end + 1));
    rest_.remove_prefix(end + 1);
    return text;
  }

  std::optional<Json> string() {
    const char quote = rest_.front();
    std::string out;
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == quote) {
        rest_.remove_prefix(i + 1);
        return out;
      }
      if (rest_[i] == '\\' && ++i < rest_.size())
        escape(out, i);
      else if (i < rest_.size())
        out += rest_[i];
    }
    return std::nullopt;
  }

  /// What stands behind a backslash at `i`, which stays at its last character.
  void escape(std::string& out, std::size_t& i) {
    const char c = rest_[i];
    const std::size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    std::uint32_t code = 0;
    if (digits > 0 && i + digits < rest_.size()) {
      const char* from = rest_.data() + i + 1;
      if (std::from_chars(from, from + digits, code, 16).ptr == from + digits) {
        append_utf8(out, code);
        i += digits;
        return;
      }
    }
    if (c == 'n' || c == 't' || c == 'r')
      out += c == 'n' ? '\n' : c == 't' ? '\t' : '\r';
    else if (c != '\n')
      out += c;
  }

  std::optional<Json> word() {
    std::size_t n = 0;
    while (n < rest_.size() && (is_letter(rest_[n]) || is_digit(rest_[n]) || rest_[n] == '.')) ++n;
    const auto name = rest_.substr(0, n);
    rest_.remove_prefix(n);
    if (n <= 2 && !rest_.empty() && (rest_.front() == '\'' || rest_.front() == '"')) return string();  // u'…', b"…"
    if (name == "None" || name == "null") return Json();
    if (name == "True" || name == "true") return Json(true);
    if (name == "False" || name == "false") return Json(false);
    if (const auto v = number_from(name)) return Json(*v);  // nan, inf
    if (!rest_.empty() && rest_.front() == '(') return call();
    return std::nullopt;
  }

  std::optional<Json> call() {
    take('(');
    std::optional<Json> first;
    Json named = Json::object();
    while (!take(')')) {
      const auto name = keyword();
      auto v = value();
      if (!v || named.size() >= kWidest) return std::nullopt;
      if (!name.empty())
        named[std::string(name)] = std::move(*v);
      else if (!first)
        first = std::move(v);
      if (!take(',') && (rest_.empty() || rest_.front() != ')')) return std::nullopt;
    }
    return first ? std::move(*first) : std::move(named);
  }

  /// Takes `device=` off the front.
  std::string_view keyword() {
    skip_space();
    std::size_t n = 0;
    while (n < rest_.size() && (is_letter(rest_[n]) || is_digit(rest_[n]))) ++n;
    if (n == 0 || n >= rest_.size() || rest_[n] != '=') return {};
    const auto name = rest_.substr(0, n);
    rest_.remove_prefix(n + 1);
    return name;
  }

  std::optional<Json> number() {
    std::size_t n = 0;
    while (n < rest_.size() &&
           (is_letter(rest_[n]) || is_digit(rest_[n]) || rest_[n] == '.' ||
            ((rest_[n] == '-' || rest_[n] == '+') && (n == 0 || rest_[n - 1] == 'e' || rest_[n - 1] == 'E'))))
      ++n;
    const auto text = rest_.substr(0, n);
    const auto v = number_from(text);
    if (!v) return std::nullopt;
    rest_.remove_prefix(n);
    std::int64_t whole = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + n, whole);
    if (error == std::errc() && end == text.data() + n) return Json(whole);
    return Json(*v);
  }

  std::string_view rest_;
  std::size_t depth_ = 0;
};

}  // namespace

std::optional<Json> take_python(std::string_view& text) {
  Parser parser(text);
  auto json = parser.value();
  if (json) text = parser.rest();
  return json;
}

std::optional<Json> parse_python(std::string_view text) {
  auto json = take_python(text);
  return trim(text).empty() ? json : std::nullopt;
}

}  // namespace expanalyze
