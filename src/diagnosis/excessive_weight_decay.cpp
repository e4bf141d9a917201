// D-18: decay forgets faster than the data teach.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnosis/readings.hpp"
#include "diagnosis/weigh.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr std::string_view kDecay[] = {"weight_decay", "wd", "adamw_weight_decay", "l2"};
// D-18: tau < 0.05 T; the norm falls by more than 30 %. It speaks for itself where it falls to less than half.
constexpr double kMemory = 0.05, kShrunk = 0.7, kHalved = 0.5;

double end_of(const Run& run) { return std::max(last_step(run), planned_steps(run)); }

/// Coupled L2 in Adam is divided by the gradient's scale: 1 / (lr wd) is not its memory.
bool coupled_adam(const Run& run) {
  for (const auto& [key, value] : run.config)
    if (const auto* text = std::get_if<std::string>(&value);
        text && key.find("opt") != std::string::npos && (*text == "adam" || *text == "Adam"))
      return true;
  return false;
}

/// tau = 1 / (lr wd) steps: weights are an exponential average of their updates with this memory.
/// Wang and Aitchison 2024, arXiv:2405.13698.
double configured_memory(const Run& run) {
  const auto decay = config_number(run, kDecay);
  const double lr = peak_of(run, Role::lr);
  return decay && *decay > 0 && lr > 0 && !coupled_adam(run) ? 1 / (lr * *decay)
                                                             : std::numeric_limits<double>::quiet_NaN();
}

/// Final norm of the weights over the first one.
double norm_kept(const Run& run) { return last_of(run, Role::param_norm) / first_of(run, Role::param_norm); }

/// The same memory read off the weights: decay alone makes |w| fall as e^(-t/tau), updates add to it, so the steepest
/// fall between two records bounds tau from above.
double observed_memory(const Run& run) {
  const Curve norm = finite(trajectory(run, Role::param_norm));
  double shortest = std::numeric_limits<double>::infinity();
  for (std::size_t i = 1; i < norm.size(); ++i)
    if (norm.value[i] > 0 && norm.value[i] < norm.value[i - 1])
      shortest = std::min(shortest, (norm.step[i] - norm.step[i - 1]) / std::log(norm.value[i - 1] / norm.value[i]));
  return norm.size() < 5 || std::isinf(shortest) ? std::numeric_limits<double>::quiet_NaN() : shortest;
}

void weigh_norm(const Case& c, Scored& out) {
  const double kept = mean_over(c.experiment, norm_kept);
  const double baseline = mean_over(c.baseline, norm_kept);
  if (std::isnan(kept)) {
    out.missing_weight += kModerate;
    return;
  }
  out.slots["norm_kept"] = kept;
  const double relative = std::isnan(baseline) ? kept : std::max(kept, kept / baseline);
  const Place where = place_of(*c.experiment.front(), Role::param_norm);
  const std::string text =
      fmt::format("the weights end at {}x their first norm{}", number(kept, 3),
                  std::isnan(baseline) ? "" : fmt::format(" (baseline: {}x)", number(baseline, 3)));
  if (relative > 0.9) {
    out.evidence.push_back({text, over_seeds(c.experiment, norm_kept), -kStrong, 1, 0, {where}});
    return;
  }
  out.evidence.push_back({text,
                          over_seeds(c.experiment, norm_kept),
                          c.worse ? kStrong : kModerate,
                          graded_below(relative, kHalved),
                          0,
                          {where}});
}

void weigh_memory(const Case& c, Scored& out) {
  double tau = mean_over(c.experiment, configured_memory);
  const bool configured = std::isfinite(tau);
  // Without a large fall the steepest one is the noise of a few records.
  if (!configured && out.slots.contains("norm_kept") && out.slots["norm_kept"] < kShrunk)
    tau = mean_over(c.experiment, observed_memory);
  if (std::isnan(tau)) {
    out.missing_weight += kStrong;
    return;
  }
  const double share = tau / mean_over(c.experiment, end_of);
  out.slots["tau"] = tau;
  out.slots["tau_share"] = share;
  const std::string source = configured ? "1/(lr x decay)" : "read off the fastest fall of the weights' norm";
  if (share < 1)
    out.evidence.push_back(
        {fmt::format("the weights remember {} steps, {} of the run ({})", number(tau, 3), percent(share, 2), source),
         configured ? exact(tau) : over_seeds(c.experiment, observed_memory),
         kStrong,
         graded_below(share, kMemory),
         't',
         {}});
  else
    out.evidence.push_back(
        {fmt::format("the weights remember {} steps, more than the run has ({})", number(tau, 3), source),
         exact(tau),
         -kStrong,
         1,
         0,
         {}});
}

Outcome detect(const Case& c) {
  Scored out;
  weigh_norm(c, out);
  weigh_memory(c, out);
  if (out.evidence.empty())
    return Untestable{{},
                      "the norm of the weights, or learning rate and weight decay",
                      "log the norm of all parameters every 100 steps"};
  if (const auto* change = c.changed({"weight_decay", "wd", "adamw_weight_decay", "l2"})) {
    const auto values = number_change(change);
    const bool raised = values && values->to > values->from;
    if (raised)
      out.evidence.push_back({fmt::format("the decay was raised: {}", say_change(*change)),
                              exact(values->to),
                              change_weight(c),
                              values->from > 0 ? graded_above(values->to / values->from, 2) : 1,
                              'c',
                              {}});
  }
  const double kept =
      out.slots.contains("norm_kept") ? out.slots["norm_kept"] : std::numeric_limits<double>::quiet_NaN();
  const double tau = out.slots.contains("tau") ? out.slots["tau"] : std::numeric_limits<double>::quiet_NaN();
  out.effect_share = 1;
  weigh_outcome(c, out);
  out.looked_at = std::isnan(kept) ? fmt::format("memory of the weights {} steps", number(tau, 3))
                                   : fmt::format("the weights end at {}x their first norm", number(kept, 3));
  out.soul =
      std::isnan(tau)
          ? fmt::format(
                "Decay pulled the weights down to {}x their first norm, faster than the data could build them up.",
                number(kept, 3))
          : fmt::format("Decay forgot faster than the data taught: the weights remembered only the last {} steps{}.",
                        number(tau, 3),
                        std::isnan(kept) ? "" : fmt::format(" and shrank to {}x their first norm", number(kept, 3)));
  return out;
}

}  // namespace

constinit const Detector excessive_weight_decay{
    .id = "excessive_weight_decay", .prior = kOccasional, .detect = detect, .doc = R"(
## What it looks for
A memory of the weights, 1 / (lr x decay), of less than 5 % of the run (from the config, else from how fast the norm of the weights
falls), weights that shrink by more than 30 % where the baseline's do not, a raised decay, and a worse result.
## Why it matters
Weights average over their last updates; with a short memory they never hold what earlier data taught.
## False alarms and misses
A strong decay that helps (the baseline overfits) is answered by the outcome. Coupled L2 in Adam does not follow the formula and is judged
by the norm alone. Normalised layers shrink without harm.
## Reference
Science handbook D-18, E7 A4; Wang and Aitchison 2024, arXiv:2405.13698.
)"};

}  // namespace expanalyze
