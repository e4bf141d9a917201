// D-04: damage done in the first steps, when curvature is high and the second moments are young.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnosis/readings.hpp"
#include "diagnosis/weigh.hpp"
#include "stats/descriptive.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr double kEarly = 0.1, kHump = 0.05, kGradientPeak = 10;  // D-04

/// How far the loss rose in the first tenth above its lowest value until then, as a share; over running medians of
/// five.
double hump(const Run& run) {
  const Curve loss = loss_of(run);
  if (loss.empty()) return std::numeric_limits<double>::quiet_NaN();
  const Curve early = between(loss, 0, kEarly * loss.step.back());
  if (early.size() < 10) return std::numeric_limits<double>::quiet_NaN();
  const auto smooth = stats::running_median(early.value, 5);
  double lowest = smooth.front(), most = 0;
  for (const double v : smooth) {
    lowest = std::min(lowest, v);
    if (lowest > 0) most = std::max(most, v / lowest - 1);
  }
  return most;
}

double gradient_peak(const Run& run) {
  const Curve norm = finite(trajectory(run, Role::grad_norm));
  if (norm.empty()) return std::numeric_limits<double>::quiet_NaN();
  const Curve early = between(norm, 0, 0.05 * norm.step.back());
  if (early.size() < 5) return std::numeric_limits<double>::quiet_NaN();
  return *std::max_element(early.value.begin(), early.value.end()) / stats::median(early.value);
}

double log_loss_between(const Run& run, double from, double to) {
  const double v = median_between(loss_of(run), from, to);
  return v > 0 ? std::log(v) : std::numeric_limits<double>::quiet_NaN();
}

double gap_between(const Case& c, double from, double to) {
  const auto read = [&](const Runs& runs) {
    return mean_over(runs, [&](const Run& r) { return log_loss_between(r, from, to); });
  };
  return read(c.experiment) - read(c.baseline);
}

/// The same, counted from the end of each one's own warm-up: schedules that decay over what is left of the run.
bool same_shape_after_peak(const Case& c) {
  const Run &b = *c.baseline.front(), &e = *c.experiment.front();
  const Curve lr_b = finite(trajectory(b, Role::lr)), lr_e = finite(trajectory(e, Role::lr));
  const double from_b = warm_up_steps(b), from_e = warm_up_steps(e);
  if (lr_b.empty() || lr_e.empty() || std::isnan(from_b) || std::isnan(from_e)) return false;
  for (const double share : {0.05, 0.1, 0.2, 0.3, 0.4, 0.5}) {
    const double x = value_at(lr_b, from_b + share * (lr_b.step.back() - from_b));
    const double y = value_at(lr_e, from_e + share * (lr_e.step.back() - from_e));
    if (!(std::abs(y - x) <= 0.1 * x)) return false;
  }
  return true;
}

/// Both learning rates agree within 10 % once the longer warm-up is over: nothing but the warm-up differs.
bool same_rate_afterwards(const Case& c, double after) {
  if (same_shape_after_peak(c)) return true;
  const Common both = common_steps(finite(trajectory(*c.baseline.front(), Role::lr)),
                                   finite(trajectory(*c.experiment.front(), Role::lr)));
  if (both.step.empty()) return false;
  const double middle = after + 0.5 * (both.step.back() - after);
  for (std::size_t i = 0; i < both.step.size(); ++i)
    if (both.step[i] > 1.5 * after && both.step[i] < middle && std::abs(both.b[i] - both.a[i]) > 0.1 * both.a[i])
      return false;
  return true;
}

void weigh_warm_up(const Case& c, Scored& out, double e, double b) {
  static constexpr std::string_view kBeta2[] = {"beta2", "adam_beta2", "betas.1"};
  const double end_e = mean_over(c.experiment, last_step), end_b = mean_over(c.baseline, last_step);
  const Place where = place_of(*c.experiment.front(), Role::lr);
  const bool shortened = e < 0.67 * b && e / end_e < 0.67 * b / end_b;
  if (shortened) {
    const bool alone = same_rate_afterwards(c, b);
    out.evidence.push_back({fmt::format("the learning rate reached its peak after {} steps, the baseline's after {}{}",
                                        number(e), number(b), alone ? "; afterwards both are the same" : ""),
                            over_seeds(c.experiment, warm_up_steps),
                            alone ? kStrong : kModerate,
                            graded_below(e / b, 0.5),
                            'w',
                            {where}});
    if (const double sharp = attention_sharpened(c); sharp > 0)
      out.evidence.push_back({"the attention logits outgrew the baseline's, as they do when steps are too long",
                              bare(sharp, "strength"),
                              kModerate,
                              sharp,
                              0,
                              {place_of(*c.experiment.front(), Role::attention_logit)}});
  } else {
    out.evidence.push_back(
        {fmt::format("its warm-up is not shorter than the baseline's ({} and {} steps)", number(e), number(b)),
         over_seeds(c.experiment, warm_up_steps),
         -kStrong,
         1,
         0,
         {where}});
  }
  // Untuned rule of Ma and Yarats 2019, arXiv:1910.04209: 2 / (1 - beta2) steps until the second moment is a mean of
  // many.
  const auto beta2 = config_number(*c.experiment.front(), kBeta2);
  if (!beta2)
    out.missing_weight += kModerate;
  else if (*beta2 < 1 && shortened)
    out.evidence.push_back({fmt::format("a second moment with beta2 = {} wants {} steps of warm-up", number(*beta2),
                                        number(2 / (1 - *beta2), 3)),
                            exact(2 / (1 - *beta2)),
                            kModerate,
                            graded_below(e * (1 - *beta2) / 2, 0.5),
                            'w',
                            {}});
}

