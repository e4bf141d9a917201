// D-12: units at the bounds of their nonlinearity, where the derivative is next to nothing.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "diagnosis/levels.hpp"
#include "diagnosis/readings.hpp"
#include "diagnosis/weigh.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr double kShare = 0.5;  // D-12
// Healthy tanh networks of the closed loop end with a fifth to a quarter of their units beyond 0.97, so a share counts
// by what it has above the baseline's.
constexpr double kAboveBaseline = 0.2;
constexpr double kPreActivation = 5;  // D-12: tanh'(5) = 2e-4
constexpr double kQuiet = 0.5;        // of the baseline's gradient

double final_share(const Run& run) { return last_of(run, Role::saturated_fraction); }

double onset(const Run& run) { return stays_above_from(run, Role::saturated_fraction, kShare); }

/// RMS of what goes into the nonlinearity: its name says so, "preact_rms".
const Series* pre_activation(const Run& run) {
  for (const Series* s : find_all(run, Role::activation_scale))
    for (const std::string_view word : {"preact", "pre_act", "preactivation", "pre_activation"})
      if (s->logged_as.find(word) != std::string::npos) return s;
  return nullptr;
}

double pre_activation_end(const Run& run) {
  const Series* series = pre_activation(run);
  const Curve curve = series ? finite(trajectory(run, *series)) : Curve{};
  return curve.empty() ? std::numeric_limits<double>::quiet_NaN() : median_between(curve, 0.9, 1);
}

/// Only a nonlinearity with bounds can be at them.
bool bounded(const Run& run) {
  static constexpr std::array<std::string_view, 4> keys{"act", "activation", "activation_function", "nonlinearity"};
  const std::string* name = config_text(run, keys);
  return name && (name->find("tanh") != std::string::npos || name->find("sigmoid") != std::string::npos ||
                  name->find("softsign") != std::string::npos);
}

void weigh_share(const Case& c, double share, Scored& out) {
  const double baseline = mean_over(c.baseline, final_share);
  const double excess = share - (std::isnan(baseline) ? 0 : baseline);
  out.slots["saturated_share"] = share;
  out.slots["saturated_share_baseline"] = baseline;
  const std::string text =
      fmt::format("{} of the units stand at their bounds at the end{}", percent(share, 3),
                  std::isnan(baseline) ? "" : fmt::format(" (baseline: {})", percent(baseline, 3)));
  out.looked_at = text;
  const Place where = place_at_end(*c.experiment.front(), Role::saturated_fraction);
  if (share < 0.5 * kShare || excess < 0.5 * kAboveBaseline) {
    out.evidence.push_back({text, over_seeds(c.experiment, final_share), -kStrong, 1, 0, {where}});
    return;
  }
  if (std::isnan(baseline)) out.missing_weight += kModerate;  // it may be as high there, or be the mechanism's own gate
  const double strength = graded_above(share, kShare) * graded_above(excess, kAboveBaseline);
  out.evidence.push_back({text, over_seeds(c.experiment, final_share), kDecisive, strength, 's', {where}});
  const double since = mean_over(c.experiment, onset);
  if (since <= 0.25 * mean_over(c.experiment, last_step)) {
    out.slots["onset"] = since;
    out.evidence.push_back({fmt::format("they were there by step {}, early in the run, and stayed", number(since)),
                            over_seeds(c.experiment, onset),
                            kModerate,
                            strength,
                            0,
                            {where}});
  }
}

void weigh_pre_activation(const Case& c, double rms, Scored& out) {
  const double baseline = mean_over(c.baseline, pre_activation_end);
  out.slots["preactivation_rms"] = rms;
  const std::string text = fmt::format("what goes into the nonlinearity has an RMS of {} at the end{}", number(rms, 3),
                                       against_baseline(baseline));
  if (out.looked_at.empty()) out.looked_at = text;
  const double against = baseline > 0 ? graded_above(rms / baseline, 1.5) : 1;
  const Run& run = *c.experiment.front();
  const bool far = rms > 0.5 * kPreActivation;
  out.evidence.push_back({text,
                          over_seeds(c.experiment, pre_activation_end),
                          far ? kStrong : -kModerate,
                          far ? graded_above(rms, kPreActivation) * against : 1,
                          far ? 's' : '\0',
                          {place_at_end(run, *pre_activation(run))}});
}

