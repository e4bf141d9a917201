#include <cmath>
#include <limits>

#include "stats/bootstrap.hpp"
#include "stats/descriptive.hpp"
#include "stats/random.hpp"
#include "support/catch.hpp"

using namespace expanalyze::stats;

namespace {

std::vector<double> autoregression(std::size_t n, double phi, std::uint64_t key) {
  const CounterRng rng(key);
  std::vector<double> x(n);
  x[0] = rng.normal(0) / std::sqrt(1 - phi * phi);
  for (std::size_t i = 1; i < n; ++i) x[i] = phi * x[i - 1] + rng.normal(i);
  return x;
}

// What infinitely many stationary resamples would give: Politis & Romano 1994, Lemma 1, with circular autocovariances.
double ideal_bootstrap_se(const std::vector<double>& x, double mean_block) {
  const std::size_t n = x.size();
  const double size = static_cast<double>(n), centre = mean(x), stay = 1 - 1 / mean_block;
  double sum = 0;
  for (std::size_t k = 0; k < n; ++k) {
    double covariance = 0;
    for (std::size_t i = 0; i < n; ++i) covariance += (x[i] - centre) * (x[(i + k) % n] - centre) / size;
    const double lag = static_cast<double>(k);
    const double weight = (1 - lag / size) * std::pow(stay, lag) + lag / size * std::pow(stay, size - lag);
    sum += k == 0 ? covariance : weight * covariance;
  }
  return std::sqrt(sum / size);
}

}  // namespace

TEST_CASE("counter-based numbers: uniform, normal, and a function of key and counter alone") {
  const CounterRng rng(42), same(42), other(43);
  CHECK(rng.bits(7) == same.bits(7));
  CHECK(rng.bits(7) != other.bits(7));
  CHECK(rng.bits(7) != rng.bits(8));
  std::vector<double> u(100'000), z(100'000);
  for (std::size_t i = 0; i < u.size(); ++i) u[i] = rng.uniform(i), z[i] = other.normal(i);
  // Standard errors: 0.2887 / sqrt(1e5) = 0.0009, 1 / sqrt(1e5) = 0.0032, 1 / sqrt(2e5) = 0.0022
  CHECK(mean(u) == Approx(0.5).margin(0.003));
  CHECK(sd(u) == Approx(std::sqrt(1.0 / 12)).margin(0.002));
  CHECK(mean(z) == Approx(0).margin(0.01));
  CHECK(sd(z) == Approx(1).margin(0.007));
  CHECK(lag1_autocorrelation(z) == Approx(0).margin(0.01));
}

TEST_CASE("the key depends on every value and on nothing else") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(key_of(std::vector<double>{1, 2}) == key_of(std::vector<double>{1, 2}));
  CHECK(key_of(std::vector<double>{1, 2}) != key_of(std::vector<double>{2, 1}));
  CHECK(key_of(std::vector<double>{0}) != key_of(std::vector<double>{0, 0}));
  CHECK(key_of(std::vector<double>{0.0, nan}) == key_of(std::vector<double>{-0.0, -nan}));
}

TEST_CASE("block length meets the optimum for AR(1) and stays in its bounds") {
  // (2 phi / (1 - phi^2))^(2/3) n^(1/3): 26.1 at phi = 0.5, n = 10 000; 96.5 at 0.9. Single estimates scatter by a
  // third.
  for (const double phi : {0.5, 0.9}) {
    std::vector<double> lengths;
    for (std::uint64_t key = 0; key < 31; ++key) {
      lengths.push_back(static_cast<double>(block_length(autoregression(10'000, phi, key))));
    }
    CHECK(median(lengths) == Approx(phi == 0.5 ? 26.1 : 96.5).epsilon(0.12));
  }
  CHECK(block_length(autoregression(2000, 0, 1)) == 5);   // the least
  CHECK(block_length(autoregression(20, 0.95, 1)) <= 5);  // a quarter of the points
}

TEST_CASE("one pass over the values gives the sum over all lags") {
  for (const double phi : {0.0, 0.6}) {
    const std::vector<double> x = autoregression(600, phi, 9);
    CHECK(bootstrap_se_of_mean(x) / ideal_bootstrap_se(x, static_cast<double>(block_length(x))) ==
          Approx(1).margin(1e-9));
  }
}

TEST_CASE("the standard error of an AR(1) mean is met within 15 %") {
  constexpr std::size_t kPoints = 2000;
  const double phi = 0.6, truth = 1 / (1 - phi) / std::sqrt(static_cast<double>(kPoints));
  double average = 0;  // records taken for independent would come to half of the truth
  for (std::uint64_t key = 0; key < 40; ++key) average += bootstrap_se_of_mean(autoregression(kPoints, phi, key)) / 40;
  CHECK(average / truth == Approx(1).margin(0.15));
}

TEST_CASE("the bootstrap repeats itself to the bit") {
  const std::vector<double> x = autoregression(300, 0.3, 4);
  CHECK(bootstrap_se_of_mean(x) == bootstrap_se_of_mean(x));
}
