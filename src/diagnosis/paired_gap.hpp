// The difference d_t of the training losses of runs that saw the same batches: batch noise cancels in it (science
// handbook B1.2), so that it shows what the change did, and when.
#pragma once

#include <limits>
#include <vector>

#include "diagnosis/case.hpp"
#include "diagnosis/reaction.hpp"
#include "review/sides.hpp"
#include "stats/trend.hpp"

namespace expanalyze {

/// Experiment minus baseline at the common steps of one pair.
struct Gap {
  RunPair pair{};
  const Series* series = nullptr;  ///< the training loss of the experiment
  Curve curve;                     ///< d_t, with the experiment's lines
};

struct GapLevel {
  double mean = std::numeric_limits<double>::quiet_NaN();
  double within = mean;  ///< standard error from these records alone: block bootstrap, combined over pairs
  double total =
      mean;       ///< of what other seeds would give: from the spread of the pairs; of one pair, from the seed s.d.
  double df = 0;  ///< of `total`
  std::size_t records = 0, pairs = 0;
};

/// Empty unless the review found the sides paired without a shift, and not equal digit for digit.
std::vector<Gap> paired_gaps(const Case& c);
/// Mean of d_t between two shares of the common steps.
GapLevel gap_level(const Case& c, const std::vector<Gap>& gaps, double from_share, double to_share);
/// Slope of d_t per step between two steps, of block medians averaged over the pairs; interval at 0.95.
stats::RobustSlope gap_slope(const std::vector<Gap>& gaps, double from, double to);
/// The smallest difference of interest in units of the training loss; NaN where the metric is in others.
double gap_of_interest(const Case& c);

}  // namespace expanalyze
