// Standard error of the mean of neighbouring records of one run, which are correlated.
// Resampling single records would promise too much; the stationary bootstrap resamples blocks of geometric length
// (Politis & Romano 1994, JASA 89:1303).
// It answers how well *this run's* plateau is known, never whether a recipe is better: the seed is the unit of
// replication.
#pragma once

#include <cstddef>
#include <span>

namespace expanalyze::stats {

/// Mean block length by Politis & White 2004, Econometric Reviews 23:53, with the correction of Patton, Politis & White
/// 2009, 28:372. At least 5, at most n/4 (and at least 1).
std::size_t block_length(std::span<const double> residuals);

/// Standard deviation of the mean over stationary bootstrap resamples, with the block length above. It has a closed
/// form, so nothing is drawn: O(n). NaN below two values, 0 for a constant.
double bootstrap_se_of_mean(std::span<const double> residuals);

}  // namespace expanalyze::stats
