#include "stats/bca.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "stats/descriptive.hpp"
#include "stats/multiplicity.hpp"
#include "stats/random.hpp"
#include "support/catch.hpp"

using namespace expanalyze::stats;

namespace {

std::vector<double> draws(std::uint64_t key, std::size_t n, double shift, bool skewed) {
  const CounterRng rng(key);
  std::vector<double> out;
  for (std::size_t i = 0; i < n; ++i) out.push_back(shift + (skewed ? -std::log1p(-rng.uniform(i)) : rng.normal(i)));
  return out;
}

}  // namespace

TEST_CASE("BCa: an interval about the difference that mirrors when the arms are swapped") {
  const auto b = draws(1, 10, 0, false), e = draws(2, 10, 1, false);
  const Interval there = bca_interval(b, e), back = bca_interval(e, b);
  const double difference = mean(e) - mean(b);
  CHECK(there.low < difference);
  CHECK(there.high > difference);
  CHECK(there.low == Approx(-back.high).margin(1e-9));
  CHECK(there.high == Approx(-back.low).margin(1e-9));
  const Interval again = bca_interval(b, e);
  CHECK(again.low == there.low);
  CHECK(again.high == there.high);
}

TEST_CASE("BCa: nothing is said of fewer than five values an arm") {
  const std::vector<double> four{1, 2, 3, 4}, five{1, 2, 3, 4, 5};
  CHECK(std::isinf(bca_interval(four, five).high));
  CHECK(std::isfinite(bca_interval(five, five).high));
}

TEST_CASE("BCa: covers the truth for skewed values about as often as it says") {
  // Exponential values, 20 an arm, 400 times. Percentile methods are a little short at such sizes: 93 % for 95 %.
  int covered = 0;
  for (std::uint64_t t = 0; t < 400; ++t) {
    const Interval i = bca_interval(draws(2 * t, 20, 0, true), draws(2 * t + 1, 20, 0.5, true), 0.95, 1000);
    covered += i.low <= 0.5 && i.high >= 0.5 ? 1 : 0;
  }
  CHECK(covered >= 0.90 * 400);
  CHECK(covered <= 0.98 * 400);
}

TEST_CASE("Holm: the smallest p times their number, the next times one less, never falling") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto p = holm(std::vector<double>{0.04, 0.01, nan, 0.03});
  CHECK(p[1] == Approx(0.03));
  CHECK(p[3] == Approx(0.06));
  CHECK(p[0] == Approx(0.06));
  CHECK(std::isnan(p[2]));
  CHECK(holm(std::vector<double>{0.9, 0.8})[0] == 1);
}

TEST_CASE("chi-squared quantiles as in the tables") {
  CHECK(chi_squared_quantile(0.95, 1) == Approx(3.841459).epsilon(1e-6));
  CHECK(chi_squared_quantile(0.025, 7) == Approx(1.689869).epsilon(1e-6));
  CHECK(chi_squared_quantile(0.975, 7) == Approx(16.01276).epsilon(1e-6));
  CHECK(chi_squared_quantile(0.5, 100) == Approx(99.33413).epsilon(1e-6));
}
