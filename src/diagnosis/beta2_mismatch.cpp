// D-21: the second moment does not describe the present gradient, so the updates have the wrong length.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnosis/readings.hpp"
#include "diagnosis/weigh.hpp"
#include "stats/descriptive.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr std::string_view kBeta2[] = {"beta2", "adam_beta2", "beta_2", "betas.1"};
constexpr std::string_view kBeta1[] = {"beta1", "adam_beta1", "beta_1", "betas.0"};
/// Adam's |update| <= 3.16 lr at the default betas, (1 - beta1) / sqrt(1 - beta2) (Kingma and Ba 2015, 2.1); the first
/// one is 1 lr.
constexpr double kBound = 3.16;
constexpr double kShortMemory = 10;  // D-21: 1 / (1 - beta2) steps

/// Length of the usual update against Adam's first, both over the learning rate. The first is lr x sign(g) at each
/// weight, so this is the RMS of an update in learning rates. NaN: not Adam, or its first step was not logged.
double update_rms(const Run& run) {
  const UpdateLength updates = update_length(run);
  // Adam's first update is sqrt(N) lr long for N weights, whatever the gradient: far from lr x gradient.
  if (updates.per_lr.size() < 8 || updates.first_step > 1 || starts_as_sgd(updates) || updates.per_lr_grad.front() < 2)
    return kNan;
  const std::span<const double> all(updates.per_lr);
  return stats::median(all.subspan(all.size() / 10)) / all.front();
}

/// Does the peak of the learning rate agree within 5 %?
bool same_rate(const Case& c) {
  const auto peak = [](const Run& run) { return peak_of(run, Role::lr); };
  return std::abs(mean_over(c.experiment, peak) / mean_over(c.baseline, peak) - 1) < 0.05;
}

double gradient_unrest(const Run& run) {
  const Curve norm = finite(trajectory(run, Role::grad_norm));
  const Curve late = norm.empty() ? norm : between(norm, 0.2 * norm.step.back(), norm.step.back());
  return late.size() < 20 ? kNan : stats::quantile(late.value, 0.99) / stats::median(late.value);
}

void weigh_config(const Case& c, Scored& out) {
  const auto* change = c.changed({"beta2", "adam_beta2", "beta_2"});
  const auto values = number_change(change);
  if (!values) return;
  const double memory_e = 1 / (1 - values->to), memory_b = 1 / (1 - values->from);
  out.slots["beta2"] = values->to;
  out.slots["memory"] = memory_e;
  out.evidence.push_back({fmt::format("the memory of the second moment was changed from {} to {} steps ({})",
                                      number(memory_b, 3), number(memory_e, 3), say_change(*change)),
                          exact(values->to),
                          change_weight(c),
                          graded_above(std::max(memory_e / memory_b, memory_b / memory_e), 2),
                          'c',
                          {}});
}

/// beta1 <= sqrt(beta2) keeps an old gradient from being divided by a second moment that has forgotten it: Zhang et al.
/// 2022, arXiv:2208.09632 (Adam can diverge below, converges for beta2 large enough).
void weigh_memory(const Case& c, Scored& out) {
  const auto beta2 = config_number(*c.experiment.front(), kBeta2);
  const auto beta1 = config_number(*c.experiment.front(), kBeta1);
  if (!beta2 || *beta2 >= 1) return;
  const double memory = 1 / (1 - *beta2);
  if (beta1 && *beta1 * *beta1 > *beta2)
    out.evidence.push_back(
        {fmt::format(
             "beta2 = {} forgets within {} steps what the momentum (beta1 = {}) still carries: beta1 > sqrt(beta2)",
             number(*beta2), number(memory, 2), number(*beta1)),
         exact(*beta2),
         kStrong,
         1,
         'm',
         {}});
  else if (memory < kShortMemory)
    out.evidence.push_back({fmt::format("the second moment remembers only {} steps", number(memory, 2)),
                            exact(memory),
                            kModerate,
                            graded_below(memory, kShortMemory),
                            'm',
                            {}});
}

