// How much the luck of a seed moves the metric, before any seed is repeated (science handbook B1.1).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "review/sides.hpp"
#include "stats/compare.hpp"

namespace expanalyze {

struct SeedNoise {
  stats::SeedPrior prior{0,
                         0};  ///< scale in units of the metric at the end of a run; scale 0: no prior for this domain
  std::string source;         ///< half a sentence: "prior for runs of 38.4 k samples (…)"
  std::size_t control_runs = 0, control_groups = 0;  ///< it was measured on; 0: believed beforehand
  double within = 0;  ///< variance of the difference from the scatter within the runs, in squares of the prior's scale
  /// The same of the mean of a side.
  double within_baseline = 0, within_experiment = 0;
};

/// The prior of the domain.
SeedNoise prior_noise(const Sides& sides);

/// Pooled over the control groups, each run at its group's last common step, failed runs left out (control_noise.cpp).
/// s.d. = level × sqrt(Σ (n − 1)(s / level of the group)² / Σ (n − 1)), worth Σ (n − 1) degrees of freedom; in units of
/// the metric where a level is not positive. One or two of them are pooled with the prior's. Nothing when no group has
/// two usable runs; what was not usable is noted.
std::optional<SeedNoise> control_noise(const RunStore& runs, const Comparison& comparison, const Sides& sides,
                                       std::vector<Note>& notes);

/// What the controls say, and the prior where they say nothing.
SeedNoise seed_noise(const RunStore& runs, const Comparison& comparison, const Sides& sides, std::vector<Note>& notes);

/// The same with what the ends of the runs are known to.
SeedNoise with_window(SeedNoise noise, const FinalWindow& window, const Sides& sides);

/// Runs differ more early on: the seed s.d. at a share u of the run is this multiple of the final one (B1.1).
double progress_multiplier(double u);

/// Smallest difference worth having, in units of the metric (B4.4), with where it comes from.
struct Sesoi {
  double value = 0;
  std::string source;
};
/// `baseline`, `experiment`: prices of a budget (B5); both sides count alike, so that swapping them changes nothing.
Sesoi smallest_effect(const Sides& sides, const Estimate& baseline, const Estimate& experiment);

/// The size of the metric at the end of a run, the geometric mean of both sides; what is relative is relative to it.
double metric_level(const Sides& sides);

}  // namespace expanalyze
