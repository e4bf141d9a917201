// D-31: it bought nothing and charged time.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnosis/batch.hpp"
#include "diagnosis/weigh.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

// Between seeds of one setting the time per step differed by up to 13 % in our own runs. One run a side must be beyond
// twice that; several, or the same named hardware, beyond a tenth.
constexpr double kSlowerAlone = 0.25, kSlower = 0.1;

double flops_per_step(const Runs& runs) {
  return mean_over(runs, [](const Run& run) {
    const Curve flops = spent(run, Axis::flops).curve;
    return flops.size() < 2 ? std::numeric_limits<double>::quiet_NaN()
                            : (flops.value.back() - flops.value.front()) / (flops.step.back() - flops.step.front());
  });
}

Outcome detect(const Case& c) {
  const Estimate& ratio = c.review.wall.ratio;
  if (!std::isfinite(ratio.value))
    return Untestable{{}, "a clock on both sides", "log the elapsed seconds with every record"};
  Scored out;
  out.slots = {{"step_time_ratio", ratio.value}, {"break_even", c.review.wall.break_even}};
  out.looked_at = fmt::format("time per step {}x the baseline's", number(ratio.value, 3));
  const bool certain = !std::isfinite(ratio.low) || ratio.low > 1.02;  // D-31
  if (ratio.value <= 1.02 || !certain) {
    out.evidence.push_back({fmt::format("{}: it is not slower", out.looked_at), ratio, -kStrong, 1, 0, {}});
    return out;
  }
  const double samples = batch_change(c).ratio();
  // A larger step takes longer by right: only time that its samples do not account for is lost.
  if (samples > 1.05)
    out.evidence.push_back({fmt::format("a step carried {}x the samples or tokens, at {}x the time each",
                                        number(samples, 3), number(ratio.value / samples, 3)),
                            exact(samples),
                            -kStrong,
                            1 - graded_above(ratio.value / samples, 1.05),
                            0,
                            {}});
  const bool several = c.baseline.size() > 1 && c.experiment.size() > 1;
  const double slower = several || c.review.wall.hardware_verified ? kSlower : kSlowerAlone;
  out.evidence.push_back(
      {fmt::format("a step took {} against {}, {}x as long", duration(c.review.wall.experiment_step_seconds.value),
                   duration(c.review.wall.baseline_step_seconds.value), number(ratio.value, 3)),
       ratio,
       kDecisive,
       graded_above(ratio.value - 1, slower),
       0,
       {place_of(*c.experiment.front(), Role::step_time)}});
  const double work = flops_per_step(c.experiment) / flops_per_step(c.baseline);
  // FLOPs are counted, not timed: work that samples do not account for is a cost on any machine.
  const double dearer = work / (samples > 1 ? samples : 1);
  if (dearer > 1.02)
    out.evidence.push_back({fmt::format("a step costs {}x the FLOPs{}", number(work, 3),
                                        samples > 1.05 ? fmt::format(" for {}x the samples", number(samples, 3)) : ""),
                            exact(work),
                            kStrong,
                            graded_above(dearer - 1, kSlower),
                            0,
                            {place_of(*c.experiment.front(), Role::flops)}});
  else if (std::abs(work - 1) < 0.01)
    out.evidence.push_back({"a step costs the same FLOPs: a busy machine looks the same",
                            exact(work),
                            -kModerate,
                            1 - graded_above(ratio.value - 1, kSlowerAlone),
                            0,
                            {}});
  const AxisVerdict& steps = on(c.review, Axis::step);
  if (c.better)
    out.evidence.push_back(
        {"the time bought something: it is better at equal steps", steps.difference, -kStrong, 1, 0, {}});
  else if (const double lead = -c.gap; lead > c.review.final_quality.sesoi)
    out.evidence.push_back(
        {fmt::format("it ends {} better, which is not resolved and may be what the cost bought", number(lead, 3)),
         steps.difference,
         -kStrong,
         graded_above(lead, std::max(0.5 * c.gap_scale, c.review.final_quality.sesoi)),
         0,
         {}});
  else if (c.worse)
    out.evidence.push_back(
        {"it is also worse at equal steps, which slowness does not explain", steps.difference, -kModerate, 1, 0, {}});
  if (const AxisVerdict& flops = on(c.review, Axis::flops); flops.verdict != Verdict::not_assessable && flops.ratio > 0)
    out.slots["flops_ratio"] = flops.ratio;
  if (!c.review.wall.hardware_verified && !(dearer > 1.02))
    out.evidence.push_back({"the logs do not say that both ran on the same hardware", exact(0), -kModerate, 1, 0, {}});
  out.effect_share = c.worse || c.better ? 0.2 : 1;
  out.soul = fmt::format("It bought nothing and charged {} more time per step.", percent(ratio.value - 1, 3));
  return out;
}

}  // namespace

constinit const Detector throughput_regression{
    .id = "throughput_regression", .prior = kCommon, .detect = detect, .doc = R"(
## What it looks for
A step that takes longer than the baseline's, with a final quality that is not better.
## Why it matters
The same seconds would have trained the baseline further.
## False alarms and misses
A step of more samples takes longer by right and counts against. Other hardware, shared machines, compilation and
logging slow a run too; stalls are clipped, and hardware that the logs do not name counts against.
## Reference
Science handbook D-31, B6.3, A1.
)"};

}  // namespace expanalyze
