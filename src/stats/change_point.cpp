#include "stats/change_point.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "stats/descriptive.hpp"
#include "stats/rank.hpp"

namespace expanalyze::stats {
namespace {

constexpr std::size_t kShortest = 20;  // records a side

struct Levels {
  double before, after;
};
Levels levels(std::span<const double> x, std::size_t split) {
  return {median(x.first(split)), median(x.subspan(split))};
}

// Where to start: the largest standardised sum of centred ranks (Pettitt 1979, Appl. Stat. 28:126, with the weights
// that make every split equally likely when nothing changed). Ranks, so that no outlier can pull it.
std::size_t rank_split(std::span<const double> x) {
  const std::vector<double> ranks = average_ranks(x);
  const auto n = static_cast<double>(x.size());
  double sum = 0, best = -1;
  std::size_t split = kShortest;
  for (std::size_t i = 0; i + kShortest < x.size(); ++i) {
    sum += ranks[i] - 0.5 * (n + 1);
    if (i + 1 < kShortest) continue;
    const auto left = static_cast<double>(i + 1);
    const double score = sum * sum / (left * (n - left));
    if (score > best) best = score, split = i + 1;
  }
  return split;
}

std::vector<double> residuals(std::span<const double> x, std::size_t split, Levels level) {
  std::vector<double> result(x.begin(), x.end());
  for (std::size_t i = 0; i < x.size(); ++i) result[i] -= i < split ? level.before : level.after;
  return result;
}

// MAD; the s.d. where more than half of the residuals are the same number (counts, flags).
double spread(std::span<const double> r) { return mad(r) > 0 ? mad(r) : sd(r); }

double biweight(double r, double sigma) { return std::min(r * r, 9 * sigma * sigma); }

// The split that costs least with these levels: one pass, moving records from the second part to the first.
std::size_t cheapest_split(std::span<const double> x, Levels level, double sigma) {
  double cost = 0, best = std::numeric_limits<double>::infinity();
  std::size_t split = kShortest;
  for (std::size_t i = 0; i + kShortest <= x.size(); ++i) {
    if (i >= kShortest && cost < best) best = cost, split = i;
    cost += biweight(x[i] - level.before, sigma) - biweight(x[i] - level.after, sigma);
  }
  return split;
}

double total_cost(std::span<const double> r, double sigma) {
  double cost = 0;
  for (const double v : r) cost += biweight(v, sigma);
  return cost;
}

// Neighbours that resemble each other carry less evidence: (1 + phi) / (1 - phi) records count as one.
double inflation(std::span<const double> r) {
  const double phi = lag1_autocorrelation(r);
  return phi > 0 ? (1 + phi) / std::max(1e-3, 1 - phi) : 1;
}

}  // namespace

Shift strongest_shift(std::span<const double> x) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  if (x.size() < 2 * kShortest || !all_finite(x)) return {0, nan, nan, 0};
  std::size_t split = rank_split(x);
  for (int round = 0; round < 3; ++round) {  // levels and split settle within two rounds
    const Levels level = levels(x, split);
    const double sigma = spread(residuals(x, split, level));
    if (sigma > 0) split = cheapest_split(x, level, sigma);
  }
  const Levels level = levels(x, split);
  const std::vector<double> r = residuals(x, split, level);
  const double sigma = spread(r), size = std::abs(level.after - level.before);
  const double overall = median(x);
  const double gain = total_cost(residuals(x, split, {overall, overall}), sigma) - total_cost(r, sigma);
  const double penalty = 2.5 * sigma * sigma * std::log(static_cast<double>(x.size())) * inflation(r);
  const bool clean = sigma == 0 && size > 0;  // a step without noise: every cost is 0
  if (!clean && !(gain > penalty)) return {split, level.before, level.after, 0};
  return {split, level.before, level.after, size / sigma};
}

}  // namespace expanalyze::stats
