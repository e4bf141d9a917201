// D-39: both sides were stopped while the race was open, so the order at the end settles nothing.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnosis/readings.hpp"
#include "diagnosis/weigh.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

// D-39: probability that the side behind overtakes. The handbook ends at 0.8; beyond it the order at the end is not
// open but expected to turn, which leaves the comparison just as unfinished.
constexpr double kOpenLow = 0.2, kEven = 0.5;
constexpr double kGainInDeltas = 5;        // D-39: of a doubled budget, in smallest differences of interest
constexpr double kTokensPerParameter = 5;  // D-39; compute-optimal: about 20 (Hoffmann et al. 2022)

double tokens_per_parameter(const Run& run) {
  const double n = parameter_count(run);
  const bool of_text = find(run, Role::tokens) != nullptr;
  const Curve tokens = of_text ? spent(run, Axis::tokens).curve : Curve{};
  return n > 0 && !tokens.empty() ? tokens.value.back() / n : std::numeric_limits<double>::quiet_NaN();
}

/// Strength of a probability: 0 up to the low end, 1 from an even race on.
double open(double p) { return std::clamp((p - kOpenLow) / (kEven - kOpenLow), 0.0, 1.0); }

void weigh_crossing(const Case& c, Scored& out) {
  const Crossing& x = c.review.crossing;
  if (!std::isfinite(x.probability) || x.horizon <= 0) {
    out.missing_weight += kStrong + kModerate;
    return;
  }
  out.slots["overtaking"] = x.probability;
  out.slots["horizon"] = x.horizon;
  const std::string text = fmt::format("by step {} the side behind would be ahead with probability {}",
                                       number(x.horizon, 4), number(x.probability, 2));
  out.looked_at = text;
  Estimate value = bare(x.probability, "curve_models");
  if (const double s = open(x.probability); s > 0) {
    out.slots["crossing_step"] = x.step;
    const double end = c.review.final_quality.at_step;
    out.evidence.push_back(
        {fmt::format("{}, in the median at step {} (80 % interval {} to {}): the gap was closing when the runs "
                     "ended at {}",
                     text, number(x.step, 3), number(x.step_low, 3), number(x.step_high, 3), number(end)),
         value,
         kStrong + kModerate,
         s,
         0,
         {{c.experiment.front()->label, c.review.metric.name, 0, end}}});
  } else {
    out.evidence.push_back({text, value, -kStrong, 1, 0, {}});
  }
}

/// What twice the budget buys either side: the fall per e-fold of steps before annealing, over ln 2 of them. Every
/// short run still falls, so it supports the card only where a gap was closing.
void weigh_slopes(const Case& c, Scored& out) {
  const bool in_loss = c.review.metric.role == Role::eval_loss || c.review.metric.role == Role::train_loss;
  const double delta = c.review.final_quality.sesoi;
  const double least = std::min(c.lr.slope_b, c.lr.slope_e) * std::log(2.0);
  if (!in_loss || !(delta > 0) || std::isnan(c.lr.slope_b) || std::isnan(c.lr.slope_e)) {
    out.missing_weight += kModerate;
    return;
  }
  const bool closing = out.slots.contains("overtaking");
  const std::string text = fmt::format("before annealing the losses fell {} (baseline) and {} per e-fold of steps",
                                       number(c.lr.slope_b, 3), number(c.lr.slope_e, 3));
  if (out.looked_at.empty()) out.looked_at = text + "; no gap between them was closing";
  const Place where = place_at_end(*c.experiment.front(), Role::train_loss);
  if (least <= 0.5 * kGainInDeltas * delta)
    out.evidence.push_back({text + ": one of them has next to nothing left to gain from more steps",
                            bare(least, "between_seeds_1.07_to_1.63"),
                            -kModerate,
                            1,
                            0,
                            {where}});
  else if (closing)
    out.evidence.push_back(
        {fmt::format("{}: doubling the budget is worth {} or more to both, {} of the smallest differences that count",
                     text, number(least, 2), number(least / delta, 2)),
         bare(least, "between_seeds_1.07_to_1.63"),
         kModerate,
         graded_above(least / delta, kGainInDeltas),
         0,
         {where}});
}

