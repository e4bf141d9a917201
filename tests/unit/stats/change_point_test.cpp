#include "stats/change_point.hpp"

#include <cmath>
#include <limits>

#include "support/catch.hpp"
#include "unit/stats/support.hpp"

using namespace expanalyze::stats;

namespace {

std::vector<double> noise(std::size_t n, std::uint64_t key, double phi = 0) {
  const CounterRng rng(key);
  std::vector<double> x(n);
  for (std::size_t i = 0; i < n; ++i) x[i] = testing::t4(rng, i) + (i > 0 ? phi * x[i - 1] : 0);
  return x;
}

std::size_t alarms(std::size_t n, double phi) {
  std::size_t count = 0;
  for (std::uint64_t key = 0; key < 200; ++key) count += strongest_shift(noise(n, key, phi)).score > 0 ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("a clean step") {
  std::vector<double> x(100, 1);
  for (std::size_t i = 70; i < 100; ++i) x[i] = 3;
  const Shift shift = strongest_shift(x);
  CHECK(shift.index == 70);
  CHECK(shift.before == 1);
  CHECK(shift.after == 3);
  CHECK(shift.score == std::numeric_limits<double>::infinity());
}

TEST_CASE("a step of 3 s.d. under heavy-tailed noise, near one end") {
  for (std::uint64_t key = 0; key < 20; ++key) {
    std::vector<double> x = noise(500, key);
    for (std::size_t i = 420; i < x.size(); ++i) x[i] -= 4;
    const Shift shift = strongest_shift(x);
    CHECK(static_cast<double>(shift.index) == Approx(420).margin(8));
    CHECK(shift.before - shift.after == Approx(4).margin(0.8));
    CHECK(shift.score == Approx(4 / 1.098).epsilon(0.3));  // the MAD of t4 is 1.098
  }
}

TEST_CASE("nothing changed: few alarms, also with correlated records") {
  CHECK(alarms(300, 0) <= 4);
  CHECK(alarms(300, 0.5) <= 10);
}

TEST_CASE("a burst of outliers is no shift") {
  std::vector<double> x = noise(400, 5);
  for (std::size_t i = 200; i < 215; ++i) x[i] += 1000;
  CHECK(strongest_shift(x).score == 0);
}

TEST_CASE("a flag that goes up: shares, not noise, decide") {
  const CounterRng rng(2);
  std::vector<double> rare(300), even(300), rising(300);
  for (std::size_t i = 0; i < 300; ++i) {
    const double u = rng.uniform(i);
    rare[i] = u < 0.3 ? 1 : 0;
    even[i] = u < 0.5 ? 1 : 0;
    rising[i] = u < (i < 150 ? 0.1 : 0.95) ? 1 : 0;
  }
  CHECK(strongest_shift(rare).score == 0);
  CHECK(strongest_shift(even).score == 0);
  CHECK(static_cast<double>(strongest_shift(rising).index) == Approx(150).margin(10));
  CHECK(strongest_shift(rising).score > 1);
}
