#include "import/console_tokens.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <string>

#include "text/parse.hpp"

namespace expanalyze {

namespace {

using Kind = ConsoleToken::Kind;

bool digit(char c) { return c >= '0' && c <= '9'; }
bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool byte_of_utf8(char c) { return (static_cast<unsigned char>(c) & 0x80U) != 0; }

class Tokenizer {
 public:
  Tokenizer(std::string_view text, std::vector<ConsoleToken>& tokens) : text_(text), tokens_(tokens) {}

  void run() {
    while (at_ < text_.size() && tokens_.size() <= kMostConsoleTokens) {
      const char c = text_[at_];
      if (c == ' ' || c == '\t') {
        gap_ += c == '\t' ? 2 : 1;
        ++at_;
      } else if (!quoted(c) && !number() && !word()) {
        mark();
      }
    }
  }

 private:
  char peek(std::size_t at) const { return at < text_.size() ? text_[at] : '\0'; }
  char before() const { return at_ > 0 ? text_[at_ - 1] : ' '; }

  ConsoleToken& push(Kind kind, std::size_t end) {
    ConsoleToken token;
    token.kind = kind;
    token.text = text_.substr(at_, end - at_);
    token.gap = gap_;
    tokens_.push_back(token);
    gap_ = 0;
    at_ = end;
    return tokens_.back();
  }

  /// Symbols such as arrows, blocks of bars and pictures are no letters; accents and other scripts are.
  bool symbol(std::size_t at) const {
    const auto lead = static_cast<unsigned char>(peek(at));
    if (lead == 0xC2) return static_cast<unsigned char>(peek(at + 1)) != 0xB5;  // µ is a letter
    return lead == 0xE2 || lead == 0xF0 || lead == 0xEF;
  }
  bool word_begins(std::size_t at) const {
    const char c = peek(at);
    return letter(c) || c == '_' || (byte_of_utf8(c) && !symbol(at));
  }

  /// 'loss': is a key, "3.2" a number, any other quoted text says nothing here.
  bool quoted(char quote) {
    constexpr std::size_t kLongest = 200;
    if ((quote != '\'' && quote != '"') || letter(before()) || digit(before())) return false;
    const auto end = text_.substr(0, std::min(text_.size(), at_ + kLongest)).find(quote, at_ + 1);
    if (end == std::string_view::npos) return false;
    const auto inside = text_.substr(at_ + 1, end - at_ - 1);
    auto after = end + 1;
    while (peek(after) == ' ') ++after;
    const auto value = number_from(inside);
    ConsoleToken& token = push(peek(after) == ':' && !value ? Kind::word
                               : value                      ? Kind::number
                                                            : Kind::opaque,
                               end + 1);
    token.text = inside;
    if (value) {
      token.value = *value;
      token.whole = inside.find_first_not_of("+-0123456789") == std::string_view::npos;
    }
    return true;
  }

  std::size_t digits_from(std::size_t at) const {
    while (digit(peek(at))) ++at;
    return at;
  }

  /// Whole part with thousands: "1,234,567" and "1_000", but not the list "1,2345".
  std::size_t whole_part(std::size_t at) const {
    const std::size_t first = digits_from(at);
    std::size_t end = first;
    if (end - at > 3) return end;
    while ((peek(end) == ',' || peek(end) == '_') && digits_from(end + 1) == end + 4) end += 4;
    return end;
  }

  std::size_t exponent(std::size_t at) const {
    if (peek(at) != 'e' && peek(at) != 'E') return at;
    const std::size_t sign = peek(at + 1) == '-' || peek(at + 1) == '+' ? 1 : 0;
    const auto end = digits_from(at + 1 + sign);
    return end > at + 1 + sign ? end : at;
  }

  /// "01:30", "1:02:03.5"
  bool clock() {
    std::size_t end = digits_from(at_), parts = 1;
    if (end == at_ || end - at_ > 4) return false;
    while (parts < 3 && peek(end) == ':' && digits_from(end + 1) == end + 3) {
      end += 3;
      ++parts;
    }
    if (parts < 2) return false;
    if (peek(end) == '.' && digit(peek(end + 1))) end = digits_from(end + 1);
    if (letter(peek(end)) || (peek(end) == ':' && digit(peek(end + 1)))) return false;
    const auto seconds = duration_from(text_.substr(at_, end - at_));
    if (!seconds) return false;
    ConsoleToken& token = push(Kind::number, end);
    token.value = *seconds;
    token.clock = true;
    token.unit = {Measure::time, 1};
    return true;
  }

