// Did the loss drop faster early on, and did a head start last? (science handbook B2)
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "review/measure.hpp"
#include "stats/descriptive.hpp"
#include "stats/trend.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr double kEarlyEnd = 0.25;  // B2.1: before typical annealing
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kEarlyStart = 0.01;
constexpr std::size_t kGrid = 24;    // points of the early phase, even in ln step
constexpr double kSameSpeed = 0.05;  // B2.4: within ±ln 1.05 is the same speed

/// End of the warm-up: the step at which the learning rate is highest first; 0 when it is not logged.
double warm_up_end(const Run& run) {
  const Curve lr = finite(trajectory(run, Role::lr));
  if (lr.empty()) return 0;
  const auto top = std::max_element(lr.value.begin(), lr.value.end());
  return lr.step[static_cast<std::size_t>(top - lr.value.begin())];
}

/// Mean of ln(metric) over the grid; NaN unless the curve covers it with positive values.
double log_mean(const Curve& curve, const std::vector<double>& grid) {
  double sum = 0;
  for (const double x : grid) {
    const double v = value_at(curve, x);
    if (!(v > 0)) return std::numeric_limits<double>::quiet_NaN();
    sum += std::log(v);
  }
  return sum / static_cast<double>(grid.size());
}

std::vector<double> log_means(const Side& side, const std::vector<double>& grid) {
  std::vector<double> out;
  for (const auto& view : side.runs)
    if (const double v = log_mean(finite(view.metric), grid); std::isfinite(v)) out.push_back(v);
  return out;
}

std::vector<double> log_grid(double from, double to) {
  std::vector<double> grid;
  for (std::size_t i = 0; i < kGrid; ++i)
    grid.push_back(from * std::pow(to / from, static_cast<double>(i) / static_cast<double>(kGrid - 1)));
  return grid;
}

/// First step at which the monotone fit of a curve is at or below `level`; inf when it never is.
double first_crossing(const Curve& curve, double level, double sign) {
  std::vector<double> oriented(curve.value);
  for (double& v : oriented) v *= sign;
  const auto fit = stats::isotonic_decreasing(oriented);
  for (std::size_t i = 0; i < fit.size(); ++i) {
    if (fit[i] > sign * level) continue;
    if (i == 0 || fit[i - 1] <= fit[i]) return curve.step[i];
    const double share = (fit[i - 1] - sign * level) / (fit[i - 1] - fit[i]);
    return curve.step[i - 1] + share * (curve.step[i] - curve.step[i - 1]);
  }
  return std::numeric_limits<double>::infinity();
}

std::vector<SpeedupLevel> speedups(const Curve& baseline, const Curve& experiment, double sign) {
  std::vector<SpeedupLevel> out;
  if (baseline.size() < 4 || experiment.size() < 4) return out;
  for (const double share : {0.10, 0.25, 0.50, 0.75, 1.0}) {
    const double level =
        value_at(baseline, baseline.step.front() + share * (baseline.step.back() - baseline.step.front()));
    SpeedupLevel row{level, first_crossing(baseline, level, sign), first_crossing(experiment, level, sign), kNan};
    const bool both = std::isfinite(row.baseline_step) && std::isfinite(row.experiment_step);
    row.speedup = both && row.experiment_step > 0 ? row.baseline_step / row.experiment_step : kNan;
    out.push_back(row);
  }
  return out;
}

std::string speedup_sentence(const std::vector<SpeedupLevel>& levels) {
  if (levels.empty()) return "Time to a given level cannot be read: fewer than four evaluations on one side.";
  const auto say = [](const SpeedupLevel& l) {
    if (!std::isfinite(l.baseline_step)) return fmt::format("{}: reached by neither side", number(l.level));
    if (!std::isfinite(l.experiment_step))
      return fmt::format("{}: baseline at step {}, experiment never", number(l.level), number(l.baseline_step));
    return fmt::format("{}: step {} against {}, {}x", number(l.level), number(l.experiment_step),
                       number(l.baseline_step), number(l.speedup, 3));
  };
  return fmt::format("Steps to reach a level, experiment against baseline: {}; {}; {} (the baseline's end).",
                     say(levels.front()), say(levels[levels.size() / 2]), say(levels.back()));
}

}  // namespace

