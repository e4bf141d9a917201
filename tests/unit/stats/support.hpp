// Made-up training logs for the tests of series.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "stats/random.hpp"

namespace expanalyze::stats::testing {

/// Student's t with 4 degrees of freedom, about as heavy-tailed as the batch noise of a language model's log loss.
inline double t4(const CounterRng& rng, std::uint64_t counter) {
  double chi2 = 0;
  for (std::uint64_t k = 1; k < 5; ++k) chi2 += std::pow(rng.normal(5 * counter + k), 2);
  return rng.normal(5 * counter) / std::sqrt(chi2 / 4);
}

/// 2 + 8 / sqrt(t) with 2 % of t4 noise in the log.
inline std::vector<double> clean_loss(std::size_t n, std::uint64_t key, double noise = 0.02) {
  const CounterRng rng(key);
  std::vector<double> loss(n);
  for (std::size_t i = 0; i < n; ++i) {
    loss[i] = (2 + 8 / std::sqrt(static_cast<double>(i) + 20)) * std::exp(noise * t4(rng, i));
  }
  return loss;
}

}  // namespace expanalyze::stats::testing
