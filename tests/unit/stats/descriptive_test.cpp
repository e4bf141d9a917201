#include "stats/descriptive.hpp"

#include <cmath>

#include "stats/random.hpp"
#include "support/catch.hpp"

using namespace expanalyze::stats;

TEST_CASE("location and spread, worked by hand") {
  const std::vector<double> x{2, 4, 4, 4, 5, 5, 7, 9};
  CHECK(mean(x) == 5);
  CHECK(median(x) == 4.5);
  CHECK(variance(x) == Approx(32.0 / 7));
  CHECK(sd(x) == Approx(std::sqrt(32.0 / 7)));
  // |x - 4.5| = 2.5 .5 .5 .5 .5 .5 2.5 4.5 → median 0.5
  CHECK(mad(x) == Approx(0.5 * 1.4826).epsilon(1e-5));
  CHECK(median(std::vector<double>{3, 1, 2}) == 2);
}

TEST_CASE("quantile is type 7: R's quantile(c(1, 2, 3, 4, 10), c(.1, .25, .5, .9))") {
  const std::vector<double> x{10, 3, 1, 4, 2};
  CHECK(quantile(x, 0.1) == Approx(1.4));
  CHECK(quantile(x, 0.25) == 2);
  CHECK(quantile(x, 0.5) == 3);
  CHECK(quantile(x, 0.9) == Approx(7.6));
  CHECK(quantile(x, 0) == 1);
  CHECK(quantile(x, 7) == 10);
}

TEST_CASE("running median is centred, shrinks at the ends and ignores an outlier") {
  CHECK(running_median(std::vector<double>{1, 9, 2, 3, 100, 5, 6}, 3) == std::vector<double>{1, 2, 3, 3, 5, 6, 6});
  CHECK(running_median(std::vector<double>{1, 9, 2, 3, 100, 5, 6}, 5) == std::vector<double>{1, 2, 3, 5, 5, 6, 6});
  const std::vector<double> line{1, 2, 3, 4, 5, 6};
  CHECK(running_median(line, 5) == line);
  CHECK(running_median(line, 1000) == line);
  CHECK(running_median(line, 0) == line);
}

TEST_CASE("running median agrees with sorting each window") {
  const CounterRng rng(3);
  std::vector<double> x(400);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::floor(rng.uniform(i) * 20);  // many ties
  const std::vector<double> fast = running_median(x, 31);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t reach = std::min<std::size_t>({15, i, x.size() - 1 - i});
    REQUIRE(fast[i] == median(std::span(x).subspan(i - reach, 2 * reach + 1)));
  }
}

TEST_CASE("detrend leaves nothing of a line and the noise of a curve") {
  std::vector<double> x(1000);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = 3 - 0.002 * static_cast<double>(i);
  for (const double v : detrend(x)) REQUIRE(v == 0);
  x[500] += 1;
  CHECK(detrend(x)[500] == Approx(1).margin(0.003));
}

TEST_CASE("a short series is detrended with a window of a tenth") {
  // A bump of 11 in 100: the window 11 sees it as level, the whole 101 would leave it standing.
  std::vector<double> x(100, 0);
  for (std::size_t i = 40; i < 51; ++i) x[i] = 1;
  CHECK(detrend(x)[45] == 0);
  x.assign(1100, 0);
  for (std::size_t i = 500; i < 511; ++i) x[i] = 1;
  CHECK(detrend(x)[505] == 1);
}

TEST_CASE("lag-1 autocorrelation") {
  // Deviations -1.5 -.5 .5 1.5: products .75 - .25 + .75 over squares 5
  CHECK(lag1_autocorrelation(std::vector<double>{1, 2, 3, 4}) == Approx(0.25));
  CHECK(lag1_autocorrelation(std::vector<double>{1, -1, 1, -1}) == Approx(-0.75));
}
