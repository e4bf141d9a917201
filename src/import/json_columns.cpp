#include "import/json_columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <tuple>
#include <utility>

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
class Tables {
 public:
  explicit Tables(const JsonContents& found) {
    struct Seen {
      std::vector<std::vector<std::uint32_t>> lines;
      std::size_t arrays = 0;
    };
    std::map<std::string, Seen> seen;
    for (const auto& column : found.columns) {
      if (!counts_steps(column)) continue;
      Seen& key = seen[column.key];
      const std::size_t at = key.arrays++;
      if (!of_group_.emplace(column.group, all.size()).second) continue;
      if (key.lines.empty()) key.lines = array_lines(found.text, column.key);
      all.push_back({&column, column.cells.size(), {}, {}});
      if (at < key.lines.size()) all.back().lines = std::move(key.lines[at]);
    }
    if (all.empty())
      all.push_back({nullptr, usual_length(found.columns), element_lines(found.text, found.columns.front().key), {}});
  }

  /// The steps of a column: those of its section, else of the nearest one around it, else the first of the document.
  Table& of(const JsonColumn& column) {
    for (std::string section = column.group;;) {
      if (const auto found = of_group_.find(section); found != of_group_.end()) return all[found->second];
      if (section.empty()) return all.front();
      const auto slash = section.rfind('/');
      section.resize(slash == std::string::npos ? 0 : slash);
    }
  }

  std::vector<Table> all;

 private:
  std::map<std::string, std::size_t> of_group_;
};

/// Where columns of one key stand.
struct Sections {
  std::string group;       ///< of the first of them
  std::size_t shared = 0;  ///< characters that the groups of all begin with
  std::size_t columns = 0;
};

std::map<std::string, Sections> sections_of(const std::vector<JsonColumn>& columns) {
  std::map<std::string, Sections> by_key;
  for (const auto& [group, key, cells] : columns) {
    const auto [at, fresh] = by_key.emplace(key, Sections{group, group.size()});
    Sections& s = at->second;
    const auto differs = std::mismatch(group.begin(), group.end(), s.group.begin(), s.group.end()).first;
    s.shared = std::min(s.shared, static_cast<std::size_t>(differs - group.begin()));
    ++s.columns;
  }
  return by_key;
}

/// The key alone where it is clear; with its section, less what all sections begin with, where it is not.
std::string name_of(const JsonColumn& column, const Sections& sections) {
  if (sections.columns == 1 || column.group.empty()) return column.key;
  const std::size_t shared = sections.shared;
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

void share_out(JsonContents& found, Tables& tables) {
  const auto sections = sections_of(found.columns);
  for (const JsonColumn& column : found.columns) {
    Table& table = tables.of(column);
    const std::string name = &column == table.step ? column.key : name_of(column, sections.at(column.key));
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
  return step && std::isfinite(*step) ? *step : static_cast<double>(row);
}

void read_row(const Table& table, std::size_t row, RunBuilder& builder) {
  builder.begin_record(table.line(row));
  for (const auto& [name, cells, factor] : table.used)
    if (row < cells->size()) read_cell(name, (*cells)[row], factor, builder, table.line(row));
}

}  // namespace

void read_columns(JsonContents& found) {
  if (found.columns.empty()) return;
  Tables tables(found);
  share_out(found, tables);
  struct Next {
    double step;
    std::size_t table, row;
    bool operator>(const Next& other) const { return std::tie(step, table) > std::tie(other.step, other.table); }
  };
  std::priority_queue<Next, std::vector<Next>, std::greater<>> next;
  const auto push = [&](std::size_t t, std::size_t row) {
    if (row < tables.all[t].rows) next.push({step_at(tables.all[t], row), t, row});
  };
  for (std::size_t t = 0; t < tables.all.size(); ++t) push(t, 0);
  while (!next.empty()) {
    const auto [step, table, row] = next.top();
    next.pop();
    read_row(tables.all[table], row, found.builder);
    push(table, row + 1);
  }
}

}  // namespace expanalyze
