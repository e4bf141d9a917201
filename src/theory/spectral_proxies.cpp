#include "theory/spectral_proxies.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace expanalyze::spectral_proxies {

double SpikedModel::largest() const {
  const double l = 1 + theta / sigma2;
  const double edge = 1 + std::sqrt(gamma());
  return l > edge ? sigma2 * l * (1 + gamma() / (l - 1)) : sigma2 * edge * edge;
}

double SpikedModel::frobenius() const {
  const double spike = theta > 0 ? largest() : 0;
  return std::sqrt(spike * spike + n * sigma2 * sigma2 * (1 + gamma()));
}

double SpikedModel::largest_sensitivity() const {
  return 1 + theta / sigma2 > 1 + std::sqrt(gamma()) ? (1 + gamma()) * sigma2 / theta : 1;
}

double noise_share_at(double d) { return d >= 1 ? (d - 1) / d : 0; }

double gershgorin_looseness(double n, double samples) {
  const double edge = 1 + std::sqrt(n / samples);
  return (1 + std::sqrt(2 / std::numbers::pi) * n / std::sqrt(samples)) / (edge * edge);
}

double frobenius_power_factor(double d, int squarings) { return std::pow(d, std::pow(0.5, squarings + 1)); }

double power_iteration_error(double n, int products) {
  return products > 1 ? 0.871 * std::log(n) / (products - 1) : std::numeric_limits<double>::infinity();
}

const Estimator* cheapest_within(std::span<const Estimator> by_cost, double tolerance) {
  const auto it = std::find_if(by_cost.begin(), by_cost.end(), [tolerance](const Estimator& e) {
    return std::isfinite(e.factor) && e.factor <= tolerance && e.factor >= 1 / tolerance;
  });
  return it == by_cost.end() ? nullptr : &*it;
}

}  // namespace expanalyze::spectral_proxies
