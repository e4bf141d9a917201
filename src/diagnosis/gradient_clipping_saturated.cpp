// D-10: the clip is active nearly always, so the configured learning rate is not the executed one.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnosis/case.hpp"
#include "diagnosis/weigh.hpp"
#include "stats/descriptive.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr std::string_view kThreshold[] = {"clip",           "grad_clip",         "max_grad_norm",
                                           "clip_grad_norm", "gradient_clip_val", "gradient_clip",
                                           "clip_norm",      "grad_norm_clip",    "clip_grad"};

struct Clipping {
  double share = std::numeric_limits<double>::quiet_NaN();   ///< of steps
  double factor = std::numeric_limits<double>::quiet_NaN();  ///< median of min(1, c / norm)
  double threshold = std::numeric_limits<double>::quiet_NaN();
  double q90 = std::numeric_limits<double>::quiet_NaN();  ///< of the norm before clipping
};

/// From the factor itself, from the norm and the configured threshold, or from the logged share.
Clipping clipping_of(const Run& run) {
  Clipping out;
  const Curve norm = finite(trajectory(run, Role::grad_norm));
  if (!norm.empty()) out.q90 = stats::quantile(norm.value, 0.9);
  const auto configured = config_number(run, kThreshold);
  if (configured && *configured > 0) out.threshold = *configured;
  if (const Curve factor = finite(trajectory(run, Role::clip_coefficient)); !factor.empty()) {
    const auto active = std::count_if(factor.value.begin(), factor.value.end(), [](double v) { return v < 0.999; });
    out.share = static_cast<double>(active) / static_cast<double>(factor.size());
    out.factor = stats::median(factor.value);
  } else if (configured && *configured > 0 && !norm.empty()) {
    std::vector<double> factors;
    for (const double v : norm.value) factors.push_back(std::min(1.0, *configured / v));
    const auto active = std::count_if(factors.begin(), factors.end(), [](double v) { return v < 0.999; });
    out.share = static_cast<double>(active) / static_cast<double>(factors.size());
    out.factor = stats::median(factors);
  } else if (const Curve share = finite(trajectory(run, Role::clip_fraction)); !share.empty()) {
    out.share = share.value.back();
  }
  // Only clipping with a known factor tells the threshold when the config does not: c = factor x norm where it acts.
  if (std::isnan(out.threshold) && out.share > 0.5 && std::isfinite(out.factor) && !norm.empty())
    out.threshold = out.factor * stats::median(norm.value);
  return out;
}

bool scale_invariant(const Run& run) {
  for (const auto& [key, value] : run.config)
    if (const auto* text = std::get_if<std::string>(&value); text && key.find("opt") != std::string::npos)
      return text->find("adam") != std::string::npos || text->find("Adam") != std::string::npos || *text == "muon" ||
             *text == "lion";
  return false;
}

