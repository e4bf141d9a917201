#include "stats/trend.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "stats/descriptive.hpp"
#include "stats/distributions.hpp"

namespace expanalyze::stats {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr std::size_t kMostForPairs = 600;

// Every slope between two of the points stride, 2 stride, …
std::vector<double> pair_slopes(std::span<const double> x, std::span<const double> y, std::size_t stride) {
  std::vector<double> slopes;
  for (std::size_t i = 0; i < x.size(); i += stride) {
    for (std::size_t j = i + stride; j < x.size(); j += stride) {
      if (x[i] != x[j]) slopes.push_back((y[j] - y[i]) / (x[j] - x[i]));
    }
  }
  return slopes;
}

// Sums over a window of points, taken from an origin inside it so that large steps lose no digits.
struct Sums {
  double n = 0, x = 0, y = 0, xx = 0, xy = 0;
  void add(double dx, double v, double sign) {
    n += sign;
    x += sign * dx;
    y += sign * v;
    xx += sign * dx * dx;
    xy += sign * dx * v;
  }
  [[nodiscard]] double line_at(double dx) const {
    const double spread = xx - x * x / n;
    const double level = y / n;
    return spread > 1e-12 * xx ? level + (xy - x * y / n) / spread * (dx - x / n) : level;
  }
};

// The value at each point of the line through the window around it. Windows are cut off, not shrunk, at the ends: a
// line has no bias there. The sums slide, and start afresh at a new origin every `window` points, which keeps rounding
// in bounds.
std::vector<double> local_lines(std::span<const double> x, std::span<const double> y, std::size_t window) {
  const std::size_t n = x.size(), half = window / 2;
  std::vector<double> result(n);
  Sums sums;
  double x0 = 0, y0 = 0;
  std::size_t begin = 0, end = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t first = i > half ? i - half : 0, last = std::min(n, i + half + 1);
    if (i % (window + 1) == 0) {
      sums = {};
      x0 = x[i], y0 = y[i];
      begin = end = first;
    }
    for (; end < last; ++end) sums.add(x[end] - x0, y[end] - y0, 1);
    for (; begin < first; ++begin) sums.add(x[begin] - x0, y[begin] - y0, -1);
    result[i] = y0 + sums.line_at(x[i] - x0);
  }
  return result;
}

}  // namespace

Line least_squares(std::span<const double> x, std::span<const double> y) {
  const std::size_t n = std::min(x.size(), y.size());
  x = x.first(n), y = y.first(n);
  const double mx = mean(x), my = mean(y);
  double sxx = 0, sxy = 0;
  for (std::size_t i = 0; i < n; ++i) {
    sxx += (x[i] - mx) * (x[i] - mx);
    sxy += (x[i] - mx) * (y[i] - my);
  }
  if (!(sxx > 0)) return {kNaN, kNaN, kNaN, kNaN, n};
  const double slope = sxy / sxx;
  double squares = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double residual = y[i] - my - slope * (x[i] - mx);
    squares += residual * residual;
  }
  const double residual_sd = n > 2 ? std::sqrt(squares / static_cast<double>(n - 2)) : kNaN;
  return {my - slope * mx, slope, residual_sd / std::sqrt(sxx), residual_sd, n};
}

RobustSlope theil_sen(std::span<const double> x, std::span<const double> y, double confidence) {
  const std::size_t n = std::min(x.size(), y.size());
  if (!all_finite(x.first(n)) || !all_finite(y.first(n))) return {kNaN, -kInf, kInf};
  const std::size_t stride = std::max<std::size_t>(1, (n + kMostForPairs - 1) / kMostForPairs);
  std::vector<double> slopes = pair_slopes(x.first(n), y.first(n), stride);
  if (slopes.empty()) return {kNaN, -kInf, kInf};
  std::sort(slopes.begin(), slopes.end());
  const std::size_t used = (n + stride - 1) / stride;
  const auto points = static_cast<double>(used), pairs = static_cast<double>(slopes.size());
  // Kendall's score of n independent points has variance n (n - 1) (2n + 5) / 18.
  const double z = normal_quantile(0.5 + 0.5 * confidence);
  const double width = z * std::sqrt(points * (points - 1) * (2 * points + 5) / 18);
  const double rank = std::floor(0.5 * (pairs - width));
  if (!(rank >= 1)) return {median(slopes), -kInf, kInf};
  const auto low = static_cast<std::size_t>(rank) - 1;
  return {median(slopes), slopes[low], slopes[slopes.size() - 1 - low]};
}

std::vector<double> isotonic_decreasing(std::span<const double> y) {
  struct Block {
    double sum;
    std::size_t size;
    [[nodiscard]] double level() const { return sum / static_cast<double>(size); }
  };
  std::vector<Block> blocks;
  for (const double v : y) {
    Block block{v, 1};
    while (!blocks.empty() && blocks.back().level() < block.level()) {
      block = {blocks.back().sum + block.sum, blocks.back().size + block.size};
      blocks.pop_back();
    }
    blocks.push_back(block);
  }
  std::vector<double> result;
  result.reserve(y.size());
  for (const Block& block : blocks) result.insert(result.end(), block.size, block.level());
  return result;
}

std::vector<double> smooth(std::span<const double> x, std::span<const double> y, std::size_t window) {
  const std::size_t n = std::min(x.size(), y.size());
  return local_lines(x.first(n), running_median(y.first(n), window), std::max<std::size_t>(window, 1));
}

std::size_t smoothing_window(std::size_t n) { return std::clamp<std::size_t>(n / 50, 5, 501) | 1U; }

}  // namespace expanalyze::stats
