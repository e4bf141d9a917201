#include "stats/trend.hpp"

#include <cmath>
#include <limits>

#include "stats/random.hpp"
#include "support/catch.hpp"

using namespace expanalyze::stats;

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

std::vector<double> counting(std::size_t n) {
  std::vector<double> x(n);
  for (std::size_t i = 0; i < n; ++i) x[i] = static_cast<double>(i);
  return x;
}

}  // namespace

TEST_CASE("least squares, worked by hand") {
  // mean x 3, mean y 4; Sxx 10, Sxy 6 → slope 0.6; residuals -.8 .6 1 -.6 -.2, squares 2.4, sd sqrt(2.4 / 3)
  const Line line = least_squares(std::vector<double>{1, 2, 3, 4, 5}, std::vector<double>{2, 4, 5, 4, 5});
  CHECK(line.slope == Approx(0.6));
  CHECK(line.intercept == Approx(2.2));
  CHECK(line.residual_sd == Approx(std::sqrt(0.8)));
  CHECK(line.slope_se == Approx(std::sqrt(0.08)));
  CHECK(line.n == 5);
}

TEST_CASE("least squares keeps its digits far from the origin") {
  std::vector<double> x = counting(50), y(50);
  for (std::size_t i = 0; i < 50; ++i) {
    x[i] += 1e9;
    y[i] = 3e-6 * static_cast<double>(i);
  }
  CHECK(least_squares(x, y).slope == Approx(3e-6).epsilon(1e-9));
}

TEST_CASE("Theil-Sen is the median of the pair slopes, with Sen's interval") {
  // Slopes 1, 1, 10, 1, 14.5, 28 → median 5.5. Four points cannot give 95 %.
  const RobustSlope four = theil_sen(std::vector<double>{0, 1, 2, 3}, std::vector<double>{0, 1, 2, 30});
  CHECK(four.slope == Approx(5.5));
  CHECK(four.low == -kInf);
  CHECK(four.high == kInf);

  // Ten points on y = 2x, the last moved to 0: 36 slopes of 2 of 45, and 9 from 0 - 2i over 9 - i, all below 2.
  // Kendall: variance 10·9·25/18 = 125; (45 - 1.96 sqrt(125)) / 2 = 11.5 → the 11th from either end.
  std::vector<double> x = counting(10), y(10);
  for (std::size_t i = 0; i < 9; ++i) y[i] = 2 * x[i];
  const RobustSlope ten = theil_sen(x, y);
  CHECK(ten.slope == 2);
  CHECK(ten.low == 2);
  CHECK(ten.high == 2);
}

TEST_CASE("Theil-Sen's interval covers the slope as often as it says") {
  const std::vector<double> x = counting(40);
  int covered = 0;
  for (std::uint64_t key = 0; key < 400; ++key) {
    const CounterRng rng(key);
    std::vector<double> y(40);
    for (std::size_t i = 0; i < 40; ++i) y[i] = 0.1 * x[i] + rng.normal(i);
    const RobustSlope fit = theil_sen(x, y);
    covered += fit.low <= 0.1 && 0.1 <= fit.high ? 1 : 0;
  }
  CHECK(covered >= 368);  // 92 %
  CHECK(covered <= 392);  // 98 %
}

TEST_CASE("Theil-Sen thins long series and still finds the slope") {
  std::vector<double> x = counting(100'000), y(100'000);
  for (std::size_t i = 0; i < x.size(); ++i) y[i] = -3 * x[i];
  CHECK(theil_sen(x, y).slope == Approx(-3));
}

TEST_CASE("isotonic fit pools adjacent violators") {
  // 4 5 → 4.5; then 1 3 2 → 2 2 2 because 1 3 → 2 and 2 2 stay
  CHECK(isotonic_decreasing(std::vector<double>{6, 4, 5, 1, 3, 2}) == std::vector<double>{6, 4.5, 4.5, 2, 2, 2});
  CHECK(isotonic_decreasing(std::vector<double>{1, 2, 3}) == std::vector<double>{2, 2, 2});
  CHECK(isotonic_decreasing(std::vector<double>{3, 2, 1}) == std::vector<double>{3, 2, 1});
}

TEST_CASE("smoothing leaves a line alone, up to both ends, at any offset") {
  std::vector<double> x = counting(1000), y(1000);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = 1e7 + 50 * x[i];
    y[i] = 4 - 1e-7 * x[i];
  }
  const std::vector<double> s = smooth(x, y, 21);
  for (std::size_t i = 0; i < x.size(); ++i) REQUIRE(s[i] == Approx(y[i]).epsilon(1e-12));
}

TEST_CASE("smoothing does not delay a bend and reduces noise") {
  const CounterRng rng(5);
  std::vector<double> x = counting(2001), y(2001);
  for (std::size_t i = 0; i < x.size(); ++i) y[i] = std::abs(x[i] - 1000) / 1000 + 0.1 * rng.normal(i);
  const std::vector<double> s = smooth(x, y, 101);
  double worst = 0;
  std::size_t lowest = 0;
  for (std::size_t i = 100; i < 1900; ++i) {
    worst = std::max(worst, std::abs(s[i] - std::abs(x[i] - 1000) / 1000));
    if (s[i] < s[lowest]) lowest = i;
  }
  CHECK(worst < 0.06);
  CHECK(static_cast<double>(lowest) == Approx(1000).margin(60));
}

TEST_CASE("smoothing knows no direction: the mirrored series gives the mirrored curve") {
  const CounterRng rng(12);
  std::vector<double> x = counting(300), y(300), back(300);
  for (std::size_t i = 0; i < 300; ++i) y[i] = 5 / (x[i] + 10) + 0.1 * rng.normal(i);
  for (std::size_t i = 0; i < 300; ++i) back[i] = y[299 - i];
  const std::vector<double> forth = smooth(x, y, 15), mirrored = smooth(x, back, 15);
  for (std::size_t i = 0; i < 300; ++i) REQUIRE(forth[i] == Approx(mirrored[299 - i]).epsilon(1e-9));
}

TEST_CASE("usual smoothing windows") {
  CHECK(smoothing_window(10) == 5);
  CHECK(smoothing_window(5000) == 101);
  CHECK(smoothing_window(1'000'000) == 501);
}
