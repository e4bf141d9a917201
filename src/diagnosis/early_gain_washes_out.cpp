// D-40: a head start, not a faster runner.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnosis/levels.hpp"
#include "diagnosis/weigh.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr double kHeadStart = 1.1;  // D-40
constexpr double kHalf = 0.5;       // of the head start is left at the last level that both reach

/// S(L) in steps; nullptr where no level is reached by both.
const SpeedupCurve* in_steps(const Review& review) {
  for (const auto& curve : review.convergence.speedup)
    if (curve.axis == Axis::step && curve.levels.size() >= 4) return &curve;
  return nullptr;
}

/// The largest speed-up over the first third of the levels, whose interval excludes 1; nullptr: none does.
const SpeedupCurve::At* head_start(const SpeedupCurve& curve) {
  const SpeedupCurve::At* best = nullptr;
  const std::size_t third = std::max<std::size_t>(2, curve.levels.size() / 3);
  for (std::size_t i = 0; i < std::min(third, curve.levels.size()); ++i) {
    const auto& at = curve.levels[i];
    if (at.speedup.low > 1 && (!best || at.speedup.value > best->speedup.value)) best = &at;
  }
  return best;
}

void weigh_decay(const Case& c, const SpeedupCurve& curve, const SpeedupCurve::At& first, Scored& out) {
  const auto& last = curve.levels.back();
  out.slots["speedup_early"] = first.speedup.value;
  out.slots["speedup_late"] = last.speedup.value;
  out.slots["level_early"] = first.level;
  const double left = std::log(last.speedup.value) / std::log(first.speedup.value);
  out.evidence.push_back(
      {fmt::format("at {} of {} the experiment was {}x as fast, at {}, the last that both reach, {}x",
                   number(first.level, 3), code_span(c.review.metric.name), with_interval(first.speedup, 3),
                   number(last.level, 3), with_interval(last.speedup, 3)),
       first.speedup,
       kStrong,
       graded_above(std::log(first.speedup.value), std::log(kHeadStart)) * graded_below(std::max(left, 0.0), kHalf),
       's',
       {{c.experiment.front()->label, c.review.metric.name, 0, first.experiment}}});
  const bool decays = curve.trend.high < 0;
  out.evidence.push_back({fmt::format("the speed-up {} with time: d ln S / d ln t = {}",
                                      decays ? "falls" : "does not fall for certain", with_interval(curve.trend, 2)),
                          curve.trend,
                          decays ? kModerate : -kStrong,
                          1,
                          0,
                          {}});
}

void weigh_end(const Case& c, Scored& out) {
  const AxisVerdict& end = on(c.review, Axis::step);
  if (end.verdict == Verdict::neutral)
    out.evidence.push_back(
        {fmt::format("nothing is left of it at the end: {} {}", signed_number(end.difference.value, 3),
                     interval(end.difference.low, end.difference.high, 3)),
         end.difference,
         kModerate,
         1,
         0,
         {}});
  else if (end.verdict == Verdict::regressed)
    out.evidence.push_back({fmt::format("at the end it is behind: {} {}", signed_number(end.difference.value, 3),
                                        interval(end.difference.low, end.difference.high, 3)),
                            end.difference,
                            kWeak,
                            1,
                            0,
                            {}});
}

/// What makes a run fast early and poor late, and is a fault of its own.
void weigh_rivals(const Case& c, Scored& out) {
  if (c.lr.r_gain > 1.2)
    out.evidence.push_back(
        {fmt::format("the decay of the learning rate gained {}x what it gained the baseline: steps that are too "
                     "large start fast as well",
                     number(c.lr.r_gain, 3)),
         bare(c.lr.r_gain, "between_seeds_1.03_to_1.09"),
         -kStrong,
         graded_above(c.lr.r_gain, 1.5),
         0,
         {}});
  const Levels l = final_levels(c);
  if (l.complete() && c.review.metric.role == Role::eval_loss && l.train_e < l.train_b - l.scale)
    out.evidence.push_back(
        {fmt::format("its training loss is still ahead at the end ({} against {}): the lead was not lost but "
                     "learned by heart",
                     number(l.train_e, 3), number(l.train_b, 3)),
         bare(l.train_e - l.train_b, "tail"),
         -kStrong,
         1,
         0,
         {place_of(*c.experiment.front(), Role::train_loss)}});
}

Outcome detect(const Case& c) {
  const SpeedupCurve* curve = in_steps(c.review);
  if (!curve)
    return Untestable{{},
                      "four levels of the metric that both sides reach",
                      "evaluate at least twenty times a run at the same steps, most of them in the first half"};
  Scored out;
  const auto* first = head_start(*curve);
  out.looked_at =
      fmt::format("speed-up at {} levels: {} at the first, {} at the last", curve->levels.size(),
                  number(curve->levels.front().speedup.value, 3), number(curve->levels.back().speedup.value, 3));
  // The intervals of single levels know the luck of a seed at its end, which is smaller than early in a run: of five
  // and five runs of one recipe on two machines (MLPerf BERT) they resolved 1.15x. The verdict of the early phase takes
  // the seed noise of that phase (B2.4), so both have to say so; where it has no verdict the interval has to clear 1.1.
  const Convergence::Early early = c.review.convergence.early;
  const bool faster = first && (early == Convergence::Early::faster ||
                                (early == Convergence::Early::not_assessable && first->speedup.low > kHeadStart));
  if (!faster) {
    out.evidence.push_back({fmt::format("a faster start is not resolved: {}", to_string(c.review.convergence.early)),
                            curve->levels.front().speedup,
                            -kDecisive,
                            1,
                            0,
                            {}});
    return out;
  }
  if (c.better) {
    out.evidence.push_back(
        {"it is ahead at the end as well", on(c.review, Axis::step).difference, -kDecisive, 1, 0, {}});
    return out;
  }
  weigh_decay(c, *curve, *first, out);
  weigh_end(c, out);
  weigh_rivals(c, out);
  // A lead that is gone explains a tie in full; that it became a deficit has another reason besides.
  out.effect_share = c.worse ? 0.4 : 1;
  out.soul = fmt::format("A head start, not a faster runner: {}x at {}, {}x at {}.", number(first->speedup.value, 3),
                         number(first->level, 3), number(curve->levels.back().speedup.value, 3),
                         number(curve->levels.back().level, 3));
  return out;
}

}  // namespace

constinit const Detector early_gain_washes_out{
    .id = "early_gain_washes_out", .prior = kCommon, .detect = detect, .doc = R"(
## What it looks for
An early phase that step 1 calls faster, and a speed-up S(L) above 1.1 with an interval that excludes 1 at the early levels of the metric; less than half of ln S left at the last level that both
reach; a trend d ln S / d ln t whose interval is below 0; no difference at the end.
## Why it matters
Most ideas that speed up the first quarter of training give nothing at its end: the baseline gets to the same place with the same steps.
## Formula
S(L) = steps of the baseline until L / steps of the experiment until L. A constant rate change keeps S, a head start of t0 steps has S = 1 + t0 / t.
## False alarms and misses
A schedule that stays high, and steps that are too large, start fast and end poorly: `schedule_mismatch` and `lr_too_high` go before this. A training loss
that keeps the lead speaks for overfitting. With a cosine to zero every pair of curves meets at the end in shares of the metric, so S is read in steps.
## Reference
Science handbook D-40, B2.3; Wen et al. 2025, arXiv:2509.02046.
)"};

}  // namespace expanalyze
