// The whole way of the data: every arrow is one function from values to a value.
#include <algorithm>
#include <cmath>

#include "expanalyze/report.hpp"

namespace expanalyze {

namespace {

/// A report holds what a run says about itself, not its columns.
Run without_columns(const Run& run) {
  Run out;
  out.label = run.label;
  out.path = run.path;
  out.format = run.format;
  out.lines = run.lines;
  out.lines_understood = run.lines_understood;
  out.config = run.config;
  out.config_source = run.config_source;
  out.roles = run.roles;
  out.notes = run.notes;
  return out;
}

/// Smallest and largest optimizer step of any row; NaN when the run has none.
std::array<double, 2> step_range(const Run& run) {
  std::array<double, 2> range{NAN, NAN};
  for (const Rows& rows : run.rows)
    for (const double step : rows.step) {
      range[0] = std::fmin(range[0], step);  // fmin and fmax pass over NaN
      range[1] = std::fmax(range[1], step);
    }
  return range;
}

void describe(const RunStore& runs, const std::vector<RunId>& side, std::vector<Run>& out,
              std::vector<std::array<double, 2>>& steps) {
  for (const RunId id : side) {
    out.push_back(without_columns(runs.runs[id]));
    steps.push_back(step_range(runs.runs[id]));
  }
}

/// Seeds in the order of their paths, so that the order of the arguments moves nothing.
Comparison in_order(const RunStore& runs, Comparison comparison) {
  const auto earlier = [&](RunId a, RunId b) { return runs.runs[a].path < runs.runs[b].path; };
  std::stable_sort(comparison.baseline.begin(), comparison.baseline.end(), earlier);
  std::stable_sort(comparison.experiment.begin(), comparison.experiment.end(), earlier);
  return comparison;
}

}  // namespace

Report analyze(const RunStore& runs, const Comparison& given, const ReviewOptions& options,
               const std::vector<TheoryCard>& cards) {
  const Comparison comparison = in_order(runs, given);
  Report report;
  describe(runs, comparison.baseline, report.baseline, report.baseline_steps);
  describe(runs, comparison.experiment, report.experiment, report.experiment_steps);
  report.review = comparison.baseline.empty() ? review_alone(runs, comparison, options)
                                              : review_runs(runs, comparison, options);  // step 1: what happened
  report.diagnosis = diagnose(runs, comparison, report.review);                          // step 2: why
  report.theory = reflect(runs, comparison, report.review, report.diagnosis, cards);     // step 3: what theory says
  report.recipe = recommend(runs, comparison, report.review, report.diagnosis, report.theory);  // step 4: what next
  return report;
}

}  // namespace expanalyze
