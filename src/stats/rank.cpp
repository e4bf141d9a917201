#include "stats/rank.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include "stats/descriptive.hpp"

namespace expanalyze::stats {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// Merge sort that counts the swaps a bubble sort would make.
std::uint64_t sort_counting_swaps(std::span<double> v, std::vector<double>& scratch) {
  if (v.size() < 2) return 0;
  const std::size_t half = v.size() / 2;
  std::uint64_t swaps = sort_counting_swaps(v.first(half), scratch) + sort_counting_swaps(v.subspan(half), scratch);
  scratch.clear();
  std::size_t i = 0, j = half;
  while (i < half && j < v.size()) {
    if (v[j] < v[i]) swaps += half - i;
    scratch.push_back(v[j] < v[i] ? v[j++] : v[i++]);
  }
  while (i < half) scratch.push_back(v[i++]);
  std::copy(scratch.begin(), scratch.end(), v.begin());  // what is left of the second half is in place already
  return swaps;
}

// Pairs of equal neighbours in a sorted sequence, counted within runs.
template <class T>
double tied_pairs(const std::vector<T>& sorted) {
  double pairs = 0, run = 1;
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    run = sorted[i] == sorted[i - 1] ? run + 1 : 1;
    pairs += run - 1;
  }
  return pairs;
}

// One step of Burg's recursion: the reflection coefficient that leaves the least forward and backward error.
double reflection(const std::vector<double>& forward, const std::vector<double>& backward, std::size_t m) {
  double product = 0, energy = 0;
  for (std::size_t t = m; t < forward.size(); ++t) {
    product += forward[t] * backward[t - 1];
    energy += forward[t] * forward[t] + backward[t - 1] * backward[t - 1];
  }
  return energy > 0 ? 2 * product / energy : 0;
}

}  // namespace

std::vector<double> average_ranks(std::span<const double> x) {
  std::vector<double> rank(x.size(), kNaN);
  if (!all_finite(x)) return rank;
  std::vector<std::pair<double, std::uint32_t>> order(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) order[i] = {x[i], static_cast<std::uint32_t>(i)};
  std::sort(order.begin(), order.end());
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    while (end < order.size() && order[end].first == order[begin].first) ++end;
    const double shared = 0.5 * static_cast<double>(begin + 1 + end);
    for (std::size_t i = begin; i < end; ++i) rank[order[i].second] = shared;
  }
  return rank;
}

double pearson(std::span<const double> a, std::span<const double> b) {
  if (a.size() != b.size() || a.size() < 2) return kNaN;
  const double ma = mean(a), mb = mean(b);
  double aa = 0, bb = 0, ab = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    aa += (a[i] - ma) * (a[i] - ma);
    bb += (b[i] - mb) * (b[i] - mb);
    ab += (a[i] - ma) * (b[i] - mb);
  }
  return aa > 0 && bb > 0 ? std::clamp(ab / std::sqrt(aa) / std::sqrt(bb), -1.0, 1.0) : kNaN;
}

double spearman(std::span<const double> a, std::span<const double> b) {
  return pearson(average_ranks(a), average_ranks(b));
}

double kendall(std::span<const double> a, std::span<const double> b) {
  if (a.size() != b.size() || a.size() < 2 || !all_finite(a) || !all_finite(b)) return kNaN;
  std::vector<std::pair<double, double>> points(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) points[i] = {a[i], b[i]};
  std::sort(points.begin(), points.end());
  std::vector<double> first(a.size()), second(a.size()), scratch;
  for (std::size_t i = 0; i < a.size(); ++i) {
    first[i] = points[i].first;
    second[i] = points[i].second;
  }
  scratch.reserve(a.size());
  const auto n = static_cast<double>(a.size());
  const auto discordant = static_cast<double>(sort_counting_swaps(second, scratch));
  const double all = n * (n - 1) / 2;
  const double not_tied_a = all - tied_pairs(first), not_tied_b = all - tied_pairs(second);
  if (!(not_tied_a > 0 && not_tied_b > 0)) return kNaN;
  const double untied =
      not_tied_a + not_tied_b - all + tied_pairs(points);  // in both: ties in both were taken off twice
  return std::clamp((untied - 2 * discordant) / std::sqrt(not_tied_a) / std::sqrt(not_tied_b), -1.0, 1.0);
}

std::vector<double> prewhiten(std::span<const double> x, std::size_t order) {
  order = std::min(order, x.size() / 10);
  std::vector<double> forward(x.begin(), x.end());
  const double centre = mean(x);
  const bool constant = std::all_of(x.begin(), x.end(), [&](double v) { return v == x.front(); });
  for (double& v : forward) v = constant ? 0 : v - centre;
  std::vector<double> backward = forward;
  for (std::size_t m = 1; m <= order; ++m) {
    const double k = reflection(forward, backward, m);
    for (std::size_t t = x.size() - 1; t >= m;
         --t) {  // from the end: backward[t - 1] is still that of the order before
      const double f = forward[t];
      forward[t] = f - k * backward[t - 1];
      backward[t] = backward[t - 1] - k * f;
    }
  }
  forward.erase(forward.begin(), forward.begin() + static_cast<std::ptrdiff_t>(order));
  return forward;
}

double robust_lag1(std::span<const double> x) {
  const double centre = median(x), reach = 3 * mad(x);
  std::vector<double> clipped(x.begin(), x.end());
  if (reach > 0)
    for (double& v : clipped) v = std::clamp(v, centre - reach, centre + reach);
  return lag1_autocorrelation(clipped);
}

}  // namespace expanalyze::stats
