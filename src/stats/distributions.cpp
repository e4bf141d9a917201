#include "stats/distributions.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace expanalyze::stats {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

double normal_density(double z) { return std::exp(-0.5 * z * z) / std::sqrt(2 * std::numbers::pi); }

// First guess within 4.5e-4: Abramowitz & Stegun 26.2.23, for p <= 0.5.
double normal_quantile_guess(double p) {
  const double t = std::sqrt(-2 * std::log(p));
  return -(t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))));
}

// Continued fraction of the incomplete beta function, DLMF 8.17.22, by the modified Lentz method (Thompson & Barnett
// 1986, J. Comput. Phys. 64:490). It takes about sqrt(max(a, b)) terms.
double beta_fraction(double a, double b, double x) {
  constexpr double kTiny = 1e-300;
  constexpr int kMostTerms = 100'000;
  const auto away_from_zero = [](double v) { return std::abs(v) < kTiny ? kTiny : v; };
  double c = 1;
  double d = 1 / away_from_zero(1 - (a + b) * x / (a + 1));
  double result = d;
  for (int m = 1; m < kMostTerms; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away_from_zero(1 + even * d);
    c = away_from_zero(1 + even / c);
    result *= c * d;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away_from_zero(1 + odd * d);
    c = away_from_zero(1 + odd / c);
    result *= c * d;
    if (std::abs(c * d - 1) < 1e-15) break;
  }
  return result;
}

// I_x(a, b) with y = 1 - x given apart, so that an x close to 1 keeps its digits.
double regularised_beta(double a, double b, double x, double y) {
  if (x <= 0) return 0;
  if (y <= 0) return 1;
  const double front =
      std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log(y));
  if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
  return 1 - front * beta_fraction(b, a, y) / b;
}

// P(T > t) for t >= 0.
double student_t_upper_tail(double t, double nu) {
  if (std::isinf(t)) return 0;
  // Above a million degrees of freedom the gamma functions cancel; Abramowitz & Stegun 26.7.8 is then exact to 1e-12.
  if (nu > 1e6) return normal_cdf(-t * (1 - 1 / (4 * nu)) / std::sqrt(1 + t * t / (2 * nu)));
  const double t2 = t * t;
  return 0.5 * regularised_beta(nu / 2, 0.5, nu / (nu + t2), t2 / (nu + t2));
}

// P(a, x), the regularised lower incomplete gamma function, by its power series (DLMF 8.11.4): every term is positive,
// and after about x + 6 sqrt(x) of them nothing is added.
double lower_gamma(double a, double x) {
  if (!(x > 0)) return 0;
  double term = 1 / a, sum = term;
  for (int k = 1; k < 100'000 && term > sum * 1e-17; ++k) {
    term *= x / (a + k);
    sum += term;
  }
  return std::min(1.0, sum * std::exp(a * std::log(x) - x - std::lgamma(a)));
}

}  // namespace

double normal_cdf(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

double normal_quantile(double p) {
  if (!(p >= 0 && p <= 1)) return kNaN;
  if (p > 0.5) return -normal_quantile(1 - p);
  if (p == 0) return -kInf;
  double z = normal_quantile_guess(p);
  for (int i = 0; i < 3; ++i) {  // Halley's method triples the digits
    const double density = normal_density(z);
    if (density <= 0) break;
    const double u = (normal_cdf(z) - p) / density;
    z -= u / (1 + 0.5 * z * u);
  }
  return z;
}

double incomplete_beta(double a, double b, double x) {
  if (!(a > 0 && b > 0 && x >= 0 && x <= 1)) return kNaN;
  return regularised_beta(a, b, x, 1 - x);
}

double student_t_cdf(double t, double nu) {
  if (!(nu > 0) || std::isnan(t)) return kNaN;
  return t > 0 ? 1 - student_t_upper_tail(t, nu) : student_t_upper_tail(-t, nu);
}

double student_t_quantile(double p, double nu) {
  if (!(p >= 0 && p <= 1 && nu > 0)) return kNaN;
  if (p > 0.5) return -student_t_quantile(1 - p, nu);
  if (p == 0) return -kInf;
  // Halving a bracket: sixty-odd evaluations, and no nu or p at which it fails to converge.
  double low = 0, high = 1;
  while (student_t_upper_tail(high, nu) > p && std::isfinite(high)) {
    low = high;
    high *= 2;
  }
  if (!std::isfinite(high)) return -kInf;
  for (double middle = 0.5 * (low + high); middle > low && middle < high; middle = 0.5 * (low + high)) {
    (student_t_upper_tail(middle, nu) > p ? low : high) = middle;
  }
  return -high;
}

double chi_squared_quantile(double p, double df) {
  if (!(p >= 0 && p <= 1 && df > 0)) return kNaN;
  if (p == 1 || std::isinf(df)) return kInf;
  double low = 0, high = df;
  while (lower_gamma(df / 2, high / 2) < p && high < 1e6 + 10 * df) {
    low = high;
    high *= 2;
  }
  for (double middle = 0.5 * (low + high); middle > low && middle < high; middle = 0.5 * (low + high))
    (lower_gamma(df / 2, middle / 2) < p ? low : high) = middle;
  return high;
}

double binomial_tail(std::size_t k, std::size_t n, double p) {
  if (!(p >= 0 && p <= 1)) return kNaN;
  if (k == 0) return 1;
  if (k > n) return 0;
  return incomplete_beta(static_cast<double>(k), static_cast<double>(n - k + 1), p);
}

double poisson_rate_p(double k1, double t1, double k2, double t2) {
  if (!(k1 >= 0 && k2 >= 0 && t1 > 0 && t2 > 0)) return kNaN;
  return k1 == 0 ? 1 : incomplete_beta(k1, k2 + 1, t1 / (t1 + t2));
}

Interval wilson(double successes, double n, double confidence) {
  if (!(n > 0)) return {0, 1};
  const double z = normal_quantile(0.5 + 0.5 * confidence);
  const double share = successes / n;
  const double shrink = 1 / (1 + z * z / n);
  const double centre = (share + z * z / (2 * n)) * shrink;
  const double half = z * shrink * std::sqrt(share * (1 - share) / n + z * z / (4 * n * n));
  return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

}  // namespace expanalyze::stats
