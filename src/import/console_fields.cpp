#include "import/console_fields.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <string>

#include "store/key.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

using Kind = ConsoleToken::Kind;

/// Words that join a sentence, and levels of loggers: no part of a name before them belongs to the number behind.
constexpr auto kJoints = std::to_array<std::string_view>(
    {"at",    "in",    "on",     "to",       "for",     "with",  "after", "from",  "is",   "was",  "are",  "and",
     "the",   "a",     "an",     "has",      "took",    "by",    "than",  "using", "into", "info", "warn", "warning",
     "debug", "error", "notice", "critical", "reached", "found", "until", "over",  "main", "root", "we",   "this"});
/// "the loss is 3.2", "an accuracy of 0.9": between a name and its number.
constexpr auto kLinks = std::to_array<std::string_view>({"is", "was", "of", "at", "to", "now", "are"});

template <std::size_t N>
bool among(const std::array<std::string_view, N>& words, std::string_view word) {
  constexpr std::size_t kLongest = 8;
  if (word.size() > kLongest) return false;
  const std::string small = lower(word);
  return std::find(words.begin(), words.end(), small) != words.end();
}

class Reader {
 public:
  Reader(std::string_view text, const std::vector<ConsoleToken>& tokens, std::vector<ConsoleField>& fields)
      : text_(text), tokens_(tokens), fields_(fields), first_(fields.size()) {}

