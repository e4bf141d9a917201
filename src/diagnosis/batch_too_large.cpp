// D-22: most of the batch bought no direction.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnosis/batch.hpp"
#include "diagnosis/levels.hpp"
#include "diagnosis/weigh.hpp"
#include "stats/descriptive.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// First step at which the metric, smoothed over three evaluations, is as good as `level`; NaN when it never is.
double step_to(const Run& run, const Case& c, double level) {
  const Curve curve = metric_curve(run, c.review.metric);
  const auto smooth = stats::running_median(curve.value, 3);
  for (std::size_t i = 0; i < smooth.size(); ++i) {
    if (c.sign * smooth[i] > c.sign * level) continue;
    if (i == 0) return curve.step[0];
    const double part = (level - smooth[i - 1]) / (smooth[i] - smooth[i - 1]);
    return curve.step[i - 1] + part * (curve.step[i] - curve.step[i - 1]);
  }
  return kNan;
}

/// Steps that the baseline needed for one of the experiment's, to the level at which the weaker side ended.
double steps_saved(const Case& c) {
  const auto end = [&](const Run& run) {
    const Curve curve = metric_curve(run, c.review.metric);
    return stats::median(std::span(curve.value).last(std::min<std::size_t>(3, curve.size())));
  };
  const double b = mean_over(c.baseline, end);
  const double e = mean_over(c.experiment, end);
  const double level = c.sign * b > c.sign * e ? b : e;
  const auto steps = [&](const Run& run) { return step_to(run, c, level); };
  const double saved = mean_over(c.baseline, steps) / mean_over(c.experiment, steps);
  return saved > 0 && std::isfinite(saved) ? saved : kNan;
}

/// S = S_min (1 + B*/B) (McCandlish et al. 2018, section 2): two batch sizes and the ratio s of their steps to one
/// level give B* = B_b (s - 1) / (1 - s B_b / B_e). No less than 0; infinite when the larger batch paid in full.
double critical_batch(const BatchChange& batch, double saved) {
  if (std::isnan(saved)) return kNan;
  if (saved >= batch.ratio()) return std::numeric_limits<double>::infinity();
  return std::max(0.0, batch.baseline * (saved - 1) / (1 - saved / batch.ratio()));
}

void weigh_waste(const BatchChange& batch, double saved, Scored& out) {
  const double critical = critical_batch(batch, saved);
  if (std::isnan(critical)) {
    out.missing_weight += kDecisive;
    return;
  }
  out.slots["steps_saved"] = saved;
  if (critical > 0 && std::isfinite(critical) && batch.unit != "epochs") out.slots["critical_batch"] = critical;
  const double waste = std::isinf(critical) ? 0 : batch.experiment / (batch.experiment + critical);
  out.slots["wasted_share"] = waste;
  out.effect_share = waste;
  out.evidence.push_back(
      {fmt::format(
           "{}x the batch saved a factor {} of the steps to the same level: {} of each step's compute bought no "
           "direction (B / (B + B*))",
           number(batch.ratio(), 3), number(saved, 3), percent(waste, 2)),
       bare(waste, "two_batch_sizes"),
       kDecisive,
       graded_above(waste / (1 - std::min(waste, 1 - 1e-9)), 2),
       'w',
       {}});
}

/// What the larger batch cost at equal data. Half the ideal saving of steps is what scaling up usually returns; the
/// mark of waste is steps that are hardly better than the small ones (D-22).
void weigh_price(const Case& c, double ratio, double saved, Scored& out) {
  const AxisVerdict& tokens = on(c.review, Axis::tokens);
  const AxisVerdict& dear = tokens.verdict != Verdict::not_assessable ? tokens : on(c.review, Axis::flops);
  if (dear.verdict == Verdict::not_assessable) {
    out.missing_weight += kStrong;
  } else if (dear.verdict == Verdict::regressed || dear.verdict == Verdict::failed) {
    const double used = std::isnan(saved) ? 1 : std::log(std::max(saved, 1.0)) / std::log(ratio);
    out.evidence.push_back(
        {fmt::format("at equal {} it is behind: {} {}", to_string(dear.axis), signed_number(dear.difference.value, 3),
                     interval(dear.difference.low, dear.difference.high, 3)),
         dear.difference,
         kStrong,
         graded_below(used, 0.25),
         'w',
         {}});
  } else {
    out.evidence.push_back({fmt::format("at equal {} it is {}: the larger batch cost nothing", to_string(dear.axis),
                                        to_string(dear.verdict)),
                            dear.difference,
                            -kStrong,
                            1,
                            0,
                            {}});
  }
}

Outcome detect(const Case& c) {
  const BatchChange batch = batch_change(c);
  const double ratio = batch.ratio();
  if (!std::isfinite(ratio)) return batch_unknown();
  Scored out;
  out.looked_at =
      fmt::format("a step took {} {} (baseline: {})", number(batch.experiment), batch.unit, number(batch.baseline));
  out.slots = {{"batch_ratio", ratio}, {"batch", batch.experiment}, {"batch_baseline", batch.baseline}};
  if (ratio < 1.25) {
    out.evidence.push_back(
        {fmt::format("{}: the batch is not larger", out.looked_at), exact(ratio), -kDecisive, 1, 0, {}});
    return out;
  }
  out.evidence.push_back({out.looked_at, exact(ratio), kModerate, graded_above(ratio, 1.7), 0, {}});
  const double saved = steps_saved(c);
  weigh_waste(batch, saved, out);
  weigh_price(c, ratio, saved, out);
  // Linear for SGD, root for Adam (E12): below the root of the ratio it was not scaled at all.
  if (const double lr = peak_lr_ratio(c); std::isnan(lr))
    out.missing_weight += kModerate;
  else if (lr < 0.5 * (1 + std::sqrt(ratio)))
    out.evidence.push_back(
        {fmt::format("the learning rate was not scaled with the batch ({}x for {}x): a larger step might have used it",
                     number(lr, 3), number(ratio, 3)),
         exact(lr),
         -kModerate,
         1,
         0,
         {place_of(*c.experiment.front(), Role::lr)}});
  out.soul = fmt::format("Each step used {} {} where the baseline's used {}{}.", number(batch.experiment), batch.unit,
                         number(batch.baseline),
                         out.slots.contains("wasted_share")
                             ? fmt::format(", and {} of it bought no direction", percent(out.slots["wasted_share"], 2))
                             : " and did not go as much further");
  return out;
}

}  // namespace

constinit const Detector batch_too_large{.id = "batch_too_large", .prior = kOccasional, .detect = detect, .doc = R"(
## What it looks for
More tokens or samples a step than in the baseline, that save fewer steps than they cost: with the steps both sides needed to one level the
critical batch B* follows from S = S_min (1 + B*/B), and B / (B + B*) of the compute is waste.
## Why it matters
The same tokens in smaller steps would have gone further.
## False alarms and misses
A learning rate that was not scaled with the batch looks the same; the log tells the ratio and it counts against. Schedules of different
length make the steps to a level incomparable.
## Reference
Science handbook D-22, E12; McCandlish et al. 2018, arXiv:1812.06162.
)"};

}  // namespace expanalyze
