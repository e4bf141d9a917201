// What was understood of a run, in numbers: nothing here judges.
#include <algorithm>
#include <cmath>

#include "expanalyze/inspection.hpp"
#include "pipeline/inspect_parts.hpp"
#include "store/trajectory.hpp"

namespace expanalyze {

namespace {

LoggedPoint point(const Rows& rows, const Series& series, std::size_t i) {
  return {rows.step[i], series.value[i], rows.line[i]};
}

SeriesFacts facts_of_series(const Run& run, const Series& s) {
  SeriesFacts facts{s.name, s.logged_as, s.role, s.unit, s.labels, s.value.size(), 0, {}, {}, {}, {}};
  const Rows& rows = run.rows[s.rows];
  for (std::size_t i = 0; i < s.value.size(); ++i) {
    if (!std::isfinite(s.value[i])) {
      ++facts.non_finite;
      continue;
    }
    if (!(facts.min.value <= s.value[i])) facts.min = point(rows, s, i);
    if (!(facts.max.value >= s.value[i])) facts.max = point(rows, s, i);
  }
  if (s.value.empty()) return facts;
  facts.first = point(rows, s, 0);
  facts.last = point(rows, s, s.value.size() - 1);
  return facts;
}

/// Series that were logged together share Rows, and one record can be part of several.
std::size_t records_of(const Run& run) {
  std::vector<std::pair<std::uint32_t, double>> records;
  for (const Rows& rows : run.rows)
    for (std::size_t i = 0; i < rows.step.size(); ++i)
      records.emplace_back(rows.line[i], std::isnan(rows.step[i]) ? -1 : rows.step[i]);
  std::sort(records.begin(), records.end());
  return static_cast<std::size_t>(std::unique(records.begin(), records.end()) - records.begin());
}

LoggedPoint end_of(const Curve& curve) {
  return curve.empty() ? LoggedPoint{} : LoggedPoint{curve.step.back(), curve.value.back(), curve.line.back()};
}

std::optional<LastEvaluation> last_evaluation(const Run& run) {
  for (const Role role : {Role::eval_loss, Role::eval_metric}) {
    const Series* series = find(run, role);
    if (series == nullptr || series->value.empty()) continue;
    const Curve curve = trajectory(run, *series);
    return LastEvaluation{series->logged_as, end_of(curve), end_of(finite(curve))};
  }
  return std::nullopt;
}

void add_gaps(RunFacts& facts, const Run& run) {
  facts.gaps = gaps_of(run);
  for (const Gap& gap : facts.gaps) ++(gap.kind == Gap::Kind::steps ? facts.step_gaps : facts.clock_gaps);
  if (facts.gaps.size() > RunFacts::kMostGaps) facts.gaps.resize(RunFacts::kMostGaps);
}

}  // namespace

std::string_view to_string(Gap::Kind kind) { return kind == Gap::Kind::steps ? "steps" : "clock"; }

RunFacts facts_of(const Run& run) {
  RunFacts facts;
  facts.label = run.label;
  facts.path = run.path;
  facts.format = run.format;
  facts.format_why = run.format_why;
  facts.part = run.part;
  facts.parts = run.parts;
  facts.lines = run.lines;
  facts.lines_understood = run.lines_understood;
  facts.counted_in = run.counted_in;
  facts.rows = records_of(run);
  facts.last_step = last_step(run);
  if (const Series* longest = longest_series(run)) facts.superseded = trajectory(run, *longest).superseded;
  facts.axes = axes_of(run);
  facts.roles = run.roles;
  for (const Series& s : run.series) facts.series.push_back(facts_of_series(run, s));
  facts.groups = groups_of(facts.series);
  add_gaps(facts, run);
  facts.last_evaluation = last_evaluation(run);
  facts.config = run.config;
  facts.config_source = run.config_source;
  facts.notes = run.notes;
  return facts;
}

}  // namespace expanalyze
