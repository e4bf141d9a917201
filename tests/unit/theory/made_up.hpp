// Runs that never ran: a few series with chosen values, for the tests of step 3.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "expanalyze/theory.hpp"
#include "stats/random.hpp"
#include "theory/theory_input.hpp"

namespace made_up {

using namespace expanalyze;

inline void add(Run& run, const std::string& name, std::vector<double> values, Role role = Role::mechanism,
                double every = 1) {
  Rows rows;
  for (std::size_t i = 0; i < values.size(); ++i) {
    rows.step.push_back(every * static_cast<double>(i));
    rows.line.push_back(static_cast<std::uint32_t>(i + 1));
  }
  Series series;
  series.name = series.logged_as = name;
  series.role = role;
  series.rows = run.rows.size();
  series.value = std::move(values);
  run.rows.push_back(std::move(rows));
  run.series.push_back(std::move(series));
}

/// One baseline (run 0) and one experiment (run 1), with a neutral review and no diagnosis.
struct World {
  RunStore runs;
  Comparison comparison{{0}, {1}};
  Review review;
  Diagnosis diagnosis;
  World() {
    runs.runs.resize(2);
    runs.runs[0].label = "baseline";
    runs.runs[1].label = "experiment";
    review.metric.name = "val_loss";
    diagnosis.headline = "undetermined";
  }
  Run& baseline() { return runs.runs[0]; }
  Run& experiment() { return runs.runs[1]; }
  [[nodiscard]] TheoryInput input() const { return {runs, comparison, review, diagnosis}; }
  void final_values(double baseline_value, double experiment_value, double half_width) {
    auto& q = review.final_quality;
    q.baseline.value = baseline_value;
    q.experiment.value = experiment_value;
    const double d = experiment_value - baseline_value;
    q.difference = {d, d - half_width, d + half_width, 0.95, 6, {}};
  }
};

inline std::vector<double> constant(std::size_t n, double value) { return std::vector<double>(n, value); }

/// Independent normal values.
inline std::vector<double> noise(std::size_t n, double mean, double sd, std::uint64_t key) {
  const stats::CounterRng rng(key);
  std::vector<double> x;
  for (std::size_t i = 0; i < n; ++i) x.push_back(mean + sd * rng.normal(i));
  return x;
}

}  // namespace made_up
