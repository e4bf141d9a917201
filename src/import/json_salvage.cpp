#include "import/json_salvage.hpp"

#include <algorithm>
#include <string>

#include "io/lines.hpp"
#include "store/run_builder.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/// An array or object that is open, how far it is whole, and whether a key without its value is pending.
struct Level {
  char open = '[';
  std::size_t whole = 0;  ///< behind its last complete element or member
  bool colon = false;     ///< seen since then
};

/// Follows brackets and strings from front to back.
class Walk {
 public:
  explicit Walk(std::string_view text) : text_(text) {}

  /// Goes on to the end of the next top-level value, or of the text. False: there is none.
  bool next(std::size_t& begin, std::size_t& end) {
    while (at_ < text_.size() && (is_space(text_[at_]) || text_[at_] == ',')) ++at_;
    begin = at_;
    bool opened = false;
    while (at_ < text_.size() && !(opened && levels_.empty()) && !broken_) {
      step();
      opened = opened || !levels_.empty();
      if (!opened) break;  // no array and no object: not a document of ours
    }
    end = at_;
    return opened;
  }

  /// The text so far, cut behind what is whole and closed; empty where nothing is open.
  std::string closed() {
    if (levels_.empty()) return {};
    finish_last_element();
    std::size_t depth = 0;  // an unfinished element of a list goes with all it holds
    while (depth + 1 < levels_.size() && levels_[depth].open != '[') ++depth;
    std::string out(text_.substr(0, levels_[depth].whole));
    for (std::size_t i = depth + 1; i-- > 0;) out += levels_[i].open == '[' ? ']' : '}';
    return out;
  }

 private:
  void step() {
    const char c = text_[at_];
    if (c == '"') return skip_string();
    ++at_;
    if (c == '[' || c == '{') levels_.push_back({c, at_, false});
    if (levels_.empty()) return;
    if (c == ':') levels_.back().colon = true;
    if (c == ',') complete(at_ - 1);
    if (c != ']' && c != '}') return;
    levels_.pop_back();
    if (!levels_.empty()) complete(at_);
  }

  void complete(std::size_t end) {
    levels_.back().whole = end;
    levels_.back().colon = false;
  }

  void skip_string() {
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\\')
        ++at_;
      else if (text_[at_] == '"')
        return static_cast<void>(++at_);
    }
    at_ = text_.size();
    broken_ = true;
  }

  /// A last value without a comma is whole if something shows its end: a quote, or a blank behind a number.
  void finish_last_element() {
    Level& level = levels_.back();
    const auto tail = trim(text_.substr(level.whole));
    if (broken_ || tail.empty() || (level.open == '{' && !level.colon)) return;
    if (std::string_view(",:[{").find(tail.back()) != std::string_view::npos) return;
    if (tail.back() == '"' || is_space(text_.back()))
      level.whole = static_cast<std::size_t>(tail.data() - text_.data()) + tail.size();
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<Level> levels_;
  bool broken_ = false;  ///< within a string
};

}  // namespace

std::optional<Document> parse_document(std::string_view text) {
  if (auto json = parse_json(text)) return Document{std::move(*json), false};
  Walk walk(text);
  std::size_t begin = 0, end = 0;
  if (!walk.next(begin, end)) return std::nullopt;
  auto json = parse_json(walk.closed());
  if (!json) return std::nullopt;
  return Document{std::move(*json), true};
}

void account_for(const Document& document, const Lines& lines, RunBuilder& builder) {
  const auto count = lines.count();
  if (!document.cut || count == 0) return builder.one_document(count);
  builder.one_document(count - 1);
  builder.note("line.cut", "the document breaks off here: everything before is read", count);
}

std::vector<Part> top_level(std::string_view text) {
  std::vector<Part> parts;
  Walk walk(text);
  std::size_t begin = 0, end = 0, counted = 0;
  std::uint32_t line = 1;
  while (walk.next(begin, end)) {
    line += static_cast<std::uint32_t>(std::count(text.begin() + static_cast<std::ptrdiff_t>(counted),
                                                  text.begin() + static_cast<std::ptrdiff_t>(begin), '\n'));
    counted = begin;
    parts.push_back({text.substr(begin, end - begin), line});
  }
  return parts;
}

}  // namespace expanalyze
