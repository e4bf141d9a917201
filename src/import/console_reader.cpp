#include "import/console_reader.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>
#include <optional>

#include "io/lines.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

using Kind = ConsoleField::Kind;

/// A piece longer than this was not written for people.
constexpr std::size_t kLongestPiece = 64U << 10U;
/// More numbers than this on one line are a dump of an array.
constexpr std::size_t kMostFields = 120;

bool has_text(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; });
}

/// "[rank3]:", "[default0]:", "Rank 3" near the front: 4; 0: none.
std::uint32_t rank_of(std::string_view text) {
  constexpr std::size_t kWithin = 100;
  const std::string front = lower(text.substr(0, kWithin));
  for (const std::string_view word : {"rank", "default"}) {
    auto at = front.find(word);
    if (at == std::string::npos || (at > 0 && std::isalpha(static_cast<unsigned char>(front[at - 1])) != 0)) continue;
    at += word.size();
    while (at < front.size() && std::string_view(" :=").find(front[at]) != std::string_view::npos) ++at;
    std::size_t end = at;
    while (end < front.size() && end < at + 6 && std::isdigit(static_cast<unsigned char>(front[end])) != 0) ++end;
    if (end > at) return static_cast<std::uint32_t>(number_from(front.substr(at, end - at)).value_or(0)) + 1;
  }
  return 0;
}

/// How lines of a program end or begin, and lines of a log do not.
bool like_code(std::string_view line) {
  line = trim(line);
  for (const std::string_view end : {");", "{", "):", "};", "*/", ") {"})
    if (line.size() > end.size() && line.substr(line.size() - end.size()) == end) return true;
  for (const std::string_view begin :
       {"//", "#include", "import ", "from ", "def ", "return ", "class ", "if (", "for ("})
    if (line.substr(0, begin.size()) == begin) return true;
  return false;
}

/// "(trainer:280) INFO", "[train.py:88]": where in the program the line was written.
void take_source(std::string_view& text) {
  const std::string_view rest = trim(text);
  if (rest.empty() || (rest[0] != '(' && rest[0] != '[')) return;
  const auto close = rest.find(rest[0] == '(' ? ')' : ']');
  if (close == std::string_view::npos || rest.substr(0, close).find(' ') != std::string_view::npos) return;
  const auto colon = rest.rfind(':', close);
  if (colon == std::string_view::npos || colon + 1 == close) return;
  if (rest.substr(colon + 1, close - colon - 1).find_first_not_of("0123456789") == std::string_view::npos)
    text = rest.substr(close + 1);
}

class Reading {
 public:
  explicit Reading(std::string_view text) : lines_(text) {}

  ConsoleLog run() {
    std::string_view line;
    std::uint32_t number = 0;
    while (lines_.next(line, number)) read_line(line, number, lines_.cut_here());
    log_.headers = table_.headers();
    log_.grammar.learn();
    return std::move(log_);
  }

 private:
  void read_line(std::string_view line, std::uint32_t number, bool cut) {
    log_.lines.push_back(has_text(line) ? ConsoleLog::Line::other : ConsoleLog::Line::blank);
    log_.cut = cut;
    log_.code += like_code(line) ? 1 : 0;
    console_pieces(line, scratch_, pieces_);
    for (std::size_t i = 0; i < pieces_.size(); ++i)
      read_piece(pieces_[i], number, cut && i + 1 == pieces_.size() && !pieces_[i].bar);
  }