Outcome detect(const Case& c) {
  const auto share_of = [](const Run& run) { return clipping_of(run).share; };
  const double share = mean_over(c.experiment, share_of);
  if (std::isnan(share))
    return Untestable{{},
                      "the clip threshold next to the gradient norm, or the factor applied",
                      "log the gradient norm before clipping every step and the clip threshold once"};
  const double baseline_share = mean_over(c.baseline, share_of);
  const double factor = mean_over(c.experiment, [](const Run& r) { return clipping_of(r).factor; });
  const double threshold = mean_over(c.experiment, [](const Run& r) { return clipping_of(r).threshold; });
  const double q90 = mean_over(c.experiment, [](const Run& r) { return clipping_of(r).q90; });
  const double q90_baseline = mean_over(c.baseline, [](const Run& r) { return clipping_of(r).q90; });
  const bool invariant = scale_invariant(*c.experiment.front());
  const Role seen = find(*c.experiment.front(), Role::clip_coefficient) ? Role::clip_coefficient : Role::grad_norm;

  Scored out;
  out.slots = {{"clip_share", share},
               {"clip_factor", factor},
               {"clip_threshold", threshold},
               {"grad_q90", q90},
               {"grad_q90_baseline", q90_baseline}};
  out.looked_at =
      fmt::format("the clip acted on {} of the steps{}", percent(share, 3),
                  c.alone()                    ? ""
                  : std::isnan(baseline_share) ? " (baseline: unknown)"
                                               : fmt::format(" (baseline: {})", percent(baseline_share, 3)));
  if (share <= 0.5) {
    out.evidence.push_back(
        {out.looked_at, over_seeds(c.experiment, share_of), -kStrong, 1, 0, {place_of(*c.experiment.front(), seen)}});
    return out;
  }
  // Clipping is meant for outliers; at a share of .9 the magnitude of a gradient carries no information any more
  // (D-10).
  out.evidence.push_back(
      {fmt::format("the clip acted on {} of the steps; in the median it let {} of the gradient through",
                   percent(share, 4), percent(factor, 2)),
       over_seeds(c.experiment, share_of),
       invariant ? kModerate : kDecisive,
       graded_above(share, 0.75),
       0,
       {place_of(*c.experiment.front(), seen)}});
  if (invariant)
    out.evidence.push_back({"the optimizer divides by the gradient's own scale, so a constant factor does little",
                            bare(factor, "config"),
                            -kWeak,
                            1,
                            0,
                            {}});
  if (std::isnan(baseline_share))
    out.missing_weight += kWeak;
  else if (baseline_share > 0.8 * share)
    out.evidence.push_back({fmt::format("it acted on {} of the baseline's steps as well", percent(baseline_share, 3)),
                            over_seeds(c.baseline, share_of),
                            -kStrong,
                            1,
                            0,
                            {}});
  if (c.lr.r_kappa > 1)
    out.evidence.push_back(
        {fmt::format("the curve is that of a step too small: before annealing it fell {}x as fast as the baseline's",
                     number(c.lr.r_kappa, 3)),
         bare(c.lr.r_kappa, "between_seeds_1.07_to_1.63"),
         kModerate,
         graded_above(c.lr.r_kappa, 1.5),
         0,
         {}});
  out.effect_share = 1;
  weigh_outcome(c, out);
  const double lr = mean_over(c.experiment, [](const Run& r) {
    const Curve curve = finite(trajectory(r, Role::lr));
    return curve.empty() ? std::numeric_limits<double>::quiet_NaN()
                         : *std::max_element(curve.value.begin(), curve.value.end());
  });
  out.slots["lr_peak"] = lr;
  out.slots["lr_effective"] = lr * factor;
  out.soul = std::isfinite(lr * factor)
                 ? fmt::format("The clip fired on {} of the steps: the configured learning rate {} was in truth {}.",
                               percent(share, 3), number(lr, 3), number(lr * factor, 2))
                 : fmt::format("The clip fired on {} of the steps: the length of the gradient carried no information.",
                               percent(share, 3));
  return out;
}

}  // namespace

constinit const Detector gradient_clipping_saturated{
    .id = "gradient_clipping_saturated", .prior = kCommon, .detect = detect, .alone = true, .doc = R"(
## What it looks for
A gradient clip that acts on most steps (above .5 conspicuous, above .9 certain), from the logged factor, from the norm before clipping and
the configured threshold, or from a logged share.
## Why it matters
Then the update has constant length: learning rate and threshold are one parameter, and the executed learning rate is
lr x median(min(1, c / norm)).
## False alarms and misses
Adam-type optimizers divide by the gradient's scale, so the damage is small unless the norm varies; the weight is halved there. The same
share in the baseline speaks against it. Norms logged after clipping cannot be told from calm ones without the threshold.
## Reference
Science handbook D-10, A2.3, E9c; Zhang et al. 2019, arXiv:1905.11881.
)"};

}  // namespace expanalyze
