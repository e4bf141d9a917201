// D-03: the run was still far from its floor when the budget ended.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnosis/case.hpp"
#include "diagnosis/weigh.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

double update_ratio(const Run& run) { return median_of(run, Role::update_ratio, 0.1, 0.9); }

void lowered(const Case& c, Scored& out) {
  const auto peak = [](const Run& run) {
    const Curve lr = finite(trajectory(run, Role::lr));
    return lr.empty() ? std::numeric_limits<double>::quiet_NaN() : *std::max_element(lr.value.begin(), lr.value.end());
  };
  const double factor = mean_over(c.experiment, peak) / mean_over(c.baseline, peak);
  // Rates of different optimizers are in different units.
  if (!std::isfinite(factor) || c.changed({"opt", "optimizer", "optimizer_type", "optim"})) {
    out.missing_weight += kModerate;
    return;
  }
  out.slots["lr_factor"] = factor;
  if (factor < 0.95)
    out.evidence.push_back({fmt::format("the peak learning rate is {}x the baseline's", number(factor, 3)),
                            exact(factor),
                            kStrong,
                            graded_below(factor, 0.7),
                            'e',
                            {place_of(*c.experiment.front(), Role::lr)}});
}

void small_updates(const Case& c, Scored& out) {
  const double e = mean_over(c.experiment, update_ratio);
  const double b = mean_over(c.baseline, update_ratio);
  if (std::isnan(e) || !(b > 0)) {
    out.missing_weight += kModerate;
    return;
  }
  out.slots["update_ratio_factor"] = e / b;
  if (e < b)
    out.evidence.push_back({fmt::format("an update moves the weights by {} of their norm, {}x the baseline's",
                                        number(e, 3), number(e / b, 3)),
                            over_seeds(c.experiment, update_ratio),
                            kModerate,
                            graded_below(e / b, 1.0 / 3),
                            'c',
                            {place_of(*c.experiment.front(), Role::update_ratio)}});
  else
    out.evidence.push_back(
        {fmt::format("updates are not smaller than the baseline's ({}x, relative to the weights)", number(e / b, 3)),
         over_seeds(c.experiment, update_ratio),
         -kModerate,
         graded_above(e / b, 1.2),
         0,
         {}});
}

Outcome detect(const Case& c) {
  if (!logs(c.experiment, Role::train_loss) && !logs(c.experiment, Role::eval_loss))
    return Untestable{{}, "a loss", "log the training loss every step"};
  Scored out;
  lowered(c, out);
  small_updates(c, out);
  const LrStatistics& lr = c.lr;
  if (std::isnan(lr.r_kappa))
    out.missing_weight += kStrong;
  else if (lr.r_kappa > 1)
    out.evidence.push_back(
        {fmt::format("before annealing the loss was still falling {} per e-fold of steps, {}x the baseline's rate",
                     number(lr.slope_e, 3), number(lr.r_kappa, 3)),
         bare(lr.r_kappa, "between_seeds_1.07_to_1.63"),
         kStrong,
         graded_above(lr.r_kappa, 1.5),
         'a',
         {place_of(*c.experiment.front(), Role::train_loss)}});
  else
    out.evidence.push_back(
        {fmt::format("before annealing the loss fell {} per e-fold of steps, no faster than the baseline's {}",
                     number(lr.slope_e, 3), number(lr.slope_b, 3)),
         bare(lr.r_kappa, "between_seeds_1.07_to_1.63"),
         -kModerate,
         graded_below(lr.r_kappa, 0.8),
         0,
         {}});
  if (!std::isnan(lr.r_gain) && lr.r_gain < 0.8)
    out.evidence.push_back(
        {fmt::format("the decay of the learning rate gained {}x what it gained the baseline", number(lr.r_gain, 3)),
         bare(lr.r_gain, "between_seeds_1.03_to_1.09"),
         kModerate,
         graded_below(lr.r_gain, 0.6),
         'a',
         {}});
  if (c.review.convergence.early == Convergence::Early::slower)
    out.evidence.push_back({fmt::format("it was behind from the start: {} in the mean between steps {} and {}",
                                        percent(c.review.convergence.early_gap.value),
                                        number(c.review.convergence.from_step), number(c.review.convergence.to_step)),
                            c.review.convergence.early_gap,
                            kModerate,
                            1,
                            'b',
                            {}});
  const double train_e = mean_over(c.experiment, [](const Run& r) { return last_of(r, Role::train_loss); });
  const double train_b = mean_over(c.baseline, [](const Run& r) { return last_of(r, Role::train_loss); });
  if (train_e < train_b)
    out.evidence.push_back(
        {fmt::format("its training loss ends at {}, below the baseline's {}: the steps were long enough",
                     number(train_e, 3), number(train_b, 3)),
         over_seeds(c.experiment, [](const Run& r) { return last_of(r, Role::train_loss); }),
         -kDecisive,
         1,
         0,
         {place_of(*c.experiment.front(), Role::train_loss)}});
  const double rho = lr.r_kappa > 1 ? std::clamp(1 / lr.r_kappa, 0.125, 1.0) : 1;  // D0.7
  out.slots["rho"] = rho;
  out.effect_share = c.review.overall == Verdict::failed ? 0.6 : 1;
  weigh_outcome(c, out);
  out.looked_at =
      std::isnan(lr.r_kappa)
          ? "the learning rate, the updates and the early phase; the slope before annealing is not readable"
          : fmt::format("slope before annealing {}x the baseline's, gain of the decay {}", number(lr.r_kappa, 3),
                        std::isnan(lr.r_gain) ? "not readable" : number(lr.r_gain, 3) + "x");
  out.soul = "Nothing broke, it was simply walking too slowly: ";
  if (lr.r_kappa > 1)
    out.soul +=
        fmt::format("before annealing the loss was still falling {} per e-fold of steps, {}x the baseline's rate.",
                    number(lr.slope_e, 3), number(lr.r_kappa, 3));
  else if (out.slots.contains("lr_factor"))
    out.soul += fmt::format("its learning rate was {}x the baseline's.", number(out.slots["lr_factor"], 3));
  else
    out.soul += "it was behind from the start and never broke.";
  return out;
}

}  // namespace

constinit const Detector lr_too_low{.id = "lr_too_low", .prior = kOccasional, .detect = detect, .doc = R"(
## What it looks for
A loss that still falls much faster than the baseline's when annealing starts (R_kappa > 1.5), a decay that gains little (R_g < 0.6), a
deficit from the first tenth on, updates that are small against the weights, a lowered learning rate.
## Why it matters
The idea under test was never given the chance to converge.
## False alarms and misses
Saturated clipping, a large epsilon, a schedule that ended early and vanishing gradients draw the same curve: where one of them is likely,
this finding is shown as its symptom. A model without capacity has a small slope, not a large one.
## Reference
Science handbook D-03, D0.7.
)"};

}  // namespace expanalyze
