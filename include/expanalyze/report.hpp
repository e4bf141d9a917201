// The whole way of the data on one page.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "expanalyze/diagnosis.hpp"
#include "expanalyze/recipe.hpp"
#include "expanalyze/review.hpp"
#include "expanalyze/theory.hpp"

namespace expanalyze {

/// Every value that any renderer may print.
struct Report {
  std::vector<Run> baseline, experiment;  ///< without their columns: label, path, format, lines, roles, notes
  std::vector<std::array<double, 2>> baseline_steps, experiment_steps;  ///< first and last optimizer step
  Review review;
  Diagnosis diagnosis;
  Theory theory;
  Recipe recipe;
  /// One side, and nothing that it was compared with.
  [[nodiscard]] bool alone() const { return baseline.empty() && !experiment.empty(); }
};

/// Pure: the same runs give the same report.
Report analyze(const RunStore& runs, const Comparison& comparison, const ReviewOptions& options,
               const std::vector<TheoryCard>& cards);

/// One line of a sweep: a seed group against the baseline.
struct SweepRow {
  std::string label;
  std::vector<std::string> runs;  ///< paths as found
  std::vector<ConfigDifference> config;
  Verdict verdict = Verdict::not_assessable;
  std::vector<std::string> modifiers;  ///< as in Review
  Estimate baseline, final, difference;
  std::string_view headline;
  double headline_probability = 0;
  std::string soul;
  double flops_ratio = 0, wall_ratio = 0;  ///< against the baseline; 0: unknown
  std::string failure;                     ///< why it could not be compared; empty otherwise
};

struct SweepReport {
  std::string baseline;
  Metric metric;
  std::vector<SweepRow> groups;   ///< best first; failed ones last
  std::size_t controls_used = 0;  ///< comparisons in which the luck of a seed was measured on further runs
  std::vector<Note> notes;
};

/// Groups the runs by seed (same label but for a seed suffix, same config but for seed-like keys) and compares each
/// with the baseline. The other groups of several seeds are its controls where they are worth more degrees of freedom
/// than a prior; `controls` are runs of the store that serve as nothing else.
SweepReport analyze_sweep(const RunStore& runs, std::string_view baseline, const ReviewOptions& options,
                          const std::vector<TheoryCard>& cards, const std::vector<RunId>& controls = {});

}  // namespace expanalyze
