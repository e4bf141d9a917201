#include "stats/power.hpp"

#include <cmath>

#include "stats/distributions.hpp"

namespace expanalyze::stats {
namespace {

std::size_t seeds(double z, double sd, double distance) {
  const double n = std::ceil(2 * std::pow(z * sd / distance, 2));
  if (!(n < static_cast<double>(kMostSeeds))) return kMostSeeds;  // also when unknown: 0 / 0, no s.d.
  return n < 1 ? 1 : static_cast<std::size_t>(n);
}

}  // namespace

std::size_t seeds_to_detect(double difference, double sd, double power) {
  return seeds(normal_quantile(0.975) + normal_quantile(power), sd, difference);
}

std::size_t seeds_for_equivalence(double sesoi, double sd, double power) {
  return seeds(normal_quantile(0.95) + normal_quantile(0.5 + 0.5 * power), sd, sesoi);
}

}  // namespace expanalyze::stats
