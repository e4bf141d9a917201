#include "stats/pairing.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "stats/descriptive.hpp"
#include "stats/rank.hpp"

namespace expanalyze::stats {
namespace {

constexpr std::size_t kFewest = 200;
constexpr int kMostLag = 20;

std::vector<double> logs(std::span<const double> x) {
  std::vector<double> result(x.begin(), x.end());
  for (double& v : result) v = std::log(v);
  return result;
}

bool all_positive(std::span<const double> x) {
  return std::all_of(x.begin(), x.end(), [](double v) { return v > 0; });
}

// Ranks of what is left without the trend and the first 5 %, centred and scaled to a mean square of 1. Empty for a
// constant.
std::vector<double> residual_ranks(std::span<const double> x) {
  const std::vector<double> residuals = detrend(x);
  std::vector<double> ranks = average_ranks(std::span(residuals).subspan(x.size() / 20));
  const double centre = mean(ranks);
  double squares = 0;
  for (double& r : ranks) {
    r -= centre;
    squares += r * r;
  }
  if (!(squares > 0)) return {};
  const double scale = std::sqrt(static_cast<double>(ranks.size()) / squares);
  for (double& r : ranks) r *= scale;
  return ranks;
}

// Spearman's rho of a[i] and b[i + lag], with the ranks of the whole series: ranking each overlap anew would change the
// third digit and cost forty sorts.
double correlation_at(std::span<const double> a, std::span<const double> b, int lag) {
  const auto shift = static_cast<std::size_t>(std::abs(lag));
  const auto left = lag >= 0 ? a.first(a.size() - shift) : a.subspan(shift);
  const auto right = lag >= 0 ? b.subspan(shift) : b.first(b.size() - shift);
  double sum = 0;
  for (std::size_t i = 0; i < left.size(); ++i) sum += left[i] * right[i];
  return std::clamp(sum / static_cast<double>(left.size()), -1.0, 1.0);
}

}  // namespace

OrderPairing paired_by_order(std::span<const double> a, std::span<const double> b) {
  const OrderPairing untested{false, std::numeric_limits<double>::quiet_NaN(), 0, 0};
  if (a.size() != b.size() || a.size() < kFewest || !all_finite(a) || !all_finite(b)) return untested;
  const bool take_logs = all_positive(a) && all_positive(b);
  const std::vector<double> ra = take_logs ? residual_ranks(logs(a)) : residual_ranks(a);
  const std::vector<double> rb = take_logs ? residual_ranks(logs(b)) : residual_ranks(b);
  if (ra.empty() || rb.empty()) return untested;
  OrderPairing best{false, correlation_at(ra, rb, 0), 0, ra.size()};
  for (int distance = 1; distance <= kMostLag; ++distance) {  // nearest first: a tie goes to the smaller offset
    for (const int lag : {distance, -distance}) {
      const double rho = correlation_at(ra, rb, lag);
      if (rho > best.correlation) best.correlation = rho, best.lag = lag;
    }
  }
  best.paired = best.correlation > std::max(0.15, 5 / std::sqrt(static_cast<double>(best.n)));
  return best;
}

}  // namespace expanalyze::stats
