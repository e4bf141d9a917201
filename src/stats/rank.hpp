// Association of two series, and the whitening it needs first.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace expanalyze::stats {

/// 1-based ranks; ties share the average of theirs.
std::vector<double> average_ranks(std::span<const double> x);
/// Pearson's correlation; NaN when a side is constant, shorter than two, or the lengths differ.
double pearson(std::span<const double> a, std::span<const double> b);
/// Pearson's correlation of the average ranks (Spearman 1904); NaN like pearson().
double spearman(std::span<const double> a, std::span<const double> b);
/// tau-b, which allows for ties (Kendall 1945, Biometrika 33:239); O(n log n) after Knight 1966, JASA 61:436. NaN like
/// pearson().
double kendall(std::span<const double> a, std::span<const double> b);

/// What is new at each point: residuals of an autoregression on the `order` values before, fitted by Burg's method
/// (Burg 1975; Kay & Marple 1981, Proc. IEEE 69:1380), which unlike Yule-Walker is not biased when the series drifts.
/// The first `order` points have no full past and are left out. The order shrinks to n/10; a constant gives zeros. Two
/// training curves correlate because both fall: on raw curves the largest cross-correlation was "significant" in 81-87
/// % of unrelated pairs, after whitening in 5-7.5 %.
std::vector<double> prewhiten(std::span<const double> x, std::size_t order = 10);

/// Lag-1 autocorrelation about the median with values clipped at 3 MAD, so that a burst of outliers is no memory.
double robust_lag1(std::span<const double> x);

}  // namespace expanalyze::stats
