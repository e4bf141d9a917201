#include "stats/lead_lag.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "stats/descriptive.hpp"
#include "stats/distributions.hpp"
#include "stats/rank.hpp"

namespace expanalyze::stats {
namespace {

constexpr std::size_t kFewest = 200;
constexpr int kMostLag = 30;

// Centred, with a mean square of 1; empty for a constant.
std::vector<double> news(std::span<const double> x) {
  std::vector<double> out = prewhiten(x, 10);
  const double centre = mean(out);
  double squares = 0;
  for (double& v : out) v -= centre, squares += v * v;
  if (!(squares > 0)) return {};
  const double scale = std::sqrt(static_cast<double>(out.size()) / squares);
  for (double& v : out) v *= scale;
  return out;
}

double correlation_at(const std::vector<double>& a, const std::vector<double>& b, int lag) {
  const auto shift = static_cast<std::size_t>(std::abs(lag));
  double sum = 0;
  for (std::size_t i = 0; i + shift < a.size(); ++i) sum += lag >= 0 ? a[i] * b[i + shift] : a[i + shift] * b[i];
  return sum / static_cast<double>(a.size());
}

}  // namespace

LeadLag lead_lag(std::span<const double> first, std::span<const double> second, std::size_t tests) {
  LeadLag out{0, std::numeric_limits<double>::quiet_NaN(), 1, 0};
  if (first.size() != second.size() || first.size() < kFewest || !all_finite(first) || !all_finite(second)) return out;
  const std::vector<double> a = news(first), b = news(second);
  if (a.empty() || b.empty()) return out;
  out.n = a.size();
  const double lags = 2 * kMostLag + 1;
  out.threshold = normal_quantile(1 - 0.01 / (2 * lags * static_cast<double>(std::max<std::size_t>(1, tests)))) /
                  std::sqrt(static_cast<double>(out.n));
  out.correlation = correlation_at(a, b, 0);
  for (int distance = 1; distance <= kMostLag; ++distance)  // nearest first: a tie goes to the smaller lag
    for (const int lag : {distance, -distance})
      if (const double r = correlation_at(a, b, lag); std::abs(r) > std::abs(out.correlation))
        out.correlation = r, out.lag = lag;
  return out;
}

}  // namespace expanalyze::stats
