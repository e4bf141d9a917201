// All the places where a series changed its level.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace expanalyze::stats {

/// First records of every segment but the first, in order. The segmentation that minimises
/// sum min((x - level)^2, (3 sigma)^2) + 2.5 sigma^2 ln n for each change, segments of 20 records or more: the biweight
/// cost of Fearnhead & Rigaill 2019, JASA 114:169 (arXiv:1609.07363), which no single outlier can bend.
/// A series whose neighbours correlate beyond 0.2 is whitened by its AR(1) first. For series without a trend: the
/// difference of two runs, residuals, ratios. Empty when nothing changed, for fewer than 40 records, and where a value
/// is not finite.
std::vector<std::size_t> change_points(std::span<const double> x);

}  // namespace expanalyze::stats
