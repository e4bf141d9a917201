// How much the luck of a seed moves the metric, before any seed is repeated (science handbook B1.1).
#pragma once

#include <string>

#include "review/sides.hpp"
#include "stats/compare.hpp"

namespace expanalyze {

struct SeedNoise {
  stats::SeedPrior prior{0,
                         0};  ///< scale in units of the metric at the end of a run; scale 0: no prior for this domain
  std::string source;         ///< half a sentence: "prior for runs of 38.4 k samples (…)"
};

SeedNoise seed_noise(const Sides& sides);

/// Runs differ more early on: the seed s.d. at a share u of the run is this multiple of the final one (B1.1).
double progress_multiplier(double u);

/// Smallest difference worth having, in units of the metric (B4.4), with where it comes from.
struct Sesoi {
  double value = 0;
  std::string source;
};
Sesoi smallest_effect(const Sides& sides);

/// The size of the metric at the end of a run, the geometric mean of both sides; what is relative is relative to it.
double metric_level(const Sides& sides);

}  // namespace expanalyze
