#include "stats/power.hpp"

#include <cmath>

#include "stats/distributions.hpp"

namespace expanalyze::stats {
namespace {

/// P(T > critical) for a noncentral t: Abramowitz & Stegun 26.7.10.
double beyond(double critical, double noncentrality, double df) {
  if (std::isinf(df)) return normal_cdf(noncentrality - critical);
  return normal_cdf((noncentrality - critical * (1 - 1 / (4 * df))) / std::sqrt(1 + critical * critical / (2 * df)));
}

/// The z formula, 2 (z_.975 + z_.8)^2 s^2 / d^2, has 59 % power where it asks for two seeds and 80 %.
std::size_t seeds(double distance, double sd, double prior_df, double quantile, double power) {
  if (!(std::abs(distance) > 0) || !(sd >= 0)) return kMostSeeds;  // nothing to find, or no s.d.
  for (std::size_t n = 1; n < kMostSeeds; ++n) {
    const double df = std::fmax(0.0, prior_df) + 2 * static_cast<double>(n) - 2;
    if (!(df > 0)) continue;
    const double noncentrality = std::abs(distance) / (sd * std::sqrt(2 / static_cast<double>(n)));
    if (sd == 0 || beyond(student_t_quantile(quantile, df), noncentrality, df) >= power) return n;
  }
  return kMostSeeds;
}

}  // namespace

std::size_t seeds_to_detect(double difference, double sd, double prior_df, double power) {
  return seeds(difference, sd, prior_df, 0.975, power);
}

std::size_t seeds_for_equivalence(double sesoi, double sd, double prior_df, double power) {
  return seeds(sesoi, sd, prior_df, 0.95, 0.5 + 0.5 * power);  // both tests have to reject
}

}  // namespace expanalyze::stats