  void read_piece(const ConsolePiece& piece, std::uint32_t line, bool cut) {
    if (piece.text.size() > kLongestPiece) {
      log_.lines.back() = ConsoleLog::Line::too_long;
      return;
    }
    std::string_view text = piece.text;
    const std::uint32_t rank = rank_of(text);
    const auto stamp = take_stamp(text);
    if (stamp) take_source(text);
    log_.stamped += stamp ? 1 : 0;
    fields_.clear();
    if (piece.bar) {
      bar_fields(*piece.bar, piece.text.data(), line);
      text = piece.text;
    } else {
      if (!cut) log_.settings.look(text, line);
      console_fields(text, tokens_, fields_);
      row_.clear();
      if (table_.row(text, !fields_.empty(), line, row_)) fields_ = row_;
      if (table_.was_header()) log_.lines.back() = ConsoleLog::Line::blank;
    }
    inherit_scope();
    if (cut) return keep_cut(text);
    if (fields_.empty()) return;
    if (fields_.size() > kMostFields) fields_.resize(kMostFields);
    if (!log_.grammar.add(line, seconds(stamp), rank, text, piece.bar.has_value(), fields_)) log_.too_many = true;
    log_.lines.back() = ConsoleLog::Line::has_numbers;
  }

  /// " * Acc@1 50.2" below "Test: [ 70/79] … Acc@1 50.1": the result of the loop that was just counted.
  void inherit_scope() {
    const auto counts = [](const ConsoleField& f) { return !std::isnan(f.total); };
    const auto in_loop = [](const ConsoleField& f) { return evaluation_scope(f.scope); };
    const bool counted = std::any_of(fields_.begin(), fields_.end(), counts);
    const bool scoped = std::any_of(fields_.begin(), fields_.end(), [](const auto& f) { return !f.scope.empty(); });
    if (!counted && !scoped && !loop_.empty()) {
      const bool shared = std::any_of(fields_.begin(), fields_.end(), [&](const ConsoleField& f) {
        return !f.key.empty() && std::find(loop_keys_.begin(), loop_keys_.end(), f.key) != loop_keys_.end();
      });
      for (auto& f : fields_)
        if (shared) f.scope = loop_;
      return;
    }
    if (fields_.empty()) return;
    const auto scope = std::find_if(fields_.begin(), fields_.end(), in_loop);
    loop_ = counted && scope != fields_.end() ? std::string(scope->scope) : std::string();
    loop_keys_.clear();
    if (!loop_.empty())
      for (const auto& f : fields_) loop_keys_.emplace_back(f.key);
  }

  /// A number, a unit or a name that touches the end of an unfinished line may go on behind it.
  void keep_cut(std::string_view text) {
    log_.cut_text.assign(text.begin(), text.end());
    log_.cut_fields = fields_;
    const auto end = trim(text);
    const bool closed = !end.empty() && std::string_view(")]}").find(end.back()) != std::string_view::npos;
    if (!closed && !log_.cut_fields.empty()) log_.cut_fields.pop_back();
    // "84,6" of "84,666": two numbers so far.
    const auto last_word = end.find_last_of(" \t=:|") + 1;
    const auto word_at = static_cast<std::size_t>(end.data() - text.data()) + last_word;
    while (!closed && !log_.cut_fields.empty() && log_.cut_fields.back().to > word_at) log_.cut_fields.pop_back();
    for (auto& f : log_.cut_fields) {
      const auto moved = [&](std::string_view v) {
        const bool inside = v.data() >= text.data() && v.data() + v.size() <= text.data() + text.size();
        if (!inside) return std::string_view();
        return std::string_view(log_.cut_text.data() + (v.data() - text.data()), v.size());
      };
      f.key = moved(f.key);
      f.scope = moved(f.scope);
      f.spelled = {};
    }
  }

  static double seconds(const std::optional<ConsoleStamp>& stamp) {
    return stamp ? stamp->seconds : std::numeric_limits<double>::quiet_NaN();
  }

  /// The unit of a bar's counter from its rate: "9.9it/s" and "1.2s/it" count "it".
  static std::string_view counted(std::string_view rate) {
    rate = trim(rate);
    while (!rate.empty() && (std::isdigit(static_cast<unsigned char>(rate[0])) != 0 || rate[0] == '.' ||
                             rate[0] == '?' || rate[0] == ' '))
      rate.remove_prefix(1);
    const auto slash = rate.find('/');
    if (slash == std::string_view::npos) return {};
    return rate.substr(0, slash) == "s" ? rate.substr(slash + 1) : rate.substr(0, slash);
  }

