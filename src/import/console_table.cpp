#include "import/console_table.hpp"

#include <algorithm>
#include <array>

#include "text/parse.hpp"

namespace expanalyze {

namespace {

constexpr std::size_t kMostColumns = 60;
/// A header holds from the line it stands on; the first row follows within a rule and a blank.
constexpr std::uint32_t kRowWithin = 3;

/// Width of a column separator at `at`: '|' and the lines that boxes are drawn with; 0: none.
std::size_t separator(std::string_view text, std::size_t at) {
  if (text[at] == '|') return 1;
  for (const std::string_view bar : {"│", "┃", "║"})
    if (text.substr(at, bar.size()) == bar) return bar.size();
  return 0;
}

/// Behind the names of loggers that stand in front: "INFO - trainer - loss".
std::string_view behind_loggers(std::string_view cell) {
  const auto dash = cell.rfind(" - ");
  return trim(dash == std::string_view::npos ? cell : cell.substr(dash + 3));
}

void split_bars(std::string_view text, std::vector<std::string_view>& cells) {
  std::size_t from = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t width = separator(text, at);
    if (width == 0) {
      ++at;
      continue;
    }
    cells.push_back(trim(text.substr(from, at - from)));
    at += width;
    from = at;
  }
  cells.push_back(trim(text.substr(from)));
  if (cells.front().empty()) cells.erase(cells.begin());
  if (!cells.empty() && cells.back().empty()) cells.pop_back();
  if (!cells.empty()) cells.front() = behind_loggers(cells.front());
}

void split_blanks(std::string_view text, std::size_t least, std::vector<std::string_view>& cells) {
  for (std::size_t at = 0; at < text.size() && cells.size() <= kMostColumns;) {
    std::size_t end = at, gap = 0;
    for (; end + gap < text.size() && gap < least;) {
      const char c = text[end + gap];
      if (c == '\t')
        gap += least;
      else if (c == ' ')
        ++gap;
      else
        end += gap + 1, gap = 0;
    }
    end = std::min(end, text.size());
    if (end > at) cells.push_back(trim(text.substr(at, end - at)));
    at = end;
    while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
  }
}

bool has_bar(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at)
    if (separator(text, at) != 0) return true;
  return false;
}

/// Cells between bars, else between gaps of two blanks and more; `narrow`: between any blanks.
void split(std::string_view text, std::vector<std::string_view>& wide, std::vector<std::string_view>& narrow) {
  wide.clear();
  narrow.clear();
  if (has_bar(text)) return split_bars(text, wide);
  split_blanks(trim(text), 2, wide);
  split_blanks(trim(text), 1, narrow);
}

bool nameable(const std::vector<std::string_view>& cells) {
  constexpr std::size_t kLongest = 40;
  if (cells.size() < 2 || cells.size() > kMostColumns) return false;
  return std::all_of(cells.begin(), cells.end(),
                     [](std::string_view c) { return !c.empty() && c.size() <= kLongest && !number_from(c); });
}

std::vector<std::string> owned(std::vector<std::string_view> cells) {
  for (auto& cell : cells)  // "Box(P  R  mAP50)" brackets a group of columns
    if (cell.size() > 1 && cell.back() == ')' && cell.find('(') == std::string_view::npos) cell.remove_suffix(1);
  return {cells.begin(), cells.end()};
}

}  // namespace

/// "| Mini-batch | Mini-batch |" above "| Accuracy | Loss |": a name over two lines.
bool ConsoleTable::continues_header(std::uint32_t line) {
  auto& names = pending_.wide;
  if (pending_.line == 0 || line != pending_.line + 1 || wide_.size() != names.size()) return false;
  std::vector<std::string> sorted = names;
  std::sort(sorted.begin(), sorted.end());
  const bool twice = std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end();
  const bool gaps = std::any_of(wide_.begin(), wide_.end(), [](std::string_view c) { return c.empty(); });
  if (!twice && !gaps) return false;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (!wide_[i].empty()) names[i].append(" ").append(wide_[i]);
  pending_.narrow.clear();
  pending_.line = line;
  header_lines_.push_back(line - 1);
  return true;
}

void ConsoleTable::keep_header(std::string_view text, std::uint32_t line) {
  const auto letters =
      std::count_if(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
  if (letters < 2) return;  // a rule between header and rows
  if (continues_header(line)) return;
  if (!nameable(wide_) && !nameable(narrow_)) return;
  pending_ = {nameable(wide_) ? owned(wide_) : std::vector<std::string>{},
              nameable(narrow_) ? owned(narrow_) : std::vector<std::string>{}, line};
  was_header_ = pending_.wide == current_.wide && pending_.narrow == current_.narrow && current_.line > 0;
}

bool ConsoleTable::fill(const std::vector<std::string>& names, const std::vector<std::string_view>& cells,
                        std::vector<ConsoleField>& fields) {
  if (names.size() < 2 || cells.size() != names.size()) return false;
  const std::size_t before = fields.size();
  std::size_t words = 0;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    tokenize_console(cells[i], tokens_);
    const bool counter = tokens_.size() == 3 && tokens_[1].mark == '/' && tokens_[0].whole && tokens_[2].whole;
    if ((tokens_.size() != 1 && !counter) || tokens_[0].kind != ConsoleToken::Kind::number) {
      words += is_blank_word(cells[i]) ? 0 : 1;
      continue;
    }
    ConsoleField f;
    f.key = names[i];
    f.assigned = true;
    f.value = tokens_[0].value;
    f.whole = tokens_[0].whole && tokens_[0].unit.measure == Measure::none;
    f.unit = tokens_[0].unit;
    f.spelled = tokens_[0].spelled;
    if (counter) f.total = tokens_[2].value;
    f.from = static_cast<std::uint32_t>(cells[i].data() - text_.data());
    f.to = f.from + static_cast<std::uint32_t>(cells[i].size());
    fields.push_back(f);
  }
  const std::size_t numbers = fields.size() - before;
  if (numbers > 0 && words <= numbers / 2) return true;  // a class or a mark such as "*" in a column of its own
  fields.resize(before);
  return false;
}

/// "loss | 0.510 | 0.543" below "Training | Validation".
bool ConsoleTable::fill_labelled(const std::vector<std::string>& names, std::vector<ConsoleField>& fields) {
  if (wide_.size() != names.size() + 1 || names.size() < 2) return false;
  const std::string label(wide_.front());
  if (label.empty() || number_from(label)) return false;
  keys_.clear();
  for (const auto& name : names) keys_.push_back(name + "/" + label);
  return fill(keys_, {wide_.begin() + 1, wide_.end()}, fields);
}

bool ConsoleTable::fits(const Header& header, std::vector<ConsoleField>& fields) {
  return fill(header.wide, wide_, fields) || fill(header.narrow, narrow_, fields) || fill_labelled(header.wide, fields);
}

bool ConsoleTable::row(std::string_view text, bool has_numbers, std::uint32_t line, std::vector<ConsoleField>& fields) {
  was_header_ = false;
  text_ = text;
  const bool waiting = pending_.line > 0 && line - pending_.line <= kRowWithin;
  if (has_numbers && !waiting && current_.line == 0) return false;
  split(text, wide_, narrow_);
  if (!has_numbers) {
    keep_header(text, line);
    return false;
  }
  if (waiting && fits(pending_, fields)) {
    current_ = std::move(pending_);  // the keys of the fields stay where they are
    header_lines_.push_back(current_.line);
    pending_ = {};
    return true;
  }
  return current_.line > 0 && fits(current_, fields);
}

}  // namespace expanalyze
