// Distribution functions, their inverses, and the exact tests that need nothing else.
#pragma once

#include <cstddef>

namespace expanalyze::stats {

double normal_cdf(double z);
/// Inverse of normal_cdf; -inf and +inf at 0 and 1, NaN outside.
double normal_quantile(double p);

/// Regularised incomplete beta function I_x(a, b) for a, b > 0; NaN outside the domain.
double incomplete_beta(double a, double b, double x);

/// Student's t with real nu > 0 (a prior worth 7.1 degrees of freedom is usual here); nu = +inf is the normal.
double student_t_cdf(double t, double nu);
double student_t_quantile(double p, double nu);

/// Inverse of the chi-squared distribution function for df > 0; with it, s sqrt(df / quantile) bounds an s.d.
double chi_squared_quantile(double p, double df);

/// P(X >= k) for X ~ Binomial(n, p).
double binomial_tail(std::size_t k, std::size_t n, double p);

/// One-sided p-value for "rate 1 is higher than rate 2", given k1 events in t1 and k2 in t2. Exact: given k1 + k2
/// events, k1 is binomial with share t1 / (t1 + t2). Przyborowski & Wilenski 1940, Biometrika 31:313.
double poisson_rate_p(double k1, double t1, double k2, double t2);

struct Interval {
  double low, high;
};
/// Score interval of a share: Wilson 1927, JASA 22:209. Keeps its coverage for few events (Brown, Cai & DasGupta 2001,
/// Stat. Sci. 16:101). Without observations: [0, 1].
Interval wilson(double successes, double n, double confidence);

}  // namespace expanalyze::stats
