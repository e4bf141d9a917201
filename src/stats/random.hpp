// Random numbers without state: draw number `counter` of the stream `key` is a pure function of both.
// Everything resampled takes its key from the data, so the same logs give the same report on every machine, in any
// order of evaluation, and two analyses never share a stream by accident. Idea: Salmon et al. 2011, "Parallel random
// numbers: as easy as 1, 2, 3", SC11 (a bijective mixer over a counter). Mixer: SplitMix64, Steele, Lea & Flood 2014,
// "Fast splittable pseudorandom number generators", OOPSLA.
#pragma once

#include <cstdint>
#include <span>

namespace expanalyze::stats {

class CounterRng {
 public:
  explicit CounterRng(std::uint64_t key) : key_(key) {}
  [[nodiscard]] std::uint64_t bits(std::uint64_t counter) const;
  /// In [0, 1), 53 bits.
  [[nodiscard]] double uniform(std::uint64_t counter) const;
  /// Standard normal.
  [[nodiscard]] double normal(std::uint64_t counter) const;

 private:
  std::uint64_t key_;
};

/// A key from the values themselves. -0.0 counts as 0.0 and every NaN as the same NaN: equal data, equal stream.
std::uint64_t key_of(std::span<const double> x);

}  // namespace expanalyze::stats
