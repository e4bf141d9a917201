// Lines and monotone curves through (x, y).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace expanalyze::stats {

struct Line {
  double intercept, slope;
  double slope_se;     ///< for independent residuals of one variance; NaN below three points
  double residual_sd;  ///< with n - 2; NaN below three points
  std::size_t n;
};
/// Ordinary least squares. All NaN when x has fewer than two different values.
Line least_squares(std::span<const double> x, std::span<const double> y);

struct RobustSlope {
  double slope, low, high;  ///< low/high: -inf/+inf when there are too few points for the confidence
};
/// Median of the slopes of all pairs (Theil 1950; Sen 1968, JASA 63:1379) with Sen's interval from the normal
/// approximation to Kendall's score. Above 600 points every k-th is used, k the least that brings them to 600: the
/// pairs grow with the square, and neighbouring records of a training log are no independent evidence anyway.
RobustSlope theil_sen(std::span<const double> x, std::span<const double> y, double confidence = 0.95);

/// Least-squares fit among the curves that never rise: pool adjacent violators (Ayer et al. 1955, Ann. Math. Stat.
/// 26:641).
std::vector<double> isotonic_decreasing(std::span<const double> y);

/// For plots and threshold crossings: centred running median against outliers, then a line through each window against
/// the median's steps. Symmetric, so it delays nothing, unlike a moving average of the past. `x` is not decreasing.
std::vector<double> smooth(std::span<const double> x, std::span<const double> y, std::size_t window);
/// The usual window for n points: 2 %, odd, at least 5, at most 501.
std::size_t smoothing_window(std::size_t n);

}  // namespace expanalyze::stats
