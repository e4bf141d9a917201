// How many seeds would answer the question.
#pragma once

#include <cstddef>

namespace expanalyze::stats {

/// Above this the effect, if any, is below what is worth chasing; both functions stop here.
inline constexpr std::size_t kMostSeeds = 50;

/// Seeds per arm to detect `difference` at 0.05 two-sided: ceil(2 (z_.975 + z_power)^2 sd^2 / difference^2), at
/// least 1.
std::size_t seeds_to_detect(double difference, double sd, double power = 0.8);
/// Seeds per arm to show equivalence within ±sesoi when the truth is 0: ceil(2 (z_.95 + z_{(1+power)/2})^2 sd^2 /
/// sesoi^2). Normal approximations: Chow, Shao & Wang 2008, Sample Size Calculations in Clinical Research, ch. 3.
std::size_t seeds_for_equivalence(double sesoi, double sd, double power = 0.8);

}  // namespace expanalyze::stats
