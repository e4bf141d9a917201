#include "store/alignment.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace expanalyze {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kWidestGap = 3;    // A3: times the local median spacing
constexpr std::size_t kAround = 3;  // spacings on each side that the median is taken of

/// The gap before point `at` over the median of the spacings around it, itself included.
template <class Scale>
double relative_gap(const std::vector<double>& x, std::size_t at, Scale scale) {
  std::array<double, 2 * kAround + 1> apart{};
  std::size_t n = 0;
  const std::size_t first = at > kAround ? at - kAround : 1;
  for (std::size_t i = first; i <= std::min(at + kAround, x.size() - 1); ++i)
    apart[n++] = scale(x[i]) - scale(x[i - 1]);
  const auto end = apart.begin() + static_cast<std::ptrdiff_t>(n);
  std::sort(apart.begin(), end);
  const double median = 0.5 * (apart[(n - 1) / 2] + apart[n / 2]);
  return (scale(x[at]) - scale(x[at - 1])) / median;
}

bool joined(const Curve& curve, std::size_t at) {
  if (std::binary_search(curve.breaks.begin(), curve.breaks.end(), curve.step[at])) return false;
  if (relative_gap(curve.step, at, [](double x) { return x; }) <= kWidestGap) return true;
  const std::size_t first = at > kAround ? at - kAround - 1 : 0;
  return curve.step[first] > 0 && relative_gap(curve.step, at, [](double x) { return std::log(x); }) <= kWidestGap;
}

}  // namespace

double read_at(const Curve& curve, double x, double straight_from) {
  if (curve.empty() || !(x >= curve.step.front()) || x > curve.step.back()) return kNan;
  const auto at =
      static_cast<std::size_t>(std::lower_bound(curve.step.begin(), curve.step.end(), x) - curve.step.begin());
  if (curve.step[at] == x) return curve.value[at];
  if (!joined(curve, at)) return kNan;
  const double x0 = curve.step[at - 1], x1 = curve.step[at], y0 = curve.value[at - 1], y1 = curve.value[at];
  if (x0 > 0 && y0 > 0 && y1 > 0 && x0 < straight_from)
    return y0 * std::pow(y1 / y0, std::log(x / x0) / std::log(x1 / x0));
  return y0 + (y1 - y0) * (x - x0) / (x1 - x0);
}

}  // namespace expanalyze
