#include "stats/rank.hpp"

#include <cmath>

#include "stats/descriptive.hpp"
#include "stats/random.hpp"
#include "support/catch.hpp"

using namespace expanalyze::stats;

namespace {

// The definition, in n^2 steps.
double tau_b_by_pairs(const std::vector<double>& a, const std::vector<double>& b) {
  double score = 0, untied_a = 0, untied_b = 0;
  const auto sign = [](double v) { return v > 0 ? 1.0 : v < 0 ? -1.0 : 0.0; };
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      score += sign(a[i] - a[j]) * sign(b[i] - b[j]);
      untied_a += a[i] != a[j] ? 1 : 0;
      untied_b += b[i] != b[j] ? 1 : 0;
    }
  }
  return score / std::sqrt(untied_a * untied_b);
}

}  // namespace

TEST_CASE("ties share their ranks") {
  CHECK(average_ranks(std::vector<double>{10, 20, 10, 30, 10}) == std::vector<double>{2, 4, 2, 5, 2});
}

TEST_CASE("Spearman") {
  // d = 0 1 -1 1 -1 → 1 - 6·4 / (5·24) = 0.8
  CHECK(spearman(std::vector<double>{1, 2, 3, 4, 5}, std::vector<double>{10, 30, 20, 500, 40}) == Approx(0.8));
  // IQ and hours of television a week, ten people: sum d^2 = 194 → 1 - 6·194 / 990 = -29/165
  CHECK(spearman(std::vector<double>{106, 100, 86, 101, 99, 103, 97, 113, 112, 110},
                 std::vector<double>{7, 27, 2, 50, 28, 29, 20, 12, 6, 17}) == Approx(-29.0 / 165));
  // Ties: ranks 1.5 1.5 3 4 and 1 2 3.5 3.5, from 2.5: products 1.5 + .5 + .5 + 1.5 = 4, squares 4.5 each
  CHECK(spearman(std::vector<double>{1, 1, 2, 3}, std::vector<double>{5, 6, 7, 7}) == Approx(4 / 4.5));
}

TEST_CASE("Kendall's tau-b") {
  // Pairs of 1 2 3 4 against 1 3 2 4: five agree, one does not
  CHECK(kendall(std::vector<double>{1, 2, 3, 4}, std::vector<double>{1, 3, 2, 4}) == Approx(4.0 / 6));
  CHECK(kendall(std::vector<double>{1, 2, 3}, std::vector<double>{9, 5, 1}) == -1);
  const CounterRng rng(11);
  std::vector<double> a(200), b(200);
  for (std::size_t i = 0; i < a.size(); ++i) {
    a[i] = std::floor(12 * rng.uniform(2 * i));
    b[i] = std::floor(0.5 * a[i] + 6 * rng.uniform(2 * i + 1));
  }
  CHECK(kendall(a, b) == Approx(tau_b_by_pairs(a, b)).epsilon(1e-12));
}

TEST_CASE("whitening turns an AR(2) back into its innovations") {
  const CounterRng rng(8);
  std::vector<double> x(3000), news(3000);
  for (std::size_t i = 0; i < x.size(); ++i) {
    news[i] = rng.normal(i);
    x[i] = news[i] + (i > 1 ? 1.2 * x[i - 1] - 0.5 * x[i - 2] : 0);
  }
  const std::vector<double> residuals = prewhiten(x);
  REQUIRE(residuals.size() == 2990);
  CHECK(pearson(residuals, std::span<const double>(news).subspan(10)) > 0.99);
  CHECK(lag1_autocorrelation(residuals) == Approx(0).margin(0.05));
}

TEST_CASE("whitening takes the common trend out of two unrelated falling curves") {
  const CounterRng rng(21);
  std::vector<double> a(2000), b(2000);
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double t = static_cast<double>(i) + 50;
    a[i] = 10 / std::sqrt(t) + 0.05 * rng.normal(2 * i);
    b[i] = 300 / t + 0.05 * rng.normal(2 * i + 1);
  }
  CHECK(pearson(a, b) > 0.9);
  CHECK(std::abs(pearson(prewhiten(a), prewhiten(b))) < 0.1);
}
