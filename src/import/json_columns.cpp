#include "import/json_columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "store/key.hpp"
#include "store/roles.hpp"
#include "store/run_builder.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

/// Columns that share their steps.
struct Table {
  struct Used {
    std::string name;
    const Json* cells;
    double factor;
  };
  const JsonColumn* step = nullptr;
  std::size_t rows = 0;
  std::vector<std::uint32_t> lines;  ///< of its rows
  std::vector<Used> used;

  [[nodiscard]] std::uint32_t line(std::size_t row) const { return row < lines.size() ? lines[row] : 1U; }
};

bool counts_steps(const JsonColumn& column) { return meaning(column.key).role == Role::step; }

/// The length that most columns have.
std::size_t usual_length(const std::vector<JsonColumn>& columns) {
  std::map<std::size_t, std::size_t> votes;
  for (const auto& column : columns)
    if (!column.cells.empty()) ++votes[column.cells.size()];
  std::size_t best = 0, most = 0;
  for (const auto& [length, n] : votes)
    if (n >= most) {
      best = length;
      most = n;
    }
  return best;
}

/// One for each section with steps of its own; one for the document where at most one section has them.
std::vector<Table> tables_of(const JsonContents& found) {
  std::vector<Table> tables;
  std::map<std::string, std::size_t> seen;
  for (const auto& column : found.columns) {
    const std::size_t later = seen[column.key]++;
    const auto in_group = [&](const Table& t) { return t.step->group == column.group; };
    if (counts_steps(column) && std::none_of(tables.begin(), tables.end(), in_group))
      tables.push_back({&column, column.cells.size(), element_lines(found.text, column.key, later), {}});
  }
  if (tables.empty())
    tables.push_back({nullptr, usual_length(found.columns), element_lines(found.text, found.columns.front().key), {}});
  return tables;
}

/// How many characters of `group` a section around it has: 0 for the document itself, npos where it lies elsewhere.
std::size_t around(const std::string& section, const std::string& group) {
  const bool inside = section.empty() || group == section || group.compare(0, section.size() + 1, section + "/") == 0;
  return inside ? section.size() : std::string::npos;
}

/// The steps of a column: those of its section, else of the nearest one around it, else the first of the document.
Table& table_for(const JsonColumn& column, std::vector<Table>& tables) {
  Table* nearest = nullptr;
  std::size_t most = 0;
  for (Table& table : tables) {
    const std::size_t shared = table.step == nullptr ? 0 : around(table.step->group, column.group);
    if (shared == std::string::npos || (nearest != nullptr && shared <= most)) continue;
    nearest = &table;
    most = shared;
  }
  return nearest == nullptr ? tables.front() : *nearest;
}

/// The key alone where it is clear; with its section, less what all sections begin with, where it is not.
std::string name_of(const JsonColumn& column, const std::vector<JsonColumn>& all) {
  const auto same_key = [&](const JsonColumn& other) { return other.key == column.key; };
  if (std::count_if(all.begin(), all.end(), same_key) == 1 || column.group.empty()) return column.key;
  std::size_t shared = column.group.size();
  for (const JsonColumn& other : all) {
    if (!same_key(other)) continue;
    const auto [differs, ignored] =
        std::mismatch(column.group.begin(), column.group.end(), other.group.begin(), other.group.end());
    shared = std::min(shared, static_cast<std::size_t>(differs - column.group.begin()));
  }
  const auto slash = column.group.rfind('/', shared == 0 ? 0 : shared - 1);
  return column.group.substr(shared == 0 || slash == std::string::npos ? 0 : slash + 1) + "/" + column.key;
}

bool has_unit(const Key& key) {
  return std::any_of(key.words.begin(), key.words.end(), [](const std::string& w) {
    return w == "s" || w == "ms" || w == "minutes" || w == "min" || w == "h";
  });
}