  /// "nan", "-inf", "nanms"
  bool special(std::size_t start) {
    std::size_t end = start;
    while (letter(peek(end))) ++end;
    const std::string word = lower(text_.substr(start, end - start));
    std::size_t length = 0;
    for (const std::string_view known : {"infinity", "nan", "inf"})
      if (length == 0 && word.rfind(known, 0) == 0) length = known.size();
    if (length == 0 || digit(peek(end)) || peek(end) == '_') return false;
    if (length != word.size() && !console_unit(text_.substr(start + length, end - start - length))) return false;
    const double value =
        word[0] == 'n' ? std::numeric_limits<double>::quiet_NaN() : std::numeric_limits<double>::infinity();
    const bool negative = text_[at_] == '-';
    ConsoleToken& token = push(Kind::number, start + length);
    token.value = negative ? -value : value;
    unit(token);
    return true;
  }

  /// What is glued behind a number, or a unit one blank away.
  void unit(ConsoleToken& token) {
    std::size_t start = at_;
    if (peek(start) == ' ' && (letter(peek(start + 1)) || peek(start + 1) == '%')) ++start;
    const std::size_t end = suffix(start);
    const auto spelled = text_.substr(start, end - start);
    if (spelled.empty() || (start > at_ && !stands_alone(spelled, end))) return;
    const auto known = console_unit(spelled);
    if (!known || (start > at_ && (known->measure == Measure::count || known->measure == Measure::scale))) return;
    token.spelled = spelled;
    token.unit = *known;
    token.value *= known->factor;
    at_ = end;
    join_duration();
  }

  /// "1h 2m 3.5s", "5 minutes and 3 seconds" are one number.
  void join_duration() {
    const ConsoleToken last = tokens_.back();
    std::size_t before = tokens_.size() - 1;
    if (before > 0 && tokens_[before - 1].kind == Kind::word && tokens_[before - 1].text == "and") --before;
    if (before == 0) return;
    ConsoleToken& larger = tokens_[before - 1];
    const bool times = larger.kind == Kind::number && !larger.clock && larger.unit.measure == Measure::time &&
                       last.unit.measure == Measure::time && larger.unit.factor > last.unit.factor;
    if (!times || last.gap > 1) return;
    larger.value += last.value;
    const char* end = last.spelled.data() + last.spelled.size();
    larger.spelled = {larger.spelled.data(), static_cast<std::size_t>(end - larger.spelled.data())};
    larger.unit.factor = last.unit.factor;
    tokens_.resize(before);
  }

  std::size_t suffix(std::size_t at) const {
    if (peek(at) == '%') return at + 1;
    while (letter(peek(at)) || (peek(at) == '/' && letter(peek(at + 1))) || text_.substr(at, 2) == "µ") ++at;
    return at;
  }

  /// "12 ms" has a unit, "12 ms: 3" and "12 s=3" have a key.
  bool stands_alone(std::string_view spelled, std::size_t end) const {
    if (spelled.size() == 1 && spelled != "s" && spelled != "%") return false;
    if (peek(end) == '_' || digit(peek(end))) return false;
    while (peek(end) == ' ') ++end;
    return peek(end) != ':' && peek(end) != '=' && !digit(peek(end));
  }