  void bar_fields(const ConsoleBar& bar, const char* origin, std::uint32_t line) {
    described(bar.description, origin, line);
    const auto comma = std::min(bar.clocks.find(','), bar.clocks.size());
    const auto rate = bar.clocks.substr(std::min(comma + 1, bar.clocks.size()));
    counter(bar.counter, counted(rate), origin);
    drawn(bar.clocks.substr(0, std::min(bar.clocks.find('<'), comma)), "elapsed", origin);
    drawn(rate, {}, origin);
    named(bar.postfix, origin);
    const auto scope = scope_word(bar.description);
    for (auto& f : fields_)
      if (f.scope.empty()) f.scope = scope;
  }

  /// In front of a bar stands a title, a row under a header, or a header.
  void described(std::string_view text, const char* origin, std::uint32_t line) {
    named(text, origin);
    if (text.empty()) return;
    if (text.back() == ':') text.remove_suffix(1);
    row_.clear();
    if (!table_.row(text, !fields_.empty(), line, row_)) return;
    fields_ = row_;
    const auto shift = static_cast<std::uint32_t>(text.data() - origin);
    for (auto& f : fields_) {
      f.from += shift;
      f.to += shift;
    }
  }

  void named(std::string_view text, const char* origin) {
    const std::size_t before = fields_.size();
    console_fields(text, tokens_, fields_);
    const auto shift = static_cast<std::uint32_t>(text.empty() ? 0 : text.data() - origin);
    for (std::size_t i = before; i < fields_.size(); ++i) {
      fields_[i].from += shift;
      fields_[i].to += shift;
    }
  }

  /// What a bar shows by itself: "00:10", "9.9it/s". Without a key its unit is one.
  void drawn(std::string_view text, std::string_view key, const char* origin) {
    tokenize_console(text, tokens_);
    if (tokens_.size() != 1 || tokens_[0].kind != ConsoleToken::Kind::number) return;
    add_drawn(tokens_[0], key.empty() ? tokens_[0].spelled : key, text, origin);
  }

  ConsoleField& add_drawn(const ConsoleToken& token, std::string_view key, std::string_view text, const char* origin) {
    ConsoleField f;
    f.kind = Kind::bar;
    f.key = key;
    f.assigned = true;
    f.value = token.value;
    f.whole = token.whole || token.unit.measure == Measure::scale;
    f.unit = token.unit;
    f.spelled = token.spelled;
    f.from = static_cast<std::uint32_t>(text.data() - origin);
    f.to = f.from + static_cast<std::uint32_t>(text.size());
    fields_.push_back(f);
    return fields_.back();
  }

  void counter(std::string_view text, std::string_view unit, const char* origin) {
    const auto slash = text.find('/');
    double total = std::numeric_limits<double>::quiet_NaN();
    if (slash != std::string_view::npos) {
      tokenize_console(text.substr(slash + 1), tokens_);
      if (tokens_.size() == 1 && tokens_[0].kind == ConsoleToken::Kind::number) total = tokens_[0].value;
    }
    tokenize_console(text.substr(0, slash), tokens_);
    if (tokens_.size() != 1 || tokens_[0].kind != ConsoleToken::Kind::number) return;
    add_drawn(tokens_[0], unit.empty() ? "it" : unit, text, origin).total = total;
  }

  Lines lines_;
  ConsoleLog log_;
  ConsoleTable table_;
  std::string scratch_, loop_;  ///< loop_: scope of the evaluation loop that was counted last
  std::vector<std::string> loop_keys_;
  std::vector<ConsolePiece> pieces_;
  std::vector<ConsoleToken> tokens_;
  std::vector<ConsoleField> fields_, row_;
};

}  // namespace

ConsoleLog read_console_log(std::string_view text) { return Reading(text).run(); }

}  // namespace expanalyze
