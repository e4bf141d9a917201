// Where the curves cross, and whether the side behind would come first (science handbook C6).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "review/measure.hpp"
#include "stats/descriptive.hpp"
#include "stats/random.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr double kHorizon = 2;        // C5: no farther
constexpr double kCommonError = 0.7;  // C6: the same law errs in the same direction for both
constexpr double kWorthSaying = 0.1;
constexpr std::size_t kDraws = 2000, kGrid = 40;

/// Both sides beyond the common end, on a grid even in ln step.
struct Paths {
  std::vector<double> step;
  std::vector<double> gap;  ///< ln experiment - ln baseline
  std::vector<double> baseline_sd, experiment_sd;
};

LogChange onward(const CurveModel& model, double step) {
  return model.schedule.constant() ? continued_change(model, model.schedule, step) : planned_change(model, step);
}

Paths paths(const Sides& sides, const Budgets& budgets, const SeedNoise& noise, double end) {
  Paths out;
  const CurveModel &b = budgets.baseline.model, &e = budgets.experiment.model;
  const double level = std::sqrt(b.end_value * e.end_value);
  const double seed = noise.prior.scale / level;
  for (std::size_t i = 0; i <= kGrid; ++i) {
    const double step = end * std::pow(kHorizon, static_cast<double>(i) / static_cast<double>(kGrid));
    const LogChange cb = onward(b, step), ce = onward(e, step);
    out.step.push_back(step);
    out.gap.push_back(std::log(e.end_value / b.end_value) + ce.value - cb.value);
    out.baseline_sd.push_back(
        std::sqrt(cb.variance + seed * seed / static_cast<double>(sides.baseline.standing().size())));
    out.experiment_sd.push_back(
        std::sqrt(ce.variance + seed * seed / static_cast<double>(sides.experiment.standing().size())));
  }
  return out;
}

/// First grid point from which on the sign is other than at the end of the logs, to the horizon; kGrid + 1: never.
std::size_t first_lasting(const Paths& p, double zb, double ze, bool ahead) {
  std::size_t first = kGrid + 1;
  for (std::size_t i = kGrid + 1; i-- > 0;) {
    const double gap = p.gap[i] + ze * p.experiment_sd[i] - zb * p.baseline_sd[i];
    if ((gap < 0) == ahead) break;
    first = i;
  }
  return first;
}

void overtaking(const Paths& p, Crossing& out) {
  const bool ahead = p.gap.front() < 0;
  const stats::CounterRng rng(stats::key_of(p.gap));
  std::vector<double> at;
  at.reserve(kDraws);
  for (std::size_t d = 0; d < kDraws; ++d) {
    const double common = std::sqrt(kCommonError) * rng.normal(3 * d);
    const double own = std::sqrt(1 - kCommonError);
    const std::size_t first =
        first_lasting(p, common + own * rng.normal(3 * d + 1), common + own * rng.normal(3 * d + 2), ahead);
    if (first > 0 && first <= kGrid) at.push_back(p.step[first]);
  }
  out.probability = static_cast<double>(at.size()) / static_cast<double>(kDraws);
  out.horizon = p.step.back();
  if (at.empty()) return;
  out.step = stats::median(at);
  out.step_low = stats::quantile(at, 0.1);
  out.step_high = stats::quantile(at, 0.9);
}

/// The gap shrank over the last three thirds of the last e-fold.
bool closing(const Curve& b, const Curve& e, double end) {
  double before = std::numeric_limits<double>::infinity();
  for (const double share : {1.0, 2.0 / 3, 1.0 / 3, 0.0}) {
    const double gap = std::abs(value_at(e, end * std::exp(-share)) - value_at(b, end * std::exp(-share)));
    if (!(gap < before)) return false;
    before = gap;
  }
  return true;
}

/// The step from which on the sign of the difference of the mean curves is that of their end; 0: from the first tenth.
double observed(const Curve& b, const Curve& e) {
  const Common c = common_steps(b, e);
  if (c.step.size() < 4) return 0;
  const double last = c.b.back() - c.a.back();
  std::size_t i = c.step.size() - 1;
  while (i > 0 && (c.b[i - 1] - c.a[i - 1]) * last > 0) --i;
  return last != 0 && c.step[i] > 0.1 * c.step.back() ? c.step[i] : 0;
}

}  // namespace

Crossing crossing(const Sides& sides, const Budgets& budgets, const SeedNoise& noise) {
  Crossing out;
  const Curve b = mean_curve(sides.baseline), e = mean_curve(sides.experiment);
  if (b.size() < 4 || e.size() < 4) return out;
  // Read off single batches the sign of the difference flips to the end.
  if (!sides.baseline.runs.front().batches) out.observed_step = observed(b, e);
  const double end = std::min(b.step.back(), e.step.back());
  const bool together = std::abs(std::log(b.step.back() / e.step.back())) < 0.02;
  if (!together || !budgets.baseline.model.usable() || !budgets.experiment.model.usable()) return out;
  if (!closing(b, e, end)) return out;
  overtaking(paths(sides, budgets, noise, end), out);
  if (out.probability < kWorthSaying) return out;
  const bool experiment_behind = sides.orientation() * (e.value.back() - b.value.back()) > 0;
  out.why = fmt::format(
      "The gap is closing: the {} would overtake with probability {} within twice the budget, at step {} (80 % "
      "interval "
      "{} to {}) if it does.",
      experiment_behind ? "experiment" : "baseline", number(out.probability, 2), number(out.step, 3),
      number(out.step_low, 3), number(out.step_high, 3));
  return out;
}

}  // namespace expanalyze
