// Where a series changed its level most.
#pragma once

#include <cstddef>
#include <span>

namespace expanalyze::stats {

struct Shift {
  std::size_t index;     ///< first record of the second part; 0: could not be tested
  double before, after;  ///< medians of the two parts
  double score;  ///< |after - before| in MADs about these medians; inf for a clean step, 0 when nothing is significant
};

/// The one split that reduces the biweight cost sum min(r^2, (3 sigma)^2) most (Fearnhead & Rigaill 2019, JASA 114:169:
/// single outliers cannot pose as a shift), at least 20 records a side. Reported only when it pays the penalty 2.5
/// sigma^2 ln n, with sigma inflated for autocorrelated residuals.
Shift strongest_shift(std::span<const double> x);

}  // namespace expanalyze::stats
