#include "store/surgery/columns.hpp"

#include <algorithm>
#include <limits>

namespace expanalyze {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Columns of the rows in [from, to) by line; the index of the new rows for each of the old ones.
std::vector<RowsId> slice_rows(const Run& run, Run& part, std::uint32_t from, std::uint32_t to) {
  std::vector<RowsId> renamed;
  for (const Rows& rows : run.rows) {
    const auto first = static_cast<std::ptrdiff_t>(from_line(rows, from));
    const auto last = static_cast<std::ptrdiff_t>(from_line(rows, to));
    renamed.push_back(part.rows.size());
    part.rows.push_back(
        {{rows.step.begin() + first, rows.step.begin() + last}, {rows.line.begin() + first, rows.line.begin() + last}});
  }
  return renamed;
}

/// A note belongs to the run that has all of its lines; one without a line to every run.
bool within(const Note& note, std::uint32_t from, std::uint32_t to) {
  return note.where.line == 0 || (note.where.line >= from && std::max(note.last_line, note.where.line) < to);
}

}  // namespace

bool is_measure(Role role) {
  return role == Role::train_loss || role == Role::eval_loss || role == Role::eval_metric || role == Role::train_metric;
}

const Series* main_series(const Run& run) {
  const Series* best = nullptr;
  for (const Role role : {Role::train_loss, Role::eval_loss, Role::eval_metric})
    if (const Series* s = find(run, role); s != nullptr && (best == nullptr || s->value.size() > best->value.size()))
      best = s;
  if (best != nullptr) return best;
  for (const Series& s : run.series)
    if (best == nullptr || s.value.size() > best->value.size()) best = &s;
  return best;
}

bool lines_rise(const Run& run) {
  return std::all_of(run.rows.begin(), run.rows.end(),
                     [](const Rows& rows) { return std::is_sorted(rows.line.begin(), rows.line.end()); });
}

std::size_t from_line(const Rows& rows, std::uint32_t line) {
  return static_cast<std::size_t>(std::lower_bound(rows.line.begin(), rows.line.end(), line) - rows.line.begin());
}

double last_before(const Run& run, const Series& series, std::uint32_t line) {
  const std::size_t at = from_line(run.rows[series.rows], line);
  return at == 0 ? kNan : series.value[at - 1];
}

double first_from(const Run& run, const Series& series, std::uint32_t line) {
  const std::size_t at = from_line(run.rows[series.rows], line);
  return at == series.value.size() ? kNan : series.value[at];
}

void keep_only(Run& run, Series& series, const std::vector<std::size_t>& kept) {
  Rows rows;
  std::vector<double> value;
  for (const std::size_t i : kept) {
    rows.step.push_back(run.rows[series.rows].step[i]);
    rows.line.push_back(run.rows[series.rows].line[i]);
    value.push_back(series.value[i]);
  }
  series.value = std::move(value);
  series.rows = run.rows.size();
  run.rows.push_back(std::move(rows));
}

void drop_empty(Run& run) {
  std::erase_if(run.series, [](const Series& s) { return s.value.empty(); });
  std::vector<RowsId> renamed(run.rows.size(), run.rows.size());
  std::vector<Rows> rows;
  for (Series& s : run.series) {
    if (renamed[s.rows] == run.rows.size()) {
      renamed[s.rows] = rows.size();
      rows.push_back(std::move(run.rows[s.rows]));
    }
    s.rows = renamed[s.rows];
  }
  run.rows = std::move(rows);
  std::erase_if(run.roles, [&](const RoleChoice& choice) {
    return std::none_of(run.series.begin(), run.series.end(),
                        [&](const Series& s) { return s.role == choice.role && s.logged_as == choice.logged_as; });
  });
}

Run slice(const Run& run, std::uint32_t from, std::uint32_t to) {
  Run part;
  part.label = run.label;
  part.path = run.path;
  part.format = run.format;
  part.format_why = run.format_why;
  part.lines = run.lines;
  part.lines_understood = run.lines_understood;
  part.counted_in = run.counted_in;
  part.config = run.config;
  part.config_source = run.config_source;
  part.roles = run.roles;
  for (const Note& note : run.notes)
    if (within(note, from, to)) part.notes.push_back(note);
  const auto renamed = slice_rows(run, part, from, to);
  for (const Series& s : run.series) {
    const Rows& rows = run.rows[s.rows];
    const auto first = static_cast<std::ptrdiff_t>(from_line(rows, from));
    const auto last = static_cast<std::ptrdiff_t>(from_line(rows, to));
    if (first == last) continue;
    part.series.push_back({s.name,
                           s.logged_as,
                           s.role,
                           s.unit,
                           s.labels,
                           renamed[s.rows],
                           {s.value.begin() + first, s.value.begin() + last}});
  }
  drop_empty(part);
  return part;
}

}  // namespace expanalyze
