// The step axis of every record (science handbook A1).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "store/roles.hpp"
#include "store/run_builder.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// Values of a series, record by record; NaN where it has none.
std::vector<double> by_record(const Series& series, const Presence& record, std::size_t records) {
  std::vector<double> out(records, kNone);
  auto value = series.value.begin();
  for (const auto i : record) out[i] = *value++;
  return out;
}

/// Records without a step carry the last one: what is logged between two updates belongs to the earlier one.
void carry_forward(std::vector<double>& step, Run& run, const std::vector<std::uint32_t>& line,
                   const std::string& key) {
  double last = kNone;
  std::size_t carried = 0, first = 0;
  for (std::size_t i = 0; i < step.size(); ++i) {
    if (std::isfinite(step[i])) {
      last = step[i];
      continue;
    }
    step[i] = std::isnan(last) ? 0.0 : last;  // before the first step nothing was trained yet
    if (carried++ == 0) first = i;
  }
  if (carried == 0) return;
  add_note(run.notes, "axis.step.carried",
           fmt::format("rows without {} stand at the step of the row before them", code_span(key)), line[first], key,
           carried);
}

std::vector<double> record_numbers(std::size_t n) {
  std::vector<double> step(n);
  for (std::size_t i = 0; i < n; ++i) step[i] = static_cast<double>(i);
  return step;
}

}  // namespace

void fill_steps(Run& run, const std::vector<Presence>& record, const std::vector<std::uint32_t>& line) {
  const Series* axis = find(run, Role::step);
  const bool logged = axis != nullptr;
  if (!logged) axis = find(run, Role::epoch);
  auto step = axis != nullptr ? by_record(*axis, record[axis->rows], line.size()) : record_numbers(line.size());
  if (!logged && !line.empty()) {
    const std::string instead = axis != nullptr ? code_span(axis->logged_as) : "the number of the record";
    add_note(run.notes, "axis.step.synthetic",
             fmt::format("no key counts optimizer steps: {} is used; name one with --map step=KEY", instead),
             line.front());
  }
  if (axis != nullptr) carry_forward(step, run, line, axis->logged_as);
  for (std::size_t r = 0; r < run.rows.size(); ++r) {
    run.rows[r].step.reserve(record[r].size());
    for (const auto& [first, end] : record[r].stretches())
      run.rows[r].step.insert(run.rows[r].step.end(), step.begin() + first, step.begin() + end);
  }
}

}  // namespace expanalyze
