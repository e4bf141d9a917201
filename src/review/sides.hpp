// The two sides of a comparison as the review sees them: one metric curve a run, in the metric's own units.
#pragma once

#include <array>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "expanalyze/review.hpp"
#include "review/run_curves.hpp"

namespace expanalyze {

/// What stands for the metric at a point of a run, and how well the run itself knows it (final_value.hpp).
struct EndValue {
  double value = std::numeric_limits<double>::quiet_NaN();
  double se = 0;  ///< of estimating it within this run: stationary block bootstrap; 0: a fixed evaluation set
  FinalWindow::Kind kind = FinalWindow::Kind::last;
  double from = 0, to = 0;  ///< of the tail, on the axis of the curve
  std::size_t records = 0;
};

/// The metric of a run against an axis, finite values only.
struct OnAxis {
  Curve curve;
  double annealing_from = std::numeric_limits<double>::infinity();  ///< where the learning rate starts to fall
};

struct RunView {
  RunId id = 0;
  const Run* run = nullptr;
  Curve metric;                             ///< final trajectory, with NaN
  std::shared_ptr<const RunCurves> curves;  ///< shared by the views of one run
  RunEnd end;
  bool batches = false;  ///< the metric is read off training batches: a single record of it is noise
  EndValue tail;         ///< the metric at the end

  /// Worked out when first asked for, since a run of a hundred thousand records is asked often (compared.cpp).
  [[nodiscard]] const OnAxis& on(Axis axis) const;
  [[nodiscard]] const Curve& known() const { return on(Axis::step).curve; }
  [[nodiscard]] const Curve& lr() const { return curves->lr(); }
  [[nodiscard]] const Spent& spent(Axis axis) const { return curves->spent(axis); }

 private:
  mutable std::array<std::optional<OnAxis>, kAxes.size()> on_;
};

struct Side {
  std::vector<RunView> runs;
  /// The runs that did not fail, or all where all did: one that died says nothing of how far the others differ.
  [[nodiscard]] std::vector<const RunView*> standing() const;
  /// Median over the runs of the last step at which the metric was logged.
  [[nodiscard]] double last_metric_step() const;
};

struct Sides {
  Metric metric;
  Side baseline, experiment;
  /// +1 when lower is better, −1 when higher is: multiply a difference by it and negative means better.
  [[nodiscard]] double orientation() const { return metric.direction == Direction::min ? 1 : -1; }
};

/// The run must log the metric (metric_series). `other`: a view of the same run for another metric.
RunView view_run(const RunStore& runs, RunId id, const Metric& metric, const RunView* other = nullptr);
/// Share of its own plan that a side had run at step `x`: its planned steps if known, else its last step.
double plan_share(const Side& side, double x);
/// The seed that a run was started with, as its config says; empty when it does not.
std::string seed_of(const Run& run);
/// A run of each side that are to be held against each other.
struct RunPair {
  const Run* baseline;
  const Run* experiment;
};
/// Runs of one seed where both sides name it, else in the order given. A seed fixes the order of the batches
/// (pairing.cpp).
std::vector<RunPair> matched_runs(std::span<const Run* const> baseline, std::span<const Run* const> experiment,
                                  bool& by_seed);
Sides view_sides(const RunStore& runs, const Comparison& comparison, const ReviewOptions& options);

// metric.cpp
Metric choose_metric(const RunStore& runs, const Comparison& comparison, const ReviewOptions& options);
const Series* metric_series(const Run& run, const Metric& metric);
/// min or max from the words of a name; nullopt when no word is known.
std::optional<Direction> known_direction(std::string_view name);
/// The other metrics, of evaluations and of training, that all runs log and whose direction is known.
std::vector<Metric> secondary_metrics(const RunStore& runs, const Comparison& comparison, const Metric& primary,
                                      std::vector<Note>& notes);

// run_end.cpp
RunEnd run_end(RunId id, const Run& run, const Curve& metric, Direction direction);
/// Marks runs that failed by A7 once both sides are known: what "untrained" means is common to them.
void judge_failures(Sides& sides);

// config_diff.cpp
std::vector<ConfigDifference> config_difference(const Run& baseline, const Run& experiment);

}  // namespace expanalyze
