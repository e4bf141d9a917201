// How far cheap measures of a matrix's size are from its spectral norm, and how noise moves them (science handbook E3).
#pragma once

#include <span>
#include <string_view>

namespace expanalyze::spectral_proxies {

/// A = theta uu' + noise of level sigma2 in n dimensions, estimated from N samples: the spiked covariance model.
struct SpikedModel {
  double n, samples, theta, sigma2;
  [[nodiscard]] double gamma() const { return n / samples; }
  /// E tr A = theta + n sigma^2.
  [[nodiscard]] double trace() const { return theta + n * sigma2; }
  /// Limit of the largest eigenvalue (Marchenko & Pastur 1967; Baik, Ben Arous & Péché 2005, Ann. Probab. 33:1643):
  /// with l = 1 + theta / sigma^2 it is sigma^2 l (1 + gamma / (l - 1)) above the threshold l > 1 + sqrt(gamma), else
  /// the edge of the noise, sigma^2 (1 + sqrt(gamma))^2.
  [[nodiscard]] double largest() const;
  /// The spike plus n noise eigenvalues with second moment sigma^4 (1 + gamma).
  [[nodiscard]] double frobenius() const;
  /// Share of the trace that is noise; also d ln tr / d ln sigma^2.
  [[nodiscard]] double noise_share() const { return n * sigma2 / trace(); }
  /// d ln lambda_1 / d ln sigma^2 for a strong spike, (1 + gamma) sigma^2 / theta; 1 for pure noise.
  [[nodiscard]] double largest_sensitivity() const;
};

/// Share of the trace that can be noise when all dimensions but the first carry the same: (d - 1) / d for tr / lambda_1
/// = d and n >> 1. An upper bound, since real directions beyond the first count as noise here.
double noise_share_at(double intrinsic_dimension);

/// Gershgorin's row sums over lambda_1 for pure noise: (1 + sqrt(2 / pi) n / sqrt(N)) / (1 + sqrt(gamma))^2.
double gershgorin_looseness(double n, double samples);

/// Error factor of |A^(2^k)|_F^(1 / 2^k) as an estimate of lambda_1: at most d_F^(1 / 2^(k+1)), d_F = |A|_F^2 /
/// lambda_1^2.
double frobenius_power_factor(double frobenius_dimension, int squarings);

/// Relative error to expect (an upper bound that needs no gap between eigenvalues) from k products of the
/// power method with a random start: 0.871 ln n / (k - 1) (Kuczyński & Woźniakowski 1992, SIAM J. Matrix Anal.
/// 13:1094).
double power_iteration_error(double n, int products);

/// An estimator with the factor by which it overstates lambda_1, measured or bounded.
struct Estimator {
  std::string_view name;
  double factor;
  std::string_view cost;
};
/// The first of a list ordered by cost whose factor stays within [1 / tolerance, tolerance]; nullptr: none.
const Estimator* cheapest_within(std::span<const Estimator> by_cost, double tolerance);

}  // namespace expanalyze::spectral_proxies