void weigh_tokens(const Case& c, Scored& out) {
  const double e = mean_over(c.experiment, tokens_per_parameter), b = mean_over(c.baseline, tokens_per_parameter);
  const double most = std::fmax(e, b);
  if (std::isnan(most)) return;
  out.slots["tokens_per_parameter"] = most;
  const bool few = most < 2 * kTokensPerParameter;
  out.evidence.push_back(
      {fmt::format("{} tokens were seen for each parameter (compute-optimal: about 20)", number(most, 3)),
       exact(most),
       few ? kWeak : -kWeak,
       few ? graded_below(most, kTokensPerParameter) : 1,
       0,
       {place_of(*c.experiment.front(), Role::tokens)}});
}

void weigh_order(const Case& c, Scored& out) {
  const Verdict v = on(c.review, Axis::step).verdict;
  if (v == Verdict::failed) {
    out.evidence.push_back(
        {"one side failed: more steps do not decide between a run and none", exact(1), -kDecisive, 1, 0, {}});
    return;
  }
  if (v == Verdict::inconclusive && out.slots.contains("crossing_step"))
    out.evidence.push_back(
        {fmt::format("at the end the order is not resolved ({} {})",
                     signed_number(c.review.final_quality.difference.value, 3),
                     interval(c.review.final_quality.difference.low, c.review.final_quality.difference.high, 3)),
         c.review.final_quality.difference,
         kWeak,
         1,
         0,
         {}});
}

Outcome detect(const Case& c) {
  Scored out;
  weigh_crossing(c, out);
  weigh_slopes(c, out);
  weigh_tokens(c, out);
  if (out.evidence.empty() && out.looked_at.empty())
    return Untestable{{},
                      "curves that a law fits on both sides, and how far the loss still falls",
                      "evaluate at least twenty times a run at the same steps, and log the learning rate"};
  weigh_order(c, out);
  // It says that an order may not last, and accounts for no difference: whatever does comes first.
  out.effect_share = 0.1;
  if (out.looked_at.empty())
    out.looked_at = fmt::format("{} tokens a parameter", number(out.slots["tokens_per_parameter"], 3));
  out.soul = "The race was stopped before it was decided: ";
  if (out.slots.contains("crossing_step"))
    out.soul += fmt::format("the side behind at the end would be ahead by step {} with probability {}.",
                            number(out.slots["horizon"], 4), number(out.slots["overtaking"], 2));
  else if (std::isnan(c.lr.slope_b) || std::isnan(c.lr.slope_e))
    out.soul += out.looked_at + ".";
  else
    out.soul += fmt::format("both losses were still falling, by {} and {} per e-fold of steps.",
                            number(c.lr.slope_b, 3), number(c.lr.slope_e, 3));
  return out;
}

}  // namespace

constinit const Detector undertrained{.id = "undertrained", .prior = kOccasional, .detect = detect, .doc = R"(
## What it looks for
A closing gap whose order after twice the budget is open (probability of overtaking above 0.2, by the curve models of step 1); on both
sides a loss that falls by more than five smallest differences of interest for another ln 2 of steps; fewer than 5 tokens for each parameter.
## Why it matters
Neither the winner nor the loser is known at the budget that is meant, only at the one that was spent.
## Formula
gain of doubling = kappa ln 2, kappa = -dL/dln t over the half before annealing, of the side that has less of it.
## False alarms and misses
Every short run still falls; slopes alone are therefore no evidence: a gap has to be closing too. A law that does not fit gives no
probability. A run that was cut off is `truncated_run`, and this finding its symptom; one side alone that falls fast is `lr_too_low`.
## Reference
Science handbook D-39, C6; Hoffmann et al. 2022, arXiv:2203.15556.
)"};

}  // namespace expanalyze
