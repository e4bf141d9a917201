// D-23: noise, not curvature, set the floor.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnosis/batch.hpp"
#include "diagnosis/weigh.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

void weigh_noise(const Case& c, double ratio, Scored& out) {
  const double sigma = c.lr.r_sigma;
  // The mean of B losses has a standard deviation of B^-1/2 (E12): the batch was really that small, and it shows.
  const double expected = 1 / std::sqrt(ratio);
  if (std::isnan(sigma)) {
    out.missing_weight += kStrong;
    return;
  }
  const double off = std::abs(std::log(sigma / expected));
  out.slots["noise_ratio"] = sigma;
  out.evidence.push_back(
      {fmt::format("the loss of a step scatters {}x as much as the baseline's; a batch of this size predicts {}x",
                   number(sigma, 3), number(expected, 3)),
       bare(sigma, "mad_of_detrended_log_loss"),
       kStrong,
       std::min(graded_above(sigma, 1.5), graded_below(off, std::log(2.0))),
       'n',
       {place_of(*c.experiment.front(), Role::train_loss)}});
  if (c.lr.r_gain > 1)
    out.evidence.push_back({fmt::format("annealing, which averages noise away, gained {}x as much as in the baseline",
                                        number(c.lr.r_gain, 3)),
                            bare(c.lr.r_gain, "ratio"),
                            kModerate,
                            graded_above(c.lr.r_gain, 1.5),
                            'n',
                            {}});
}

Outcome detect(const Case& c) {
  const BatchChange batch = batch_change(c);
  const double ratio = batch.ratio();
  if (!std::isfinite(ratio)) return batch_unknown();
  Scored out;
  out.slots = {{"batch_ratio", ratio}, {"batch", batch.experiment}, {"batch_baseline", batch.baseline}};
  out.looked_at =
      fmt::format("a step took {} {} (baseline: {})", number(batch.experiment), batch.unit, number(batch.baseline));
  if (ratio > 0.8) {
    out.evidence.push_back(
        {fmt::format("{}: the batch is not smaller", out.looked_at), exact(ratio), -kDecisive, 1, 0, {}});
    return out;
  }
  out.evidence.push_back({fmt::format("{}: {}x as much signal a step", out.looked_at, number(ratio, 3)),
                          exact(ratio),
                          kModerate,
                          graded_below(ratio, 0.6),
                          0,
                          {}});
  weigh_noise(c, ratio, out);
  const AxisVerdict& tokens = on(c.review, Axis::tokens);
  const AxisVerdict& flops = on(c.review, Axis::flops);
  const AxisVerdict& equal_data = tokens.verdict != Verdict::not_assessable ? tokens : flops;
  if (c.worse && equal_data.verdict != Verdict::not_assessable) {
    const bool level = equal_data.verdict != Verdict::regressed && equal_data.verdict != Verdict::failed;
    // Equal per token and worse per step is exactly the price of a batch below the critical one.
    if (level)
      out.evidence.push_back(
          {fmt::format("worse at equal steps, {} at equal {}: steps of so few {} carried that much less",
                       to_string(equal_data.verdict), to_string(equal_data.axis), batch.unit),
           equal_data.difference,
           kModerate,
           1,
           0,
           {}});
  }
  if (const double lr = peak_lr_ratio(c); std::isfinite(lr) && lr < 1.5 * ratio)
    out.evidence.push_back({fmt::format("the learning rate was lowered with the batch, to {}x", number(lr, 3)),
                            exact(lr),
                            -kModerate,
                            1,
                            0,
                            {}});
  out.effect_share = 1;
  weigh_outcome(c, out);
  out.soul =
      fmt::format("Noise, not curvature, set the floor: each step averaged {} {} where the baseline's averaged {}{}.",
                  number(batch.experiment), batch.unit, number(batch.baseline),
                  c.lr.r_sigma > 1 ? fmt::format(", and its loss scattered {}x as much", number(c.lr.r_sigma, 3)) : "");
  return out;
}

}  // namespace

constinit const Detector batch_too_small{.id = "batch_too_small", .prior = kOccasional, .detect = detect, .doc = R"(
## What it looks for
Fewer tokens or samples a step than in the baseline (from the log's own counter), a loss that scatters more by the root of that ratio, and a
larger gain from annealing.
## Why it matters
Below the critical batch B* a run needs 1 + B*/B times the least number of steps; at equal steps it must lose.
## False alarms and misses
A step size too large also gains much in annealing, but scatters hardly more. Without a gradient noise scale the critical batch is unknown;
both runs could be below it.
## Reference
Science handbook D-23, E12; McCandlish et al. 2018, arXiv:1812.06162.
)"};

}  // namespace expanalyze