  bool number() {
    const char c = text_[at_];
    const bool free = !letter(before()) && !digit(before()) && before() != ')' && before() != ']' && before() != '_';
    std::size_t start = at_ + ((c == '-' || c == '+') && free ? 1 : 0);
    if (start > at_ && special(start)) return true;
    if (start == at_ && free && (c == 'n' || c == 'N' || c == 'i' || c == 'I') && special(start)) return true;
    if (!digit(peek(start)) && !(peek(start) == '.' && digit(peek(start + 1)) && !digit(before()))) return false;
    if (start == at_ && clock()) return true;
    const std::size_t whole = whole_part(start);
    std::size_t end = peek(whole) == '.' ? digits_from(whole + 1) : whole;
    end = exponent(end);
    if (no_number(end)) return opaque(end);
    std::string plain(text_.substr(at_, end - at_));
    plain.erase(std::remove_if(plain.begin(), plain.end(), [](char x) { return x == ',' || x == '_'; }), plain.end());
    const auto value = number_from(plain);
    if (!value) return opaque(end);
    ConsoleToken& token = push(Kind::number, end);
    token.value = *value;
    token.whole = end == whole || end == whole + 1;  // "step 500." ends a sentence
    unit(token);
    return true;
  }

  /// "10.0.0.1", "2024-05-28", "4xA100", "0x1f", "3D": digits of something else.
  bool no_number(std::size_t end) const {
    const char next = peek(end);
    if ((next == '.' || next == '-' || next == '_') && (digit(peek(end + 1)) || (next != '.' && letter(peek(end + 1)))))
      return true;
    if (!letter(next) && !byte_of_utf8(next)) return false;
    if (symbol(end)) return false;
    const auto after = suffix(end);
    return digit(peek(after)) || peek(after) == '_' || !console_unit(text_.substr(end, after - end));
  }

  bool opaque(std::size_t end) {
    while (word_byte(end)) ++end;
    push(Kind::opaque, std::max(end, at_ + 1));
    return true;
  }

  bool word_byte(std::size_t at) const {
    const char c = peek(at);
    if (word_begins(at) || digit(c) || (byte_of_utf8(c) && !symbol(at))) return true;
    if (c == '\'' && peek(at + 1) == 's' && (peek(at + 2) == ' ' || peek(at + 2) == ':')) return true;  // "valid's auc"
    const bool more = letter(peek(at + 1)) || digit(peek(at + 1)) || peek(at + 1) == '_';
    return more && c != '\0' && std::string_view("./@#-+").find(c) != std::string_view::npos;
  }

  bool word() {
    const char c = text_[at_];
    const bool path = (c == '/' || c == '.' || c == '~') && (before() == ' ' || before() == '=' || before() == '(') &&
                      (letter(peek(at_ + 1)) || peek(at_ + 1) == '/');
    if (!word_begins(at_) && !path) return false;
    std::size_t end = at_ + 1;
    while (word_byte(end)) ++end;
    if (counted_word(end)) return true;
    push(path ? Kind::opaque : Kind::word, end);
    return true;
  }

  /// "epoch3", "step500": a key and its number.
  bool counted_word(std::size_t end) {
    std::size_t stem = end;
    while (stem > at_ && digit(text_[stem - 1])) --stem;
    if (stem == end || stem == at_) return false;
    const std::string name = lower(text_.substr(at_, stem - at_));
    constexpr auto kCounters =
        std::to_array<std::string_view>({"epoch", "step", "iter", "iteration", "batch", "round", "update", "ep", "it"});
    if (std::find(kCounters.begin(), kCounters.end(), name) == kCounters.end()) return false;
    push(Kind::word, stem);
    ConsoleToken& token = push(Kind::number, end);
    token.value = number_from(token.text).value_or(0);
    token.whole = true;
    return true;
  }

  void mark() {
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] == text_[at_]) ++end;
    const bool picture = byte_of_utf8(text_[at_]);
    while (picture && end < text_.size() && byte_of_utf8(text_[end])) ++end;
    const bool rule = end - at_ > 1 && std::string_view("=-*#_~.>+").find(text_[at_]) != std::string_view::npos;
    const char c = text_[at_];
    if (!rule && !picture) end = at_ + 1;  // "[[" and "((" are two
    push(Kind::mark, end).mark = rule || picture ? '~' : c;
  }

  std::string_view text_;
  std::vector<ConsoleToken>& tokens_;
  std::size_t at_ = 0;
  std::uint32_t gap_ = 0;
};

}  // namespace

void tokenize_console(std::string_view text, std::vector<ConsoleToken>& tokens) {
  tokens.clear();
  Tokenizer(text, tokens).run();
}

}  // namespace expanalyze