  void run() {
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      if (tokens_[i].kind == Kind::number) i = number(i);
      if (mark(i, '(') || mark(i, '[')) brackets_.push_back(i);
    }
  }

 private:
  struct Name {
    std::string_view text;
    bool assigned = false;
    std::size_t first = 0;  ///< token at which it begins
  };

  bool mark(std::size_t i, char c) const {
    return i < tokens_.size() && tokens_[i].kind == Kind::mark && tokens_[i].mark == c;
  }
  bool word(std::size_t i) const { return i < tokens_.size() && tokens_[i].kind == Kind::word; }
  bool number_at(std::size_t i) const { return i < tokens_.size() && tokens_[i].kind == Kind::number; }

  std::string_view between(std::size_t first, std::size_t last) const {
    const char* begin = tokens_[first].text.data();
    const char* end = tokens_[last].text.data() + tokens_[last].text.size();
    return {begin, static_cast<std::size_t>(end - begin)};
  }

  std::uint32_t offset(const char* p) const { return static_cast<std::uint32_t>(p - text_.data()); }
  /// Where the token after i begins, less the blanks: the end of i with unit and quotes.
  std::uint32_t end_of(std::size_t i) const {
    const auto& t = tokens_[i];
    return offset(t.spelled.empty() ? t.text.data() + t.text.size() : t.spelled.data() + t.spelled.size());
  }

  /// The token that opens the bracket closed at `close`, within a few tokens and only around words.
  std::size_t opening(std::size_t close) const {
    constexpr std::size_t kWithin = 8;
    for (std::size_t i = close; i-- > used_ && close - i <= kWithin;) {
      if (mark(i, '(') || mark(i, '[')) return i;
      if (number_at(i)) break;
    }
    return close;
  }

  /// The words that end at token `last`: single blanks between them, a bracketed unit at most behind them.
  Name words_until(std::size_t last, bool assigned) const {
    constexpr std::size_t kMostWords = 5;  // "number of skipped iterations", "elapsed time per iteration (ms)"
    std::size_t end = last, at = last;
    if (mark(last, '|') && last >= used_ + 2 && word(last - 1) && mark(last - 2, '|') && tokens_[last].gap == 0)
      return {between(last - 2, last), assigned, last - 2};  // "|g|"
    if (mark(last, ')') || mark(last, ']')) {
      at = opening(last);
      if (at == last || at <= used_ || !word(at - 1)) return {};
      --at;
    }
    if (!word(at) || at < used_) return {};
    std::size_t begin = at + 1;
    for (std::size_t n = 0; begin > used_ && word(begin - 1) && n < kMostWords; ++n) {
      if (begin <= at && tokens_[begin].gap > 1) break;
      if (among(kJoints, tokens_[begin - 1].text)) break;
      --begin;
    }
    if (begin > at) return {};
    return {between(begin, end), assigned, begin};
  }

  /// The name to the left of token i: "loss: 3", "loss=tensor(3", "Epoch: [3", "loss is 3", "loss | 3".
  Name left_name(std::size_t i) const {
    std::size_t at = i;
    bool assigned = false;
    const auto back = [&](std::size_t n) { return at >= used_ + n; };
    for (int n = 0; n < 3 && back(1) && (mark(at - 1, '[') || mark(at - 1, '(') || mark(at - 1, '{')); ++n) {
      // A constructor: "loss: tensor(3.2", "np.float64(3.2" behind a separator.
      const bool call = back(3) && mark(at - 1, '(') && word(at - 2) && tokens_[at - 1].gap == 0 &&
                        (mark(at - 3, ':') || mark(at - 3, '='));
      at -= call ? 2 : 1;
    }
    if (back(1) && (mark(at - 1, ':') || mark(at - 1, '=') || mark(at - 1, '~') || mark(at - 1, '|'))) {
      assigned = !mark(at - 1, '~');
      --at;
    }
    if (back(2) && mark(at - 1, '>') && mark(at - 2, '-')) at -= 2;                      // "loss -> 3"
    if (back(2) && mark(at - 1, '.') && word(at - 2) && tokens_[at - 1].gap == 0) --at;  // "Ep. 3"
    if (back(2) && word(at - 1) && among(kLinks, tokens_[at - 1].text) && word(at - 2)) --at;
    if (!back(1)) return {};
    return words_until(at - 1, assigned);
  }

  /// "500 steps:", "0.345 loss,": a name that stands behind its number and before no other.
  Name right_name(std::size_t i) const {
    std::size_t at = i + 1;
    if (!word(at) || tokens_[at].gap > 1 || among(kJoints, tokens_[at].text)) return {};
    std::size_t end = at;
    while (word(end + 1) && tokens_[end + 1].gap == 1 && end - at < 2 && !among(kJoints, tokens_[end + 1].text)) ++end;
    if (word(end + 1) && tokens_[end + 1].gap <= 1 && !among(kJoints, tokens_[end + 1].text)) return {};  // prose
    std::size_t after = end + 1;
    const auto unit = console_unit(tokens_[end].text);
    const bool counts = tokens_[i].whole && unit && unit->measure == Measure::count;  // "100 batches: 2.3 loss"
    if (counts && (mark(after, ':') || mark(after, ','))) return {between(at, end), false, at};
    while (mark(after, ':') || mark(after, '=') || mark(after, '(') || mark(after, '[')) ++after;
    if (number_at(after)) return {};
    return {between(at, end), false, at};
  }

  /// N of "n/N", "n / N", "n of N"; the token of N, or i.
  std::size_t total_of(std::size_t i) const {
    if (!tokens_[i].whole || (tokens_[i].unit.measure != Measure::none)) return i;
    std::size_t at = i + 1;
    const bool slash = mark(at, '/');
    const bool of = word(at) && tokens_[at].text == "of";
    const bool out_of = word(at) && tokens_[at].text == "out" && word(at + 1) && tokens_[at + 1].text == "of";
    if (!slash && !of && !out_of) return i;
    at += out_of ? 2 : 1;
    const bool plain =
        number_at(at) && (tokens_[at].unit.measure == Measure::none || tokens_[at].unit.measure == Measure::count);
    return plain && tokens_[at].whole && !mark(at + 1, '/') && tokens_[at].value > 0 ? at : i;
  }

  /// A bracket right behind a number, with numbers but no names in it: running means, shares.
  bool behind_value(std::size_t i) const {
    if (brackets_.empty() || fields_.size() == first_) return false;
    const std::size_t open = brackets_.back();
    if (!mark(open, '(') || open != value_end_) return false;
    for (std::size_t k = open + 1; k < i; ++k)
      if (word(k) || mark(k, ')')) return false;
    return true;
  }

  /// The value before the bracket that this number repeats: the nearest in the same unit.
  const ConsoleField* base_of(const ConsoleToken& token) const {
    constexpr std::size_t kBack = 4;
    const ConsoleField* last = &fields_.back();
    for (std::size_t n = 0; n < kBack && fields_.size() > first_ + n; ++n) {
      const auto& f = fields_[fields_.size() - 1 - n];
      if (f.kind == ConsoleField::Kind::plain && f.unit.measure == token.unit.measure && f.spelled == token.spelled)
        return &f;
    }
    return last->unit.measure == Measure::none || token.unit.measure == Measure::percent ? last : nullptr;
  }

  std::size_t number(std::size_t i) {
    const auto& token = tokens_[i];
    ConsoleField field;
    field.value = token.value;
    field.whole = token.whole && token.unit.measure == Measure::none;
    field.unit = token.unit;
    field.spelled = token.spelled;
    field.from = offset(token.text.data());
    std::size_t last = i;
    Name name;
    if (behind_value(i)) {
      if (!bracketed(token, field)) return i;
    } else {
      name = left_name(i);
      last = total_of(i);
      if (last != i) field.total = tokens_[last].value;
      if (name.text.empty() || (last == i && bare_side(name) && field.unit.measure == Measure::count)) {
        const Name right =
            last == i && token.unit.measure == Measure::count ? Name{token.spelled, false, i} : right_name(last);
        if (!right.text.empty()) {
          if (right.first > last) used_ = right.first + words_in(right);
          name = right;
          if (token.unit.measure == Measure::time && right.text.substr(0, 4) == "per ") {  // "0.12 s per batch"
            const char* end = right.text.data() + right.text.size();
            name.text = {token.spelled.data(), static_cast<std::size_t>(end - token.spelled.data())};
            field.unit.measure = Measure::time_per;
          }
        } else if (token.unit.measure == Measure::rate || token.unit.measure == Measure::time_per) {
          name = {token.spelled, false, i};
        }
      }
      if (bare_side(name) && field.whole && (last != i || mark(i + 1, '['))) name = {};  // "Test: [ 10/40]": a scope
      scope(name.text.empty() ? i : std::min(name.first, i));
      if (!name.text.empty() && name.first < i) scope_of_name(name.text, field);
      field.key = name.text;
      field.assigned = name.assigned;
    }
    field.scope = scope_;
    field.to = end_of(last);
    fields_.push_back(field);
    used_ = std::max(used_, last + 1);
    scanned_ = std::max(scanned_, used_);
    if (field.kind == ConsoleField::Kind::plain) value_end_ = last + 1;
    return last;
  }

  std::size_t words_in(const Name& name) const {
    std::size_t n = 0;
    const char* end = name.text.data() + name.text.size();
    while (word(name.first + n) && tokens_[name.first + n].text.data() < end) ++n;
    return n;
  }

  static bool bare_side(const Name& name) { return side_of(lower(name.text)) != DataSide::none; }

  /// False where the number says nothing of its own: "(4%)" behind "50/1251".
  bool bracketed(const ConsoleToken& token, ConsoleField& field) {
    const ConsoleField* base = base_of(token);
    if (base == nullptr || base->key.empty() || !std::isnan(base->total) || base->kind == ConsoleField::Kind::bar) {
      if (base != nullptr && !std::isnan(base->total)) {
        value_end_ = 0;
        return false;
      }
      return true;
    }
    // "best: 3.21 (290)": the place of the value, no mean of it.
    if (token.whole && token.unit.measure == Measure::none && !base->whole && base->unit.measure == Measure::none)
      return true;
    const bool share = token.unit.measure == Measure::percent && base->unit.measure != Measure::percent;
    field.kind = share ? ConsoleField::Kind::share : ConsoleField::Kind::average;
    field.key = base->key;
    field.whole = false;
    field.assigned = base->assigned;
    return true;
  }

  /// Words before token `until` that name no number and say "validation", "train": they hold for what follows.
  void scope(std::size_t until) {
    for (; scanned_ < until; ++scanned_) {
      if (!word(scanned_) || tokens_[scanned_].text.find('.') != std::string_view::npos) continue;
      const auto found = scope_word(tokens_[scanned_].text);
      if (!found.empty()) scope_ = found;
    }
  }

  /// "Epoch(val) [1]", "Val Epoch: 3": the name of a counter speaks for its whole line.
  void scope_of_name(std::string_view name, const ConsoleField& field) {
    const std::string small = lower(name);
    const bool counter = small.find("epoch") != std::string::npos || small.find("iter") != std::string::npos ||
                         small.find("step") != std::string::npos || small.find("batch") != std::string::npos;
    if (!field.whole || !counter) return;
    if (const auto found = scope_word(name); !found.empty() && name.size() != found.size()) scope_ = found;
  }

  std::string_view text_;
  const std::vector<ConsoleToken>& tokens_;
  std::vector<ConsoleField>& fields_;
  std::size_t first_;          ///< fields of this text begin here
  std::size_t used_ = 0;       ///< tokens before it belong to earlier numbers
  std::size_t scanned_ = 0;    ///< tokens before it were looked at for a scope
  std::size_t value_end_ = 0;  ///< token behind the last number
  std::string_view scope_;
  std::vector<std::size_t> brackets_;
};

}  // namespace

std::string_view scope_word(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (std::isalpha(static_cast<unsigned char>(text[at])) == 0) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && std::isalpha(static_cast<unsigned char>(text[end])) != 0) ++end;
    const std::string part = lower(text.substr(at, end - at));
    if (side_of(part) != DataSide::none || part == "evaluating" || part == "validating") {
      while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_')) ++end;
      return text.substr(at, end - at);
    }
    at = end;
  }
  return {};
}

bool evaluation_scope(std::string_view scope) {
  std::string part;
  for (const char c : scope) {
    if (std::isalpha(static_cast<unsigned char>(c)) == 0) break;
    part += c;
  }
  part = lower(part);
  return side_of(part) == DataSide::eval || part == "evaluating" || part == "validating";
}

void console_fields(std::string_view text, std::vector<ConsoleToken>& tokens, std::vector<ConsoleField>& fields) {
  tokenize_console(text, tokens);
  Reader(text, tokens, fields).run();
}

}  // namespace expanalyze
