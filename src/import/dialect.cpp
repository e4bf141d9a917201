#include "import/dialect.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "io/input.hpp"
#include "io/lines.hpp"
#include "store/run_builder.hpp"
#include "text/format.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

constexpr std::size_t kRowsLookedAt = 20;

std::size_t count(std::string_view text, char c) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), c));
}

char likely_delimiter(std::string_view row) {
  char best = ',';
  for (const char c : {'\t', ';'})
    if (count(row, c) > count(row, best)) best = c;
  return best;
}

}  // namespace

bool starts_with(std::string_view text, std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; }

bool ends_with(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() && text.substr(text.size() - suffix.size()) == suffix;
}

Cells raw_cells(std::string_view row, char delimiter) {
  Cells cells;
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (row[i] == '"') quoted = !quoted;
    if (row[i] != delimiter || quoted) continue;
    cells.push_back(row.substr(begin, i - begin));
    begin = i + 1;
  }
  cells.push_back(row.substr(begin));
  return cells;
}

std::string_view bare(std::string_view cell) {
  cell = trim(cell);
  if (cell.size() >= 2 && cell.front() == '"' && cell.back() == '"') cell = cell.substr(1, cell.size() - 2);
  return trim(cell);
}

bool TableHead::has(std::string_view name) const { return column(name) < names.size(); }

bool TableHead::has_all(std::initializer_list<std::string_view> wanted) const {
  return std::all_of(wanted.begin(), wanted.end(), [&](std::string_view name) { return has(name); });
}

std::size_t TableHead::column(std::string_view name) const {
  return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

std::optional<TableHead> table_head(std::string_view head) {
  Lines lines(head);
  std::string_view row;
  std::uint32_t line = 0;
  do {
    if (!lines.next(row, line)) return std::nullopt;
  } while (trim(row).empty() || trim(row).front() == '#');
  if (row.front() == '{' || row.front() == '[') return std::nullopt;
  TableHead table{likely_delimiter(row), {}, {}};
  for (const auto cell : raw_cells(row, table.delimiter)) table.names.emplace_back(bare(cell));
  if (table.names.size() < 2) return std::nullopt;
  while (table.rows.size() < kRowsLookedAt && lines.next(row, line)) {
    auto cells = raw_cells(row, table.delimiter);
    if (cells.size() == table.names.size()) table.rows.push_back(std::move(cells));
  }
  return table;
}

std::string edited_table(std::string_view text, const TableHead& head,
                         const std::function<void(Cells& cells, std::uint32_t line)>& edit) {
  Lines lines(text);
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  std::string_view row;
  std::uint32_t line = 0;
  while (lines.next(row, line)) {
    auto cells = raw_cells(row, head.delimiter);
    const bool header = cells.size() == head.names.size() && bare(cells[0]) == head.names[0];
    if (cells.size() == head.names.size() && !header) edit(cells, line);
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (i > 0) out += head.delimiter;
      out += cells[i];
    }
    if (!lines.cut_here()) out += '\n';
  }
  return out;
}

std::optional<Json> first_object(std::string_view head, std::initializer_list<std::string_view> keys) {
  const auto line = trim(head.substr(0, head.find('\n')));
  if (line.empty() || line.front() != '{') return std::nullopt;
  for (const auto key : keys)
    if (line.find(fmt::format("\"{}\"", key)) == std::string_view::npos) return std::nullopt;
  auto object = parse_json(line);
  if (!object || !object->is_object()) return std::nullopt;
  for (const auto key : keys)
    if (!object->contains(std::string(key))) return std::nullopt;
  return object;
}

void each_object(Input& input, RunBuilder& builder,
                 const std::function<void(const Json& object, std::uint32_t line)>& visit) {
  Lines lines(input.all());
  std::string_view text;
  std::uint32_t line = 0;
  while (lines.next(text, line)) {
    if (trim(text).empty()) {
      builder.understood(line);
      continue;
    }
    const auto json = parse_json(text);
    if (json && json->is_object())
      visit(*json, line);
    else if (lines.cut_here())
      builder.note("line.cut", "the last line breaks off in the middle", line);
    else
      builder.note("line.unreadable", fmt::format("lines that are no JSON object, first {}", code_span(text)), line);
  }
}

}  // namespace expanalyze
