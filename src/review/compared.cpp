#include "review/compared.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "review/final_value.hpp"
#include "stats/descriptive.hpp"
#include "store/alignment.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

Estimate mean_estimate(const std::vector<double>& values, double sd, double within, double t) {
  Estimate e;
  e.n = values.size();
  e.value = stats::mean(values);
  const double half = t * std::sqrt(sd * sd / static_cast<double>(std::max<std::size_t>(1, values.size())) + within);
  if (std::isfinite(half)) {
    e.low = e.value - half;
    e.high = e.value + half;
  }
  if (values.size() == 1) e.notes.push_back("one_seed");
  return e;
}

/// value_at() for steps that come in order: `at` goes along with them.
double amount_at(const Curve& axis, double step, std::size_t& at) {
  while (axis.step[at] < step) ++at;
  if (axis.step[at] == step) return axis.value[at];
  const double share = (step - axis.step[at - 1]) / (axis.step[at] - axis.step[at - 1]);
  return axis.value[at - 1] + share * (axis.value[at] - axis.value[at - 1]);
}

/// A metric curve against another axis. An evaluation after the last record of the axis has that record's amount; of
/// several with one amount the last stands, and no line leads to it: it is the run's own final value.
Curve against(const RunView& view, const Spent& axis) {
  const Curve& metric = view.known();
  Curve out;
  if (axis.curve.empty()) return out;
  for (auto* column : {&out.step, &out.value}) column->reserve(metric.size());
  out.line.reserve(metric.size());
  std::size_t b = 0, at = 0;
  for (std::size_t i = 0; i < metric.size(); ++i) {
    const double step = std::clamp(metric.step[i], axis.curve.step.front(), axis.curve.step.back());
    const double x = amount_at(axis.curve, step, at);
    if (!std::isfinite(x) || (!out.empty() && x < out.step.back())) continue;
    bool broken = false;
    for (; b < metric.breaks.size() && metric.breaks[b] <= metric.step[i]; ++b) broken = true;
    if (!out.empty() && x == out.step.back()) {
      if (step == metric.step[i]) continue;
      out.step.pop_back(), out.value.pop_back(), out.line.pop_back();
      broken = true;
    }
    if (broken && (out.breaks.empty() || out.breaks.back() < x)) out.breaks.push_back(x);
    out.step.push_back(x);
    out.value.push_back(metric.value[i]);
    out.line.push_back(metric.line[i]);
  }
  return out;
}

/// The first step from which the learning rate stays below nine tenths of its highest; inf when it does not fall.
double annealing_start(const Curve& lr) {
  constexpr double kFallen = 0.9;
  if (lr.empty()) return std::numeric_limits<double>::infinity();
  const double high = kFallen * *std::max_element(lr.value.begin(), lr.value.end());
  std::size_t below = lr.size();
  while (below > 0 && lr.value[below - 1] < high) --below;
  return below < lr.size() ? lr.step[below] : std::numeric_limits<double>::infinity();
}

}  // namespace

const OnAxis& RunView::on(Axis axis) const {
  auto& kept = on_[static_cast<std::size_t>(axis)];
  if (kept) return *kept;
  if (axis == Axis::step) return kept.emplace(OnAxis{finite(metric), annealing_start(lr())});
  const Spent& along = spent(axis);
  Curve curve = against(*this, along);
  const double from = on(Axis::step).annealing_from;
  const double there = std::isfinite(from) ? value_at(along.curve, from) : from;
  return kept.emplace(OnAxis{std::move(curve), there});
}

std::vector<double> totals(const Side& side, Axis axis) {
  std::vector<double> out;
  for (const RunView* view : side.standing()) {
    const Curve& curve = view->on(axis).curve;
    if (curve.empty() && axis == Axis::step) continue;
    if (curve.empty()) return {};
    out.push_back(curve.step.back());
  }
  return out;
}

double run_value_at(const RunView& view, Axis axis, double x, double slack) {
  const OnAxis& on = view.on(axis);
  return on.curve.empty() ? std::numeric_limits<double>::quiet_NaN()
                          : reading(view, on.curve, axis, x, slack, on.annealing_from);
}

std::vector<double> values_at(const Side& side, Axis axis, double x, double slack) {
  std::vector<double> out;
  for (const RunView* view : side.standing())
    if (const double value = run_value_at(*view, axis, x, slack); std::isfinite(value)) out.push_back(value);
  return out;
}

bool experiment_failed(const Sides& sides, std::string& why) {
  std::size_t failed = 0;
  for (const auto& view : sides.experiment.runs) {
    if (!view.end.failed) continue;
    if (failed++ == 0) why = fmt::format("{}: {}", code_span(view.run->label), view.end.failure);
  }
  return 2 * failed > sides.experiment.runs.size();
}

Verdict lattice(const stats::TwoSample& test, double sesoi, double orientation) {
  if (stats::equivalent(test, sesoi)) return Verdict::neutral;
  if (!(test.low95 > 0) && !(test.high95 < 0)) return Verdict::inconclusive;
  return orientation * test.difference < 0 ? Verdict::improved : Verdict::regressed;
}

Compared compare_values(const std::vector<double>& baseline, const std::vector<double>& experiment,
                        const SeedNoise& noise, double sesoi, double orientation, bool identical, double scale) {
  Compared out;
  if (baseline.empty() || experiment.empty()) return out;
  const bool seeds = baseline.size() + experiment.size() > 2;
  stats::SeedPrior prior = noise.prior;
  prior.scale *= scale;
  const double own_df = static_cast<double>(baseline.size() + experiment.size()) - 2;
  // Spread that was seen, between these seeds or those of the controls, holds the noise within the runs already.
  const double believed = noise.control_runs > 0 || !(prior.df > 0) ? 0 : prior.df / (prior.df + own_df);
  const double unit = believed * prior.scale * prior.scale;
  out.test = stats::moderated_t(baseline, experiment, prior, noise.within * unit);
  const auto& t = out.test;
  const double quantile = t.se > 0 ? (t.high95 - t.difference) / t.se : 0;
  out.baseline = mean_estimate(baseline, t.sd, noise.within_baseline * unit, quantile);
  out.experiment = mean_estimate(experiment, t.sd, noise.within_experiment * unit, quantile);
  out.difference = {t.difference, t.low95, t.high95, 0.95, baseline.size() + experiment.size(), {}};
  if (!seeds)
    out.difference.notes.push_back(noise.prior.scale <= 0   ? "no_seed_sd"
                                   : noise.control_runs > 0 ? "control_seed_sd"
                                                            : "prior_seed_sd");
  if (identical && t.difference == 0) {
    // The same numbers to the last digit: nothing was changed, so there is no luck to allow for.
    out.difference.low = out.difference.high = 0;
    out.difference.notes = {"identical"};
    out.equivalent = true;
    out.verdict = Verdict::neutral;
    return out;
  }
  if (!seeds && noise.prior.scale <= 0) {
    out.verdict = Verdict::inconclusive;
    return out;
  }
  out.equivalent = stats::equivalent(t, sesoi);
  out.verdict = lattice(t, sesoi, orientation);
  return out;
}

}  // namespace expanalyze
