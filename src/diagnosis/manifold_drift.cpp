// D-28: matrices left the manifold that the method keeps them on.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnosis/levels.hpp"
#include "diagnosis/mechanism.hpp"
#include "diagnosis/weigh.hpp"
#include "stats/descriptive.hpp"
#include "stats/trend.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

// The RMS residual of Muon's tuned quintic is .30 to .41 for every spectrum tried, for ever (handbook E4, measured); a
// matrix far from orthogonal has about 1. Above .45 the updates are off the manifold, at any number of iterations.
constexpr double kOffManifold = 0.45;
constexpr double kBandLow = 0.68;  // singular values of an update, E4

double residual(const Run& run) {
  const Series* series = signal_with(run, {"ortho", "orthogonality"});
  if (!series) return std::numeric_limits<double>::quiet_NaN();
  return stats::median(finite(trajectory(run, *series)).value);
}

/// Change of the residual over the second half, from a robust slope.
double residual_change(const Run& run) {
  const Series* series = signal_with(run, {"ortho", "orthogonality"});
  if (!series) return std::numeric_limits<double>::quiet_NaN();
  const Curve all = finite(trajectory(run, *series));
  const Curve half = all.empty() ? all : between(all, 0.5 * all.step.back(), all.step.back());
  if (half.size() < 5) return std::numeric_limits<double>::quiet_NaN();
  return stats::theil_sen(half.step, half.value).slope * (half.step.back() - half.step.front());
}

double smallest_update_value(const Run& run) {
  const Series* series = signal_with(run, {"update_sv_min", "update_sigma_min", "sv_min"});
  return series ? stats::median(finite(trajectory(run, *series)).value) : std::numeric_limits<double>::quiet_NaN();
}

Outcome detect(const Case& c) {
  const double e = mean_over(c.experiment, residual);
  if (std::isnan(e))
    return Untestable{
        {},
        "an orthogonality residual of the constrained matrices",
        "log |X X^T - I|_F / sqrt(n) of two matrices every 50 steps (only for methods that promise orthogonality)"};
  const double b = mean_over(c.baseline, residual);
  // Not every seed need log it: the first that does stands for the place.
  const auto logging = std::find_if(c.experiment.begin(), c.experiment.end(), [](const Run* run) {
    return signal_with(*run, {"ortho", "orthogonality"}) != nullptr;
  });
  const Series* series = signal_with(**logging, {"ortho", "orthogonality"});
  const Place where{(*logging)->label, series->logged_as, 0};
  Scored out;
  out.slots = {{"residual", e}, {"residual_baseline", b}};
  if (e > kOffManifold)
    out.evidence.push_back(
        {fmt::format("{} is {} in the median, outside the band .30 to .45 that five iterations of the quintic leave",
                     code_span(series->logged_as), number(e, 3)),
         over_seeds(c.experiment, residual),
         kStrong,
         graded_above(e, kOffManifold),
         'a',
         {where}});
  else
    out.evidence.push_back(
        {fmt::format("{} is {} in the median, inside the expected band", code_span(series->logged_as), number(e, 3)),
         over_seeds(c.experiment, residual),
         -kDecisive,
         1,
         0,
         {where}});
  if (b > kOffManifold && e < 1.1 * b)
    out.evidence.push_back({fmt::format("the baseline's matrices stand as far off ({}): common to both, it tells them "
                                        "apart in nothing",
                                        number(b, 3)),
                            over_seeds(c.baseline, residual),
                            -kDecisive,
                            1,
                            0,
                            {where}});
  if (!std::isnan(b) && e > b)
    out.evidence.push_back({fmt::format("the baseline stays at {}", number(b, 3)),
                            over_seeds(c.baseline, residual),
                            kModerate,
                            graded_above(e / b, 1.3),
                            0,
                            {}});
  const double drift = mean_over(c.experiment, residual_change);
  if (drift > 0.1)
    out.evidence.push_back({fmt::format("it rose by {} over the second half", number(drift, 3)),
                            bare(drift, "theil_sen"),
                            kStrong,
                            1,
                            'a',
                            {where}});
  const double smallest = mean_over(c.experiment, smallest_update_value);
  const double smallest_b = mean_over(c.baseline, smallest_update_value);
  if (std::isnan(smallest))
    out.missing_weight += kModerate;
  else if (smallest < kBandLow && (std::isnan(smallest_b) || smallest < 0.5 * smallest_b))
    out.evidence.push_back(
        {fmt::format("the smallest singular value of an update is {} in the median{}, where the band begins at {}",
                     number(smallest, 3), against_baseline(smallest_b), number(kBandLow)),
         over_seeds(c.experiment, smallest_update_value),
         kModerate,
         1,
         0,
         {}});
  out.effect_share = 1;
  weigh_outcome(c, out);
  out.looked_at = fmt::format("orthogonality residual {}{}", number(e, 3), against_baseline(b));
  out.soul = fmt::format(
      "The updates left the manifold: {} stood at {}{}, where the method was designed for .30 to .45, so "
      "most "
      "directions were taken at a fraction of their step.",
      code_span(series->logged_as), number(e, 3), against_baseline(b));
  return out;
}

}  // namespace

constinit const Detector manifold_drift{
    .id = "manifold_drift", .prior = kOccasional, .detect = detect, .alone = true, .doc = R"(
## What it looks for
An orthogonality residual above the band that the method leaves by design (.30 to .45 RMS for Muon's quintic), rising, or above the
baseline's; singular values of an update outside [.68, 1.21].
## Why it matters
The step sizes of single directions are no longer what the theory assumes.
## False alarms and misses
The band itself is no drift: the tuned quintic never converges. Muon promises orthogonal updates, not orthogonal weights: a weight that is not
orthogonal is no failure.
## Reference
Science handbook D-28, E4, E5; Jordan 2024.
)"};

}  // namespace expanalyze
