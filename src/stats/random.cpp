#include "stats/random.hpp"

#include <bit>
#include <cmath>

#include "stats/distributions.hpp"

namespace expanalyze::stats {
namespace {

constexpr std::uint64_t kGamma = 0x9e3779b97f4a7c15;  // 2^64 over the golden ratio, odd

// SplitMix64's output function: a bijection in which each input bit flips each output bit about half the time.
constexpr std::uint64_t mix(std::uint64_t v) {
  v = (v ^ (v >> 30U)) * 0xbf58476d1ce4e5b9;
  v = (v ^ (v >> 27U)) * 0x94d049bb133111eb;
  return v ^ (v >> 31U);
}

std::uint64_t canonical_bits(double v) {
  if (std::isnan(v)) return 0x7ff8000000000000;
  return std::bit_cast<std::uint64_t>(v == 0 ? 0.0 : v);
}

}  // namespace

std::uint64_t CounterRng::bits(std::uint64_t counter) const { return mix(mix(key_) + (counter + 1) * kGamma); }

double CounterRng::uniform(std::uint64_t counter) const { return static_cast<double>(bits(counter) >> 11U) * 0x1p-53; }

// By inversion, at the middles of 2^52 equal cells: never 0 or 1, so never infinite, and one draw a number.
double CounterRng::normal(std::uint64_t counter) const {
  return normal_quantile((static_cast<double>(bits(counter) >> 12U) + 0.5) * 0x1p-52);
}

std::uint64_t key_of(std::span<const double> x) {
  std::uint64_t key = mix(x.size() + kGamma);
  for (const double v : x) key = mix((key ^ canonical_bits(v)) + kGamma);
  return key;
}

}  // namespace expanalyze::stats
