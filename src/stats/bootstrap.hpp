// Standard error of the mean of neighbouring records of one run, which are correlated.
// Resampling single records would promise too much; the stationary bootstrap resamples blocks of geometric length
// (Politis & Romano 1994, JASA 89:1303).
// It answers how well *this run's* plateau is known, never whether a recipe is better: the seed is the unit of
// replication.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "stats/random.hpp"

namespace expanalyze::stats {

/// Mean block length by Politis & White 2004, Econometric Reviews 23:53, with the correction of Patton, Politis & White
/// 2009, 28:372. At least 5, at most n/4 (and at least 1).
std::size_t block_length(std::span<const double> residuals);

/// Standard deviation of the mean over stationary bootstrap resamples, with the block length above. It has a closed
/// form, so nothing is drawn: O(n). NaN below two values, 0 for a constant.
double bootstrap_se_of_mean(std::span<const double> residuals);

/// The same for the median.
double bootstrap_se_of_median(std::span<const double> residuals, std::size_t resamples = 500);

/// Draws which of n records a resample holds, block by block around the end of the series. Two resamplers with one key
/// and one n draw the same blocks: that is how what two runs have in common stays in common.
class BlockDraw {
 public:
  BlockDraw(std::size_t n, std::size_t mean_block, std::uint64_t key);
  /// The records of the next resample; `index` keeps its memory from call to call.
  void next(std::vector<std::size_t>& index);

 private:
  std::size_t n_;
  CounterRng rng_;
  double log_stay_;
  std::uint64_t counter_ = 0;
};

}  // namespace expanalyze::stats
