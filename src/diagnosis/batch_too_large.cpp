// D-22: most of the batch bought no direction.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnosis/batch.hpp"
#include "diagnosis/weigh.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Steps that the baseline needed for one of the experiment's, at the deepest level that both reached; 1 when they are
/// level.
double steps_saved(const Case& c) {
  for (auto it = c.review.convergence.levels.rbegin(); it != c.review.convergence.levels.rend(); ++it)
    if (std::isfinite(it->speedup) && it->speedup > 0) return it->speedup;
  return on(c.review, Axis::step).verdict == Verdict::neutral ? 1 : kNan;
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
  weigh_waste(batch, steps_saved(c), out);
  const AxisVerdict& tokens = on(c.review, Axis::tokens);
  const AxisVerdict& dear = tokens.verdict != Verdict::not_assessable ? tokens : on(c.review, Axis::flops);
  if (dear.verdict == Verdict::not_assessable)
    out.missing_weight += kStrong;
  else if (dear.verdict == Verdict::regressed || dear.verdict == Verdict::failed)
    out.evidence.push_back(
        {fmt::format("at equal {} it is behind: {} {}", to_string(dear.axis), signed_number(dear.difference.value, 3),
                     interval(dear.difference.low, dear.difference.high, 3)),
         dear.difference,
         kStrong,
         1,
         'w',
         {}});
  else
    out.evidence.push_back({fmt::format("at equal {} it is {}: the larger batch cost nothing", to_string(dear.axis),
                                        to_string(dear.verdict)),
                            dear.difference,
                            -kStrong,
                            1,
                            0,
                            {}});
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
