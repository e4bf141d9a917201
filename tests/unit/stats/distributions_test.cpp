#include "stats/distributions.hpp"

#include <cmath>
#include <limits>

#include "support/catch.hpp"

using namespace expanalyze::stats;

// Quantiles as printed in NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7, with more digits where closed forms
// give them.
TEST_CASE("normal distribution") {
  CHECK(normal_cdf(0) == 0.5);
  CHECK(normal_cdf(1.96) == Approx(0.9750021049).epsilon(1e-9));
  CHECK(normal_quantile(0.975) == Approx(1.959963984540054).epsilon(1e-13));
  CHECK(normal_quantile(0.995) == Approx(2.575829303548901).epsilon(1e-13));
  CHECK(normal_quantile(0.5) == Approx(0).margin(1e-15));
  CHECK(normal_quantile(1e-10) == Approx(-6.361340902404).epsilon(1e-11));
  CHECK(normal_cdf(normal_quantile(1e-250)) == Approx(1e-250).epsilon(1e-9));
  CHECK(normal_quantile(0) == -std::numeric_limits<double>::infinity());
  CHECK(normal_quantile(1) == std::numeric_limits<double>::infinity());
  CHECK(std::isnan(normal_quantile(1.5)));
}

TEST_CASE("Student's t against printed tables") {
  CHECK(student_t_quantile(0.975, 1) == Approx(12.7062).epsilon(1e-5));
  CHECK(student_t_quantile(0.975, 2) == Approx(4.302653).epsilon(1e-6));
  CHECK(student_t_quantile(0.95, 5) == Approx(2.015048).epsilon(1e-6));
  CHECK(student_t_quantile(0.975, 10) == Approx(2.228139).epsilon(1e-6));
  CHECK(student_t_quantile(0.995, 30) == Approx(2.749996).epsilon(1e-6));
  CHECK(student_t_quantile(0.975, 1e12) == Approx(1.959963984540054).epsilon(1e-9));
  CHECK(student_t_quantile(0.025, 10) == -student_t_quantile(0.975, 10));
}

TEST_CASE("Student's t where it has a closed form") {
  for (const double t : {-3.0, -0.2, 1e-9, 0.7, 40.0}) {
    CHECK(student_t_cdf(t, 1) == Approx(0.5 + std::atan(t) / 3.14159265358979324).epsilon(1e-12));  // Cauchy
    CHECK(student_t_cdf(t, 2) == Approx(0.5 + t / (2 * std::sqrt(2 + t * t))).epsilon(1e-12));
  }
  CHECK(student_t_cdf(0, 7.1) == 0.5);
  // Real degrees of freedom lie between the whole ones.
  CHECK(student_t_quantile(0.975, 7.1) < 2.364625);  // nu = 7
  CHECK(student_t_quantile(0.975, 7.1) > 2.306005);  // nu = 8
  CHECK(student_t_cdf(student_t_quantile(0.3, 0.4), 0.4) == Approx(0.3).epsilon(1e-12));
  // The large-nu formula meets the exact one.
  CHECK(student_t_cdf(-2.5, 1.000001e6) == Approx(student_t_cdf(-2.5, 0.999999e6)).epsilon(1e-8));
}

TEST_CASE("incomplete beta and binomial tail, counted by hand") {
  CHECK(incomplete_beta(2, 3, 0.5) == Approx(11.0 / 16));  // P(Bin(4, 1/2) >= 2)
  CHECK(incomplete_beta(1, 1, 0.3) == Approx(0.3));
  CHECK(incomplete_beta(3, 2, 0.9) == Approx(1 - incomplete_beta(2, 3, 0.1)));
  CHECK(binomial_tail(2, 4, 0.5) == Approx(11.0 / 16));
  CHECK(binomial_tail(3, 3, 0.1) == Approx(0.001));
  CHECK(binomial_tail(0, 3, 0.1) == 1);
  CHECK(binomial_tail(4, 3, 0.1) == 0);
  CHECK(binomial_tail(500'000, 1'000'000, 0.5) == Approx(0.5 + 0.000398942).epsilon(1e-6));  // half of P(X = n/2) extra
}

TEST_CASE("two Poisson rates, exactly") {
  CHECK(poisson_rate_p(5, 1000, 0, 1000) == Approx(1.0 / 32));  // all five on one side
  CHECK(poisson_rate_p(3, 1, 1, 1) == Approx(5.0 / 16));        // P(Bin(4, 1/2) >= 3)
  CHECK(poisson_rate_p(2, 1, 0, 3) == Approx(1.0 / 16));        // a quarter of the time, twice
  CHECK(poisson_rate_p(0, 10, 7, 10) == 1);
  CHECK(std::isnan(poisson_rate_p(1, 0, 1, 1)));
}

TEST_CASE("Wilson interval") {
  // k = 0: from 0 to z^2 / (n + z^2) = 3.841459 / 13.841459
  CHECK(wilson(0, 10, 0.95).low == 0);
  CHECK(wilson(0, 10, 0.95).high == Approx(0.2775328).epsilon(1e-6));
  // Newcombe 1998, Stat. Med. 17:857, table I, method 3: 81/263 → 0.2553 to 0.3662; 15/148 → 0.0624 to 0.1605
  CHECK(wilson(81, 263, 0.95).low == Approx(0.2553).margin(5e-5));
  CHECK(wilson(81, 263, 0.95).high == Approx(0.3662).margin(5e-5));
  CHECK(wilson(15, 148, 0.95).low == Approx(0.0624).margin(5e-5));
  CHECK(wilson(15, 148, 0.95).high == Approx(0.1605).margin(5e-5));
  CHECK(wilson(0, 0, 0.95).high == 1);
}
