// Location, spread and detrending of one series.
// Values are expected to be finite: dropping NaN is the caller's duty, because what was dropped must be reported.
// Too few values answer NaN. Nothing here throws.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace expanalyze::stats {

double mean(std::span<const double> x);
double median(std::span<const double> x);
/// With n - 1; NaN below two values.
double variance(std::span<const double> x);
double sd(std::span<const double> x);
/// 1.4826 median|x - median(x)|: estimates the s.d. of normal data, unmoved by outliers.
/// 1.4826 = 1 / quantile(normal, 3/4); Rousseeuw & Croux 1993, JASA 88:1273.
double mad(std::span<const double> x);
/// Type 7 of Hyndman & Fan 1996, Am. Stat. 50:361 (linear between order statistics, as R and NumPy); p is clamped to
/// [0, 1].
double quantile(std::span<const double> x, double p);

/// Median of the `window` values around each point; near the ends the window shrinks on both sides, so it stays centred
/// and a trend is followed up to the last point. An even window counts as the next odd one. O(n log window).
std::vector<double> running_median(std::span<const double> x, std::size_t window);
/// The series minus its running median, with the window shrunk to n/10 (odd, at least 5).
std::vector<double> detrend(std::span<const double> x, std::size_t window = 101);

/// Sum of neighbouring products over sum of squares about the mean; NaN for a constant or fewer than three values.
double lag1_autocorrelation(std::span<const double> x);

/// True when no value is NaN or infinite.
bool all_finite(std::span<const double> x);

}  // namespace expanalyze::stats