void weigh_damage(const Case& c, Scored& out) {
  const double e = mean_over(c.experiment, hump), b = mean_over(c.baseline, hump);
  if (std::isnan(e))
    out.missing_weight += kStrong;
  else if (e > kHump && !std::isnan(b)) {
    // The same hump in the baseline is common to both and explains no difference (D-04): only what exceeds it counts.
    out.evidence.push_back({fmt::format("in its first tenth the loss rose {} above where it had been (baseline: {})",
                                        percent(e, 2), percent(b, 2)),
                            over_seeds(c.experiment, hump),
                            kStrong,
                            graded_above(e - b, 2 * kHump) * graded_above(e, 1.5 * b),
                            'd',
                            {}});
  }
  const double g_e = mean_over(c.experiment, gradient_peak), g_b = mean_over(c.baseline, gradient_peak);
  if (std::isnan(g_e))
    out.missing_weight += kModerate;
  else if (g_e > 5)
    out.evidence.push_back({fmt::format("the largest early gradient is {}x the usual one there (baseline: {}x)",
                                        number(g_e, 3), number(g_b, 3)),
                            over_seeds(c.experiment, gradient_peak),
                            kModerate,
                            graded_above(g_e, kGradientPeak) * (g_b > 0 ? graded_above(g_e / g_b, 1.5) : 1),
                            'g',
                            {}});
}

Outcome detect(const Case& c) {
  const double e = mean_over(c.experiment, warm_up_steps), b = mean_over(c.baseline, warm_up_steps);
  if (std::isnan(e) || std::isnan(b) || std::isnan(gap_between(c, 0.02, kEarly)))
    return Untestable{{},
                      "learning rate and loss over the first steps of both sides",
                      "log learning rate and training loss every step"};
  Scored out;
  const double early = gap_between(c, 0.02, kEarly), quarter = gap_between(c, 0.2, 0.3);
  out.slots = {{"warmup", e}, {"warmup_baseline", b}, {"early_gap", early}};
  weigh_warm_up(c, out, e, b);
  weigh_damage(c, out);
  const Place where = place_of(*c.experiment.front(), Role::train_loss);
  if (early > 0.02)
    out.evidence.push_back(
        {fmt::format("in the first tenth its loss is {} above the baseline's", percent(std::expm1(early), 3)),
         bare(early, "within_run"),
         kModerate,
         graded_above(early, 0.05),
         'd',
         {where}});
  else
    out.evidence.push_back(
        {fmt::format("in the first tenth its loss is not above the baseline's ({})", percent(std::expm1(early), 3)),
         bare(early, "within_run"),
         -kStrong,
         1,
         0,
         {where}});
  out.effect_share = quarter > 0.01 ? 1 : 0;  // made good by a quarter of the run: no effect (D-04)
  weigh_outcome(c, out);
  out.looked_at = fmt::format("warm-up of {} steps (baseline: {}), early gap of the loss {}", number(e), number(b),
                              percent(std::expm1(early), 3));
  const std::string above = percent(std::expm1(early), 2);
  out.soul = e < b ? fmt::format(
                         "The first steps were taken before the optimizer knew the terrain: full learning rate "
                         "after {} steps instead of {}, and a loss {} above the baseline's in the first tenth.",
                         number(e), number(b), above)
                   : fmt::format(
                         "The first steps did the damage: in the first tenth the loss was {} above the "
                         "baseline's, with the same warm-up.",
                         above);
  return out;
}

}  // namespace

constinit const Detector warmup_instability{
    .id = "warmup_instability", .prior = kOccasional, .detect = detect, .doc = R"(
## What it looks for
A warm-up shorter than the baseline's or than 2 / (1 - beta2) steps, read off the logged learning rate; a loss that rises in the first
tenth or lies above the baseline's there; early gradients far above their usual size.
## Why it matters
Large first steps kill units and inflate second moments; what they destroy is paid for during the whole run.
## False alarms and misses
A hump that the baseline shows too is no difference. A deficit that is gone after a quarter of the run has no effect. A higher peak rate
is `lr_too_high`; a start that is bad before the first step is `bad_initialization`.
## Reference
Science handbook D-04, E11; Ma and Yarats 2019, arXiv:1910.04209.
)"};

}  // namespace expanalyze