/// "elapsed_times" does not say its unit; a total beside it does ("total_time_minutes"). Minutes and seconds differ by
/// 60, so the total that lies within a factor 2 of the clock's last value has the clock's unit. 0: no total is near.
double clock_factor(const Json& column, const JsonContents& found) {
  const auto last = column.empty() ? std::nullopt : json_number(column.back());
  if (!last || !(*last > 0)) return 0;
  double best = std::log(2.0), factor = 0;
  for (const auto& [path, value] : found.totals) {
    const Meaning total = meaning(path.substr(path.rfind('/') + 1));
    const auto v = json_number(value);
    if (total.unit != Unit::seconds || !has_unit(take_apart(path)) || !v || !(*v > 0)) continue;
    const double distance = std::abs(std::log(*last / *v));
    if (distance >= best) continue;
    best = distance;
    factor = total.factor;
  }
  return factor;
}

double unit_factor(const std::string& key, const Json& column, const JsonContents& found, std::uint32_t line) {
  if (meaning(key).role != Role::wall || has_unit(take_apart(key))) return 1;
  const double factor = clock_factor(column, found);
  if (factor == 0 && found.cut) {
    found.builder.declare(key, {});
    found.builder.note("unit.unknown",
                       fmt::format("the unit of {} may have stood behind the cut: it is no clock", code_span(key)),
                       line, key);
  } else if (factor == 0) {
    found.builder.note("unit.guessed",
                       fmt::format("{} is taken for seconds: nothing in the document says", code_span(key)), line, key);
  } else if (factor != 1) {
    found.builder.note("unit.converted",
                       fmt::format("{} is read in seconds: its last value agrees with a total when multiplied by {}",
                                   code_span(key), number(factor)),
                       line, key);
  }
  return factor == 0 ? 1 : factor;
}

void read_cell(const std::string& key, const Json& cell, double factor, RunBuilder& builder, std::uint32_t line) {
  const auto v = factor == 1 ? std::nullopt : json_number(cell);
  if (v)
    builder.value(key, *v * factor);
  else
    read_value(key, cell, builder, line);
}

/// The column in which a document breaks off is short; where it is that of the steps, the others go on without.
bool cut_short(const JsonColumn& column, const Table& table, JsonContents& found) {
  if (!found.cut) return false;
  const JsonColumn& last = found.columns.back();
  if (&column == &last ? column.cells.size() >= table.rows : &last != table.step) return false;
  found.builder.note("value.array_length",
                     fmt::format("the document breaks off in {}: it is read as far as {} elements go",
                                 code_span(last.key), last.cells.size()),
                     table.line(0), column.key);
  return true;
}

void share_out(JsonContents& found, std::vector<Table>& tables) {
  for (const JsonColumn& column : found.columns) {
    Table& table = table_for(column, tables);
    const std::string name = &column == table.step ? column.key : name_of(column, found.columns);
    const bool agrees = column.cells.size() == table.rows || cut_short(column, table, found);
    if (agrees && table.rows > 0)
      table.used.push_back({name, &column.cells, unit_factor(name, column.cells, found, table.line(0))});
    else
      found.builder.note("value.array_length",
                         fmt::format("{} has {} elements where the others have {}: it is left out", code_span(name),
                                     column.cells.size(), table.rows),
                         table.line(0), name);
  }
}

double step_at(const Table& table, std::size_t row) {
  const auto step = table.step == nullptr ? std::nullopt : json_number(table.step->cells[row]);
  return step ? *step : static_cast<double>(row);
}

void read_row(const Table& table, std::size_t row, RunBuilder& builder) {
  builder.begin_record(table.line(row));
  for (const auto& [name, cells, factor] : table.used)
    if (row < cells->size()) read_cell(name, (*cells)[row], factor, builder, table.line(row));
}

}  // namespace

void read_columns(JsonContents& found) {
  if (found.columns.empty()) return;
  std::vector<Table> tables = tables_of(found);
  share_out(found, tables);
  std::vector<std::size_t> at(tables.size(), 0);
  while (true) {
    std::optional<std::size_t> next;
    for (std::size_t t = 0; t < tables.size(); ++t)
      if (at[t] < tables[t].rows && (!next || step_at(tables[t], at[t]) < step_at(tables[*next], at[*next]))) next = t;
    if (!next) return;
    read_row(tables[*next], at[*next]++, found.builder);
  }
}

}  // namespace expanalyze
