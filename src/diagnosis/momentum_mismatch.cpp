// D-46: momentum set so that the effective step, lr / (1 - beta), is wrong.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnosis/readings.hpp"
#include "diagnosis/weigh.hpp"
#include "stats/descriptive.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr double kPrior = -3.5;  // D-46
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// How much longer than lr x gradient the updates of an SGD are, in the median: exactly 1 without momentum; with it 1 /
/// sqrt(1 - beta^2) for gradients that are pure noise up to 1 / (1 - beta) for constant ones. NaN: not an SGD, or not
/// logged.
double amplification(const Run& run) {
  const UpdateLength updates = update_length(run);
  if (updates.per_lr_grad.size() < 5 || !starts_as_sgd(updates)) return kNan;
  return stats::median(std::span(updates.per_lr_grad).subspan(1));
}

/// Share of the updates that are lr x gradient, within 2 %.
double plain_share(const Run& run) {
  const UpdateLength updates = update_length(run);
  const auto plain = std::count_if(updates.per_lr_grad.begin(), updates.per_lr_grad.end(),
                                   [](double a) { return std::abs(a - 1) < 0.02; });
  return updates.empty() ? kNan : static_cast<double>(plain) / static_cast<double>(updates.per_lr_grad.size());
}

/// What the updates say, without any config.
void weigh_updates(const Case& c, Scored& out) {
  const double e = mean_over(c.experiment, amplification), b = mean_over(c.baseline, amplification);
  if (std::isnan(e) || std::isnan(b)) {
    out.missing_weight += kStrong;
    return;
  }
  out.slots["amplification"] = e;
  out.slots["amplification_baseline"] = b;
  const Place where = place_of(*c.experiment.front(), Role::update_ratio);
  const double plain = mean_over(c.experiment, plain_share);
  if (plain > 0.95 && b > 1.2)
    out.evidence.push_back(
        {fmt::format(
             "{} of its updates are exactly learning rate times gradient: there is no momentum (baseline: {}x as long)",
             percent(plain, 3), number(b, 3)),
         over_seeds(c.experiment, amplification),
         kDecisive,
         graded_above(b, 1.3),
         'u',
         {where}});
  else if (e / b > 1.2 || e / b < 0.8)
    out.evidence.push_back({fmt::format("its updates are {}x learning rate times gradient, the baseline's {}x",
                                        number(e, 3), number(b, 3)),
                            over_seeds(c.experiment, amplification),
                            kStrong,
                            graded_above(std::max(e / b, b / e), 1.6),
                            'u',
                            {where}});
  else
    out.evidence.push_back({fmt::format("momentum lengthens the updates as much as in the baseline ({}x and {}x)",
                                        number(e, 3), number(b, 3)),
                            over_seeds(c.experiment, amplification),
                            -kStrong,
                            1,
                            0,
                            {where}});
}

/// Factor on the step from the config; 1 when it says nothing.
double configured_factor(const Case& c, Scored& out) {
  const auto* change = c.changed({"momentum", "beta1", "adam_beta1", "beta_1", "mu"});
  const auto values = number_change(change);
  if (!values || values->to >= 1 || values->from >= 1) return 1;
  const double factor = (1 - values->from) / (1 - values->to);
  out.slots["momentum"] = values->to;
  out.slots["step_factor"] = factor;
  out.evidence.push_back({fmt::format("the momentum was changed: {}, which multiplies lr/(1 - beta) by {}",
                                      say_change(*change), number(factor, 3)),
                          exact(values->to),
                          change_weight(c),
                          graded_above(std::max(factor, 1 / factor), 2),
                          'u',
                          {}});
  return factor;
}

/// D-46: does the curve ask for the same factor? rho from D0.7, within a factor e (s.d. of ln rho is 0.5).
void weigh_curve(const Case& c, Scored& out, bool shorter) {
  if (shorter && c.lr.r_kappa > 1)
    out.evidence.push_back(
        {fmt::format("it walks slowly, as a shorter step does: before annealing it fell {}x as fast as the baseline",
                     number(c.lr.r_kappa, 3)),
         bare(c.lr.r_kappa, "between_seeds_1.07_to_1.63"),
         kModerate,
         graded_above(c.lr.r_kappa, 1.5),
         0,
         {}});
  else if (shorter && c.review.convergence.early == Convergence::Early::slower)
    out.evidence.push_back(
        {"it was behind from the start, as with a shorter step", c.review.convergence.early_gap, kModerate, 1, 0, {}});
  else if (!shorter && c.lr.r_gain > 1)
    out.evidence.push_back(
        {fmt::format("it swings, as a longer step does: the decay gained {}x what it gained the baseline",
                     number(c.lr.r_gain, 3)),
         bare(c.lr.r_gain, "between_seeds_1.03_to_1.09"),
         kModerate,
         graded_above(c.lr.r_gain, 1.5),
         0,
         {}});
}

Outcome detect(const Case& c) {
  Scored out;
  weigh_updates(c, out);
  const double configured = configured_factor(c, out);
  if (out.evidence.empty())
    return Untestable{{},
                      "the momentum in both configs, or the norm of SGD's updates",
                      "log |update|, |gradient| and the learning rate every 10 steps"};
  const double e = out.slots.contains("amplification") ? out.slots["amplification"] : kNan;
  const double b = out.slots.contains("amplification_baseline") ? out.slots["amplification_baseline"] : kNan;
  const double factor = configured != 1 ? configured : e / b;
  const bool blamed =
      std::any_of(out.evidence.begin(), out.evidence.end(), [](const Evidence& v) { return v.supports(); });
  if (blamed) weigh_curve(c, out, factor < 1);
  out.effect_share = 1;
  weigh_outcome(c, out);
  out.looked_at = std::isnan(factor) ? "no momentum in the config difference"
                                     : fmt::format("length of the updates against lr x gradient, {}x the baseline's",
                                                   number(e / b, 3));
  if (std::isnan(factor))
    out.soul = "Momentum does not have the baseline's value.";
  else
    out.soul = fmt::format("Momentum made the step {}x the baseline's at {}: the run {} the valley.", number(factor, 2),
                           c.changed({"lr", "learning_rate"}) ? "its learning rate" : "the same learning rate",
                           factor < 1 ? "crept along" : "swung across");
  return out;
}

}  // namespace

constinit const Detector momentum_mismatch{.id = "momentum_mismatch", .prior = kPrior, .detect = detect, .doc = R"(
## What it looks for
A changed momentum (or beta1) in the config; without one, the length of SGD's updates against learning rate times gradient: it is exactly
1 without momentum, and 1/sqrt(1 - beta^2) to 1/(1 - beta) with it. Then a curve that is slow for the shorter step, or gains much in the
decay for the longer one.
## Why it matters
Momentum multiplies the step by 1/(1 - beta): changed alone it is a change of the learning rate.
## False alarms and misses
Clipping shortens updates too; a first update that is not lr x gradient rules the reading out. Adam's updates say nothing about beta1, so
without a config it stays untested there. Oscillations of the loss are not searched for.
## Reference
Science handbook D-46; Polyak 1964, USSR Comput. Math. 4:1.
)"};

}  // namespace expanalyze
