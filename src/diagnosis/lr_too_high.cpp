// D-02: the step is larger than curvature or noise tolerate.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnosis/case.hpp"
#include "diagnosis/readings.hpp"
#include "diagnosis/weigh.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

double peak_lr(const Run& run) {
  const Curve lr = finite(trajectory(run, Role::lr));
  return lr.empty() ? std::numeric_limits<double>::quiet_NaN() : *std::max_element(lr.value.begin(), lr.value.end());
}

/// How clearly more units died than in the baseline, 0 to 1.
double units_died(const Case& c) {
  const auto dead = [](const Run& run) { return last_of(run, Role::dead_fraction); };
  const double e = mean_over(c.experiment, dead), b = mean_over(c.baseline, dead);
  return std::isnan(e) || std::isnan(b) ? 0 : graded_above(e - b, 0.2);  // as in D-11
}

/// How clearly the run lost what a decay could have gained from, 0 to 1: collapsed attention, dead units, a failed run.
double damage(const Case& c) {
  return c.review.overall == Verdict::failed ? 1 : std::max(attention_sharpened(c), units_died(c));
}

/// The learning rate was raised: in the config, else in the logged schedule.
void raised(const Case& c, Scored& out) {
  const double logged = mean_over(c.experiment, peak_lr) / mean_over(c.baseline, peak_lr);
  const ConfigDifference* d = c.changed({"lr", "learning_rate", "max_lr", "peak_lr", "base_lr"});
  const auto change = number_change(d);
  const double factor = change && change->from > 0 ? change->to / change->from : logged;
  // Rates of different optimizers are in different units.
  if (std::isnan(factor) || c.changed({"opt", "optimizer", "optimizer_type", "optim"})) {
    out.missing_weight += kModerate;
    return;
  }
  out.slots["lr_factor"] = factor;
  if (factor > 1.05)
    out.evidence.push_back({change
                                ? fmt::format("the learning rate was raised: {}", say_change(*d))
                                : fmt::format("the logged peak learning rate is {}x the baseline's", number(factor, 3)),
                            exact(factor),
                            // Worse with nothing else changed: the change is the cause, the question is only how.
                            change && c.worse ? change_weight(c) : kModerate,
                            graded_above(factor, 1.3),
                            'e',
                            {place_of(*c.experiment.front(), Role::lr)}});
  if (const double sharp = attention_sharpened(c); factor > 1.05 && sharp > 0)
    out.evidence.push_back({"the attention logits outgrew the baseline's, as they do when steps are too long",
                            bare(sharp, "strength"),
                            kModerate,
                            sharp * graded_above(factor, 1.5),
                            'd',
                            {place_of(*c.experiment.front(), Role::attention_logit)}});
  if (const double died = units_died(c); factor > 1.05 && died > 0)
    out.evidence.push_back({"units died that live in the baseline, as they do when a step throws them too far",
                            bare(died, "strength"),
                            kModerate,
                            died * graded_above(factor, 1.5),
                            'd',
                            {place_of(*c.experiment.front(), Role::dead_fraction)}});
}

void decay_gain(const Case& c, Scored& out) {
  const LrStatistics& lr = c.lr;
  if (std::isnan(lr.r_gain)) {
    out.missing_weight += kStrong;
    return;
  }
  out.slots["r_gain"] = lr.r_gain;
  const bool raised_rate = out.slots.contains("lr_factor") && out.slots["lr_factor"] > 1.05;
  // An excess below the smallest certain difference of quality explains none. A run at the edge of stability differs so
  // much from seed to seed that this difference grows without bound: a twentieth of the baseline's level is the most.
  const double scale = std::min(c.gap_scale, 0.05 * std::abs(c.review.final_quality.baseline.value));
  const double certain = scale > 0 ? graded_above(lr.gain_e - lr.gain_b, scale) : 1;
  const Estimate value = bare(lr.r_gain, "between_seeds_1.03_to_1.09");
  if (lr.r_gain >= 1)
    out.evidence.push_back({fmt::format("the loss fell {} in the decay of the learning rate, {}x the baseline's {}",
                                        number(lr.gain_e, 3), number(lr.r_gain, 3), number(lr.gain_b, 3)),
                            value,
                            kStrong,
                            std::min(certain, graded_above(lr.r_gain, 1.5)),
                            'a',
                            {place_of(*c.experiment.front(), Role::train_loss)}});
  else
    out.evidence.push_back(
        {fmt::format("the decay of the learning rate gained only {}x what it gained the baseline ({} against {})",
                     number(lr.r_gain, 3), number(lr.gain_e, 3), number(lr.gain_b, 3)),
         value,
         -kStrong,
         graded_below(lr.r_gain, 0.8) * (raised_rate ? 1 - damage(c) : 1),
         0,
         {}});
}

