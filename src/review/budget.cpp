#include "review/budget.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "stats/descriptive.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

// The in-run slope overstates the price of a budget 2.5 to 3 times, because a complete shorter run would have annealed
// (B6.1). The truth lies between the slope and a third of it; the middle is their geometric mean.
constexpr double kOverstated = 3;
// Prices measured on complete runs scatter by this log-s.d. about their mean (B5: five pairs of budgets).
constexpr double kPriceScatter = 0.25;
constexpr double kTenth = 1.1;
// Beyond twice the budget nothing is said by a price (B6.2, C5), beyond four times nothing by a law: it was measured
// to three times (a cosine run of 72 k steps planned to end at 24 k, error 0.13 to 0.25 %).
constexpr double kFarthestAlongPrice = 2, kFarthestByLaw = 4;

/// (ii) of B5: the law, planned to end a tenth earlier and a tenth later.
Elasticity price_by_law(const CurveModel& model) {
  const double earlier = model.last / kTenth, later = model.last * kTenth;
  const double span = 2 * std::log(kTenth);
  const auto before = model.schedule.planned_to_end_at(model.schedule.end() / kTenth);
  const auto behind = model.schedule.planned_to_end_at(model.schedule.end() * kTenth);
  const double fall = std::log(model.law.at(before, earlier) / model.law.at(behind, later)) / span;
  const double sd = std::sqrt(model.law.log_change_variance(before, earlier, behind, later)) / span;
  if (!(fall > 0)) return {bare(std::numeric_limits<double>::quiet_NaN(), "does_not_improve"), {}};
  const double log_sd = std::hypot(sd / fall, kPriceScatter);
  const double kappa = fall * model.end_value;
  Estimate out{kappa, kappa * std::exp(-1.96 * log_sd), kappa * std::exp(1.96 * log_sd), 0.95, model.points, {"law"}};
  return {out, model.name() + ", planned to end 10 % earlier and later"};
}

double slope_of_last_efold(const Side& side, double sign, std::size_t& runs) {
  double sum = 0;
  for (const auto& view : side.runs) {
    const Curve& curve = view.known();
    if (curve.empty()) continue;
    const double end = curve.step.back(), from = std::max(second_step(curve), end / std::exp(1.0));
    const double fall = sign * (value_at(curve, from) - curve.value.back()) / std::log(end / from);
    if (!std::isfinite(fall)) continue;
    sum += fall;
    ++runs;
  }
  return sum / static_cast<double>(std::max<std::size_t>(1, runs));
}

Elasticity price_by_slope(const Side& side, double sign, const std::string& name) {
  std::size_t runs = 0;
  const double fall = slope_of_last_efold(side, sign, runs);
  if (runs == 0 || !(fall > 0))
    return {bare(std::numeric_limits<double>::quiet_NaN(), "does_not_improve", runs), "the curve does not improve"};
  return {{fall / std::sqrt(kOverstated), fall / kOverstated, fall, 0.95, runs, {"in_run_slope"}},
          fmt::format("the fall of {} over the last e-fold of steps, of which a complete shorter run would have lost a "
                      "third to all",
                      code_span(name))};
}

/// ln or plain change of the longer side's end, and its variance, for a budget smaller by `ratio`.
struct Shift {
  double value = 0, variance = 0;
  std::string how;
};

std::optional<Shift> shift_of(const Budget& budget, double level, double ratio, double sign) {
  if (budget.model.usable() && ratio <= kFarthestByLaw) {
    const LogChange change = planned_change(budget.model, budget.model.last / ratio);
    return Shift{level * std::expm1(change.value), level * level * change.variance, "by " + budget.model.name()};
  }
  const Estimate& kappa = budget.price.kappa;
  if (!std::isfinite(kappa.value) || ratio > kFarthestAlongPrice) return std::nullopt;
  const double far = std::log(ratio);
  const double sd = far * (kappa.high - kappa.low) / (2 * 1.96);
  return Shift{sign * kappa.value * far, sd * sd,
               fmt::format("by a price of {} an e-fold of budget ({})", with_interval(kappa, 2), budget.price.source)};
}

/// The law's own doubt is known from many points: it joins the seeds' t interval as a normal one, in quadrature.
void judge_planned(const stats::TwoSample& seeds, double law_sd, double sesoi, double sign, Planned& out) {
  stats::TwoSample t = seeds;
  const double half95 = std::hypot(t.high95 - t.difference, 1.96 * law_sd);
  const double half90 = std::hypot(t.high90 - t.difference, 1.645 * law_sd);
  t.low95 = t.difference - half95;
  t.high95 = t.difference + half95;
  t.low90 = t.difference - half90;
  t.high90 = t.difference + half90;
  out.difference = {t.difference, t.low95, t.high95, 0.95, 0, {"budget_adjusted"}};
  out.verdict = std::isfinite(t.low95) ? lattice(t, sesoi, sign) : Verdict::inconclusive;
}

std::string why_none(const Budget& budget, double ratio) {
  if (!std::isfinite(budget.price.kappa.value)) return budget.price.source;
  if (budget.model.usable())
    return fmt::format("it spent {} times as much, and laws were tested to {} times", number(ratio, 2),
                       number(kFarthestByLaw));
  return fmt::format("it spent {} times as much, and without a law nothing is said beyond {} times ({})",
                     number(ratio, 2), number(kFarthestAlongPrice), budget.model.refusal);
}

}  // namespace

double second_step(const Curve& curve) { return curve.size() > 1 ? std::max(curve.step[1], 1.0) : 0; }

Budget budget_of(const Side& side, const Metric& metric, double sign) {
  Budget out;
  if (std::all_of(side.runs.begin(), side.runs.end(), [](const RunView& view) { return view.end.failed; })) {
    out.model.refusal = out.price.source = "its runs failed";
    out.price.kappa = bare(std::numeric_limits<double>::quiet_NaN(), "failed", 0);
    return out;
  }
  out.model = curve_model(side, metric);
  if (out.model.usable()) out.price = price_by_law(out.model);
  if (!std::isfinite(out.price.kappa.value)) out.price = price_by_slope(side, sign, metric.name);
  return out;
}

Planned planned_to_end(const Overrun& overrun, const Budget& longer, const SeedNoise& noise, double sesoi,
                       double sign) {
  Planned out;
  out.difference = bare(std::numeric_limits<double>::quiet_NaN(), "no_law_and_no_price", 0);
  auto ends = values_at(overrun.longer, Axis::step, overrun.longer.last_metric_step());
  const auto others = values_at(overrun.shorter, Axis::step, overrun.shorter.last_metric_step());
  if (ends.empty() || others.empty()) return out;
  const double end = stats::mean(ends);
  const auto shift = shift_of(longer, end, overrun.ratio, sign);
  if (!shift) {
    out.how = why_none(longer, overrun.ratio);
    return out;
  }
  out.value = end + shift->value;
  // A rate that has fallen does no worse than the reading with it still high.
  if (sign * (out.value - overrun.reading) > 0 && sign * (overrun.reading - end) > 0) out.value = overrun.reading;
  for (double& v : ends) v += out.value - end;
  out.how = shift->how;
  const auto& b = overrun.longer_is_baseline ? ends : others;
  const auto& e = overrun.longer_is_baseline ? others : ends;
  const double within = noise.within * noise.prior.scale * noise.prior.scale;
  judge_planned(stats::moderated_t(b, e, noise.prior), std::sqrt(shift->variance + within), sesoi, sign, out);
  out.difference.n = b.size() + e.size();
  return out;
}

}  // namespace expanalyze
