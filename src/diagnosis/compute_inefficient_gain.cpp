// D-32: better per step, worse per second or FLOP.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnosis/case.hpp"
#include "diagnosis/weigh.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

Outcome detect(const Case& c) {
  const AxisVerdict& flops = on(c.review, Axis::flops);
  const AxisVerdict& wall = on(c.review, Axis::wall);
  const AxisVerdict& dearer = flops.verdict != Verdict::not_assessable && flops.ratio > 1.05 ? flops : wall;
  if (flops.verdict == Verdict::not_assessable && wall.verdict == Verdict::not_assessable)
    return Untestable{{}, "a clock or FLOPs", "log elapsed seconds and cumulative FLOPs with every record"};
  Scored out;
  const auto say = [](const AxisVerdict& axis) {
    return axis.verdict == Verdict::not_assessable ? std::string("unknown") : number(axis.ratio, 3) + "x";
  };
  out.looked_at = fmt::format("cost against the baseline: FLOPs {}, time {}", say(flops), say(wall));
  if (dearer.ratio <= 1.05 || dearer.verdict == Verdict::not_assessable) return out;
  const std::string resource = &dearer == &flops ? "FLOPs" : "seconds";
  const Verdict steps = on(c.review, Axis::step).verdict;
  out.slots = {{"cost_ratio", dearer.ratio},
               {"net_gain", c.review.compute.net_gain.value},
               {"kappa", c.review.compute.kappa.value}};
  if (steps == Verdict::improved)
    out.evidence.push_back({fmt::format("better at equal steps by {}", number(std::abs(c.gap), 3)),
                            on(c.review, Axis::step).difference,
                            kModerate,
                            1,
                            0,
                            {}});
  else
    out.evidence.push_back({"it is not better at equal steps, so there is no gain to weigh",
                            on(c.review, Axis::step).difference,
                            c.worse ? -kDecisive - kStrong : -kStrong,
                            1,
                            0,
                            {}});
  const bool behind = dearer.verdict == Verdict::regressed;
  const bool level = dearer.verdict == Verdict::neutral;
  const bool open = dearer.verdict == Verdict::inconclusive;  // may still be a gain: less than proof of level
  out.evidence.push_back(
      {fmt::format("at equal {} ({}x spent in all) it is {}: {} {}", resource, number(dearer.ratio, 3),
                   to_string(dearer.verdict), signed_number(dearer.difference.value, 3),
                   interval(dearer.difference.low, dearer.difference.high, 3)),
       dearer.difference,
       behind  ? kDecisive
       : level ? kStrong
       : open  ? kModerate
               : -kStrong,
       1,
       0,
       {}});
  const Estimate& net = c.review.compute.net_gain;
  if (std::isfinite(net.value))
    out.evidence.push_back(
        {fmt::format("net of its cost the gain is worth {} of the baseline's compute", with_interval(net, 3)),
         net,
         net.high < 1    ? kModerate
         : net.low > 1   ? -kStrong
         : net.value < 1 ? kWeak
                         : -kWeak,
         1,
         0,
         {}});
  out.effect_share = steps == Verdict::improved ? 1 : 0.2;
  out.soul = fmt::format(
      "Better per step, not per {}: it spent {}x as much, and at equal {} it stands at {} against the baseline's {}.",
      resource == "FLOPs" ? "FLOP" : "second", number(dearer.ratio, 3), resource, number(dearer.experiment.value),
      number(dearer.baseline.value));
  return out;
}

}  // namespace

constinit const Detector compute_inefficient_gain{
    .id = "compute_inefficient_gain", .prior = kCommon, .detect = detect, .doc = R"(
## What it looks for
A gain at equal steps that is gone, or a loss, at equal FLOPs or seconds; the compute-equivalent gain net of the cost ratio.
## Why it matters
Training the baseline longer would have bought the same.
## False alarms and misses
At equal FLOPs the dearer run is read in the middle of its schedule, where it stands higher than a run planned to end there; the report says so.
Seconds compare only on the same hardware.
## Reference
Science handbook B5, B6, D-32; Davidson et al. 2023, arXiv:2312.07413.
)"};

}  // namespace expanalyze