/// Flat units pass no gradient on. With large weights behind them the norm can still be large, so only a fall counts.
void weigh_gradient(const Case& c, Scored& out) {
  const auto late = [](const Run& run) { return median_of(run, Role::grad_norm, 0.5, 1); };
  const double ratio = mean_over(c.experiment, late) / mean_over(c.baseline, late);
  if (!std::isfinite(ratio)) {
    out.missing_weight += kModerate;
    return;
  }
  if (ratio < 0.8)
    out.evidence.push_back({fmt::format("the gradient of the second half is {}x the baseline's", number(ratio, 3)),
                            bare(ratio, "median_of_half_a_run"),
                            kModerate,
                            graded_below(ratio, kQuiet),
                            0,
                            {place_at_end(*c.experiment.front(), Role::grad_norm)}});
}

Outcome detect(const Case& c) {
  const double share = mean_over(c.experiment, final_share);
  const double rms = bounded(*c.experiment.front()) ? mean_over(c.experiment, pre_activation_end)
                                                    : std::numeric_limits<double>::quiet_NaN();
  if (std::isnan(share) && std::isnan(rms))
    return Untestable{{},
                      "the share of units at their bounds",
                      "log the share of tanh outputs beyond 0.99 (sigmoids and gates: outside 0.01 to 0.99) on a fixed "
                      "batch, every 100 steps"};
  Scored out;
  if (!std::isnan(share)) weigh_share(c, share, out);
  if (!std::isnan(rms)) weigh_pre_activation(c, rms, out);
  weigh_gradient(c, out);
  weigh_setting(out, changed_propagation(c), "how far units are driven");
  const double excess =
      share - (std::isnan(out.slots["saturated_share_baseline"]) ? 0 : out.slots["saturated_share_baseline"]);
  out.effect_share = std::isnan(share) ? 0.5 : std::clamp(2 * excess, 0.0, 1.0);
  weigh_outcome(c, out);
  if (std::isnan(share))
    out.soul = fmt::format("Inputs with an RMS of {} hold the units at their bounds, where no gradient passes.",
                           number(rms, 3));
  else
    out.soul = fmt::format(
        "{} of the units froze at their bounds{}: no gradient reopens them, so the run trained what was "
        "left.",
        percent(share, 2), out.slots.contains("onset") ? fmt::format(" by step {}", number(out.slots["onset"])) : "");
  return out;
}

}  // namespace

constinit const Detector saturated_activations{
    .id = "saturated_activations", .prior = kRare, .detect = detect, .doc = R"(
## What it looks for
More than half of the units of a bounded nonlinearity at their bounds, at least 20 percentage points more than in the baseline; from the first
quarter on; inputs of the nonlinearity with an RMS above 5; a gradient that is half the baseline's or less; a changed scale of the initial
weights, activation or normalisation.
## Why it matters
The derivative of tanh is 1 - a^2: at |a| > 0.99 it is below 0.02, and two such layers pass 1/2500 of the gradient. A unit that is driven there
does not come back, because the gradient that would bring it back has to pass through it.
## Formula
share = #(|a| > 0.99) / #units for tanh, #(a < 0.01 or a > 0.99) for sigmoids and gates; evidence = share above 0.5 times excess over the
baseline above 0.2.
## False alarms and misses
Gates that are meant to be binary, and recurrent cells late in training, stand at their bounds for good reason: the baseline shows the same.
Where the unit is the mechanism under test this is `mechanism_saturated`. Weights that grow with too large steps drive units outward: where
`lr_too_high` or `bad_initialization` is likely, this finding is its symptom. It cannot be tested without a logged share or input scale.
## Reference
Science handbook D-12, E9; Glorot and Bengio 2010, AISTATS (Proc. MLR 9:249).
)"};

}  // namespace expanalyze