/// Lost control at a learning rate that the baseline never used.
void lost_control(const Case& c, Scored& out, double factor) {
  for (std::size_t i = 0; i < c.experiment.size(); ++i) {
    const RunEnd& end = c.review.ends[c.baseline.size() + i];
    if (!end.first_non_finite || std::isfinite(end.final_value)) continue;
    const double share = end.last_step > 0 ? end.first_non_finite->step / end.last_step : 1;
    out.evidence.push_back(
        {fmt::format("the loss was no longer finite at step {}, {} into the run, at {}x the baseline's learning rate",
                     number(end.first_non_finite->step), percent(share, 2), number(factor, 3)),
         exact(end.first_non_finite->step),
         kStrong,
         graded_above(factor, 1.5),
         'c',
         {*end.first_non_finite}});
    return;
  }
}

Outcome detect(const Case& c) {
  Scored out;
  raised(c, out);
  decay_gain(c, out);
  const double factor = out.slots.contains("lr_factor") ? out.slots["lr_factor"] : 1;
  lost_control(c, out, factor);
  if (c.review.convergence.early == Convergence::Early::faster && c.worse)
    out.evidence.push_back(
        {fmt::format("it was ahead before step {} and behind at the end", number(c.review.convergence.to_step)),
         c.review.convergence.early_gap,
         kModerate,
         1,
         'b',
         {}});
  if (c.lr.r_sigma > 1.5)
    out.evidence.push_back(
        {fmt::format("batch-to-batch noise is {}x the baseline's: a smaller batch does that, a larger step does not",
                     number(c.lr.r_sigma, 3)),
         bare(c.lr.r_sigma, "within_run"),
         -kModerate,
         graded_above(c.lr.r_sigma, 1.5),
         0,
         {}});
  // The gain of the decay tells how much too large (D0.7): rho = R_g^0.8, within [1, 8]; else what the config says.
  // A run that was destroyed has no such gain: the rate that trained is known, so a quarter of the way from it to this
  // one in logs, at most three times it, is the next to try.
  const double rho = c.lr.r_gain > 1.2 ? std::clamp(std::pow(c.lr.r_gain, 0.8), 1.0, 8.0)
                     : factor > 1      ? factor / std::min(3.0, std::pow(factor, 0.25))
                                       : 1;
  out.slots["rho"] = rho;
  out.effect_share = 1;
  weigh_outcome(c, out);
  out.looked_at = fmt::format("gain of the decay {}, learning rate {}",
                              std::isnan(c.lr.r_gain) ? "not readable" : number(c.lr.r_gain, 3) + "x the baseline's",
                              out.slots.contains("lr_factor") ? number(factor, 3) + "x" : "not comparable");
  out.soul = c.lr.r_gain > 1.2
                 ? fmt::format(
                       "The step was about {}x too large: the run bounced above the valley until the learning rate "
                       "fell, gaining {} "
                       "in the decay against {} for the baseline.",
                       number(rho, 2), number(c.lr.gain_e, 3), number(c.lr.gain_b, 3))
                 : fmt::format(
                       "The step was too large: at {}x the baseline's learning rate the updates {}.", number(factor, 3),
                       c.review.overall == Verdict::failed ? "destroyed what had been learned" : "no longer descended");
  return out;
}

}  // namespace

constinit const Detector lr_too_high{.id = "lr_too_high", .prior = kCommon, .detect = detect, .doc = R"(
## What it looks for
A plateau that falls sharply once the learning rate falls (R_g > 1.5: the gain of the decay against the baseline's), a raised learning
rate in the config or in the logged schedule, a lead that turns into a deficit, a loss that stops being finite soon after the peak.
## Why it matters
It is the most common reason for a noisy, high plateau, and the cheapest to mend.
## False alarms and misses
A smaller batch gives the same gain, but also noisier batches (R_sigma > 1.5). A baseline that anneals further gains more by itself.
R_kappa alone varies between 0.9 and 1.6 from seed to seed and is not used.
## Reference
Science handbook D-02, D0.7 (measured on a noisy quadratic and on small networks).
)"};

}  // namespace expanalyze