void weigh_updates(const Case& c, Scored& out) {
  const double e = mean_over(c.experiment, update_rms), b = mean_over(c.baseline, update_rms);
  if (std::isnan(e) || std::isnan(b)) {
    out.missing_weight += kDecisive;
    return;
  }
  out.slots["update_rms"] = e;
  const Place where = place_of(*c.experiment.front(), Role::update_ratio);
  const std::string text = fmt::format("the usual update is {} learning rates long at each weight (baseline: {})",
                                       number(e, 3), number(b, 3));
  if (e > 0.5 * kBound && e > 2 * b)
    out.evidence.push_back({text + fmt::format(", Adam's bound at the default betas is {}", number(kBound)),
                            over_seeds(c.experiment, update_rms),
                            kDecisive,
                            graded_above(e, kBound) * graded_above(e / b, 3),
                            'u',
                            {where}});
  else
    out.evidence.push_back({text, over_seeds(c.experiment, update_rms), -kModerate, 1, 0, {where}});
}

/// With every weight's step bounded by the learning rate, equal learning rates let the weights grow alike.
void weigh_growth(const Case& c, Scored& out) {
  const auto growth = [](const Run& run) { return last_of(run, Role::param_norm) / first_of(run, Role::param_norm); };
  const double e = mean_over(c.experiment, growth), b = mean_over(c.baseline, growth);
  if (!same_rate(c) || !(e > 2 * b)) return;
  out.evidence.push_back(
      {fmt::format("at the baseline's learning rate the weights grew {}x (baseline: {}x)", number(e, 3), number(b, 3)),
       over_seeds(c.experiment, growth),
       kModerate,
       graded_above(e / b, 3),
       'u',
       {place_of(*c.experiment.front(), Role::param_norm)}});
}

/// Gradient outbursts at a learning rate that is the baseline's: weak, many things do that.
void weigh_unrest(const Case& c, Scored& out) {
  const double e = mean_over(c.experiment, gradient_unrest), b = mean_over(c.baseline, gradient_unrest);
  if (!same_rate(c) || !(e > 2 * b)) return;
  out.evidence.push_back(
      {fmt::format("at the baseline's learning rate the gradient's outbursts are {}x its median (baseline: {}x)",
                   number(e, 3), number(b, 3)),
       over_seeds(c.experiment, gradient_unrest),
       kWeak,
       graded_above(e / b, 3),
       0,
       {place_of(*c.experiment.front(), Role::grad_norm)}});
}

Outcome detect(const Case& c) {
  Scored out;
  weigh_config(c, out);
  weigh_memory(c, out);
  weigh_updates(c, out);
  if (out.evidence.empty())
    return Untestable{{},
                      "beta2 in both configs, or the norm of Adam's updates from step 0 on",
                      "log |update| and the learning rate every 10 steps"};
  const bool adam = out.slots.contains("update_rms");
  if (adam) weigh_growth(c, out);
  weigh_unrest(c, out);
  out.effect_share = 1;
  weigh_outcome(c, out);
  const double rms = out.slots.contains("update_rms") ? out.slots["update_rms"] : kNan;
  out.looked_at =
      std::isnan(rms) ? "beta2 of the config" : fmt::format("RMS of an update {} learning rates", number(rms, 3));
  const bool known = out.slots.contains("beta2");
  out.soul =
      rms > kBound ? fmt::format(
                         "The second moment did not match the gradient{}: the usual update was {} learning rates long "
                         "at each weight.",
                         known ? fmt::format(" (beta2 = {})", number(out.slots["beta2"])) : "", number(rms, 3))
      : known ? fmt::format("With beta2 = {} the second moment remembered {} steps: the updates had the wrong length.",
                            number(out.slots["beta2"]), number(out.slots["memory"], 2))
              : "The second moment did not match the gradient's present scale.";
  return out;
}

}  // namespace

constinit const Detector beta2_mismatch{.id = "beta2_mismatch", .prior = kRare, .detect = detect, .doc = R"(
## What it looks for
Adam updates that are usually longer than 3.16 learning rates at each weight (measured against the first update, which is one learning rate
long), a changed beta2, beta1 above sqrt(beta2), a memory 1 / (1 - beta2) of less than 10 steps, outbursts of the gradient at the baseline's
learning rate.
## Why it matters
Adam divides by the second moment: when it lags behind the gradient, or forgets faster than the momentum, updates are many times too long.
## False alarms and misses
Without a config and without norms of updates it stays untested. Outbursts alone are weak evidence: data and learning rate make them too.
## Reference
Science handbook D-21, E7; Kingma and Ba 2015, arXiv:1412.6980; Zhang et al. 2022, arXiv:2208.09632.
)"};

}  // namespace expanalyze
