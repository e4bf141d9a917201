// Several tests at once.
#pragma once

#include <span>
#include <vector>

namespace expanalyze::stats {

/// p-values adjusted so that the chance of any false alarm among them stays below the level, whatever their dependence:
/// the k-th smallest of m times m - k + 1, never falling (Holm 1979, Scand. J. Stat. 6:65). NaN stays and counts for
/// none.
std::vector<double> holm(std::span<const double> p);

}  // namespace expanalyze::stats