std::string_view to_string(Convergence::Early early) {
  switch (early) {
    case Convergence::Early::faster:
      return "faster";
    case Convergence::Early::slower:
      return "slower";
    case Convergence::Early::same:
      return "same";
    case Convergence::Early::inconclusive:
      return "inconclusive";
    case Convergence::Early::not_assessable:
      return "not_assessable";
  }
  return "not_assessable";
}

Convergence convergence(const Sides& sides, const SeedNoise& noise, const Pairing& pairing) {
  Convergence out;
  const Curve b_mean = mean_curve(sides.baseline);
  const Curve e_mean = mean_curve(sides.experiment);
  out.levels = speedups(b_mean, e_mean, sides.orientation());
  const double end = std::min(sides.baseline.last_metric_step(), sides.experiment.last_metric_step());
  double from = std::max({kEarlyStart * end, warm_up_end(*sides.baseline.runs.front().run),
                          warm_up_end(*sides.experiment.runs.front().run)});
  if (from >= kEarlyEnd * end) from = kEarlyStart * end;
  // The grid starts where both curves have a point that is not the untrained model.
  for (const Curve* curve : {&b_mean, &e_mean})
    if (curve->size() > 1) from = std::max(from, curve->step[1]);
  out.from_step = from;
  out.to_step = kEarlyEnd * end;
  if (!(end > 0)) {
    out.sentences.push_back(
        "Whether it dropped faster early on cannot be said: one side has no finite evaluation after its first.");
    return out;
  }
  if (!(from > 0) || from >= out.to_step || between(b_mean, from, out.to_step).size() < 2) {
    out.sentences.push_back(fmt::format(
        "Whether it dropped faster early on cannot be said: {} evaluations of {} before step {}; evaluate at "
        "least five times in the first quarter.",
        between(b_mean, 0, out.to_step).size(), code_span(sides.metric.name), number(out.to_step)));
    out.sentences.push_back(speedup_sentence(out.levels));
    return out;
  }
  const auto grid = log_grid(from, out.to_step);
  const auto b = log_means(sides.baseline, grid);
  const auto e = log_means(sides.experiment, grid);
  SeedNoise relative = noise;
  relative.prior.scale /= std::abs(stats::mean(values_at(sides.baseline, Axis::step, end)));
  const double u = std::sqrt(from * out.to_step) / end;
  const Compared gap =
      compare_values(b, e, relative, 0, sides.orientation(), pairing.identical, progress_multiplier(u));
  if (gap.verdict == Verdict::not_assessable || !std::isfinite(gap.test.difference)) {
    out.sentences.push_back(
        "Whether it dropped faster early on cannot be said: no positive finite values of both sides there.");
    out.sentences.push_back(speedup_sentence(out.levels));
    return out;
  }
  out.early_gap = gap.difference;
  for (double* v : {&out.early_gap.value, &out.early_gap.low, &out.early_gap.high}) *v = std::expm1(*v);
  // How much ln(metric) falls per e-fold of steps in the baseline turns a gap into a speed: S = exp(gap / slope).
  const double fall = std::log(value_at(b_mean, from) / value_at(b_mean, out.to_step)) / std::log(out.to_step / from);
  const double same = kSameSpeed * std::max(0.0, sides.orientation() * fall);
  if (pairing.identical || (gap.test.low90 > -same && gap.test.high90 < same))
    out.early = Convergence::Early::same;
  else if (gap.test.low95 > 0 || gap.test.high95 < 0)
    out.early = sides.orientation() * gap.test.difference < 0 ? Convergence::Early::faster : Convergence::Early::slower;
  else
    out.early = Convergence::Early::inconclusive;
  out.sentences.push_back(fmt::format(
      "Between steps {} and {} the experiment's {} lies {} from the baseline's on average, 95 % interval {} "
      "(seed noise taken {}x larger than at the end): {}.",
      number(from), number(out.to_step), code_span(sides.metric.name),
      (out.early_gap.value >= 0 ? "+" : "") + percent(out.early_gap.value),
      interval(100 * out.early_gap.low, 100 * out.early_gap.high, 3).empty()
          ? std::string("unknown")
          : interval(100 * out.early_gap.low, 100 * out.early_gap.high, 3) + " %",
      number(progress_multiplier(u), 3),
      out.early == Convergence::Early::inconclusive ? "not resolved" : to_string(out.early)));
  out.sentences.push_back(speedup_sentence(out.levels));
  return out;
}

}  // namespace expanalyze
