// D-14: the normaliser of the output softmax drifts away from what the loss can see.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnosis/levels.hpp"
#include "diagnosis/readings.hpp"
#include "diagnosis/weigh.hpp"
#include "stats/trend.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr double kLevel = 10, kDrift = 5;  // D-14
// A confident model has large logits and log Z near 0 only by luck of the offset, so a level counts by what it has
// above the baseline's.
constexpr double kAgainstBaseline = 2;
constexpr double kLogit = 50;  // as D-13: bf16 has a spacing of .25 to .5 there

struct Drift {
  double change = 0;  ///< over the second half, from the slope
  bool certain = false;
};

/// Theil-Sen over the second half, so that the fast start of every log Z is left out.
Drift drift_of(const Run& run, Role role) {
  Curve curve = finite(trajectory(run, role));
  if (curve.empty()) return {};
  curve = between(curve, 0.5 * curve.step.back(), curve.step.back());
  if (curve.size() < 8) return {};
  const auto slope = stats::theil_sen(curve.step, curve.value);
  const double span = curve.step.back() - curve.step.front();
  return {slope.slope * span, slope.low > 0 || slope.high < 0};
}

double level(const Run& run) { return std::abs(last_of(run, Role::log_z)); }
double drift(const Run& run) { return std::abs(drift_of(run, Role::log_z).change); }
double logit(const Run& run) { return last_of(run, Role::output_logit); }

void weigh_level(const Case& c, Scored& out) {
  const double e = mean_over(c.experiment, level), b = mean_over(c.baseline, level);
  out.slots["log_z"] = mean_over(c.experiment, [](const Run& run) { return last_of(run, Role::log_z); });
  out.slots["log_z_baseline"] = mean_over(c.baseline, [](const Run& run) { return last_of(run, Role::log_z); });
  const Place where = place_at_end(*c.experiment.front(), Role::log_z);
  const std::string text =
      fmt::format("log Z ends at {}{}", number(out.slots["log_z"], 3), against_baseline(out.slots["log_z_baseline"]));
  out.looked_at = text;
  const double against = std::isnan(b) ? 2 * kAgainstBaseline : e / std::max(b, 1.0);
  if (e < 0.5 * kLevel || against < 0.75 * kAgainstBaseline)
    out.evidence.push_back({text, over_seeds(c.experiment, level), -kStrong, 1, 0, {where}});
  else
    out.evidence.push_back({text,
                            over_seeds(c.experiment, level),
                            kStrong,
                            graded_above(e, kLevel) * graded_above(against, kAgainstBaseline),
                            0,
                            {where}});
  if (std::isnan(b)) out.missing_weight += kModerate;
}

void weigh_drift(const Case& c, Scored& out) {
  const double e = mean_over(c.experiment, drift), b = mean_over(c.baseline, drift);
  const bool certain = std::all_of(c.experiment.begin(), c.experiment.end(),
                                   [](const Run* run) { return drift_of(*run, Role::log_z).certain; });
  if (!certain || e < 0.5 * kDrift) return;
  out.evidence.push_back(
      {fmt::format("over the second half it moves by {}{} and has not come to rest", number(e, 3), against_baseline(b)),
       over_seeds(c.experiment, drift),
       kModerate,
       graded_above(e, kDrift) * (b > 0 ? graded_above(e / b, kAgainstBaseline) : 1),
       0,
       {place_at_end(*c.experiment.front(), Role::log_z)}});
}

/// log Z >= the largest logit: without log Z it bounds the level from below, and says nothing of an offset downward.
void weigh_logit(const Case& c, Scored& out) {
  const double e = mean_over(c.experiment, logit), b = mean_over(c.baseline, logit);
  if (std::isnan(e)) return;
  out.slots["output_logit"] = e;
  const std::string text = fmt::format("the largest output logit ends at {}{}", number(e, 3), against_baseline(b));
  if (out.looked_at.empty()) out.looked_at = text;
  const double against = b > 0 ? e / b : 2 * kAgainstBaseline;
  const bool high = e > 0.5 * kLogit && against > 0.75 * kAgainstBaseline;
  out.evidence.push_back({text,
                          over_seeds(c.experiment, logit),
                          high ? kStrong : -kModerate,
                          high ? graded_above(e, kLogit) * graded_above(against, kAgainstBaseline) : 1,
                          0,
                          {place_at_end(*c.experiment.front(), Role::output_logit)}});
}

/// The instability that it brings comes late (Wortsman et al. 2023).
void weigh_late_spikes(const Case& c, Scored& out) {
  const auto late = [](const std::vector<RunEvents>& runs) {
    std::vector<Place> where;
    for (const RunEvents& run : runs)
      for (const SpikeEvent& spike : run.spikes)
        if (spike.place.step >= 0.5 * last_step(*run.run)) where.push_back(spike.place);
    return where;
  };
  const auto e = late(c.experiment_events), b = late(c.baseline_events);
  if (e.size() <= b.size()) return;
  out.evidence.push_back(
      {fmt::format("{} spikes of the training loss in the second half (baseline: {})", e.size(), b.size()),
       exact(static_cast<double>(e.size())), kWeak, 1, 0, e});
}

Outcome detect(const Case& c) {
  const bool has_z = logs(c.experiment, Role::log_z), has_logit = logs(c.experiment, Role::output_logit);
  if (!has_z && !has_logit)
    return Untestable{{},
                      "log Z of the output softmax, or its largest logit",
                      "log the mean of logsumexp(logits) on each training batch, every 50 steps"};
  Scored out;
  if (has_z) {
    weigh_level(c, out);
    weigh_drift(c, out);
  } else {
    out.missing_weight += kStrong + kModerate;
  }
  if (has_logit) weigh_logit(c, out);
  weigh_late_spikes(c, out);
  out.effect_share = 0.7;
  weigh_outcome(c, out);
  out.soul =
      has_z ? fmt::format(
                  "The normaliser ran away (log Z = {}{}): precision went into an offset that the loss cannot "
                  "see.",
                  number(out.slots["log_z"], 3), against_baseline(out.slots["log_z_baseline"]))
            : fmt::format("The output logits ran away, to {}: precision went into a scale that the loss hardly sees.",
                          number(out.slots["output_logit"], 3));
  return out;
}

}  // namespace

constinit const Detector output_logit_drift{.id = "output_logit_drift", .prior = kRare, .detect = detect, .doc = R"(
## What it looks for
|log Z| above 10 at the end and twice the baseline's; a log Z that still moves by 5 or more over the second half; without it a largest output
logit above 50 and twice the baseline's; spikes of the loss late in training.
## Why it matters
The softmax does not change when all logits move together, so nothing in the loss holds the offset. In 16-bit formats a large offset is paid for
with the precision of the differences, and the steps that follow are noise.
## Formula
log Z = ln sum exp(logit). A penalty of 1e-4 (log Z)^2 has the gradient 2e-4 log Z softmax(logit): at log Z = 10 it pulls with 0.002.
## False alarms and misses
Confident models have large logits at a normal loss: the baseline's are as large. A log Z that falls from ln(classes) to 0 in the first steps is
healthy. Negative drift cannot be seen in the largest logit. Attention and router logits are other signals (`attention_logit_growth`).
## Reference
Science handbook D-14, E14; Chowdhery et al. 2022, arXiv:2204.02311, section 5; Wortsman et al. 2023, arXiv:2309.14322.
)"};

}  // namespace expanalyze
