// How many seeds would answer the question.
#pragma once

#include <cstddef>

namespace expanalyze::stats {

/// Above this the effect, if any, is below what is worth chasing; both functions stop here.
inline constexpr std::size_t kMostSeeds = 50;

/// Seeds per arm to detect `difference` at 0.05 two-sided by the moderated t, whose prior is worth `prior_df` degrees
/// of freedom: the fewest n whose noncentral t with prior_df + 2 n - 2 of them lies beyond the critical value with
/// probability `power`. At least 1; at least 2 without a prior.
std::size_t seeds_to_detect(double difference, double sd, double prior_df = 0, double power = 0.8);
/// Seeds per arm to show equivalence within ±sesoi by two one-sided tests when the truth is 0.
std::size_t seeds_for_equivalence(double sesoi, double sd, double prior_df = 0, double power = 0.8);

}  // namespace expanalyze::stats
