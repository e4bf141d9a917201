#include "stats/bootstrap.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "stats/descriptive.hpp"

namespace expanalyze::stats {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

double autocovariance(const std::vector<double>& centred, std::size_t lag) {
  double sum = 0;
  for (std::size_t i = lag; i < centred.size(); ++i) sum += centred[i] * centred[i - lag];
  return sum / static_cast<double>(centred.size());
}

std::vector<double> centred(std::span<const double> x) {
  const double centre = mean(x);
  std::vector<double> out(x.begin(), x.end());
  for (double& v : out) v -= centre;
  return out;
}

// Politis & White's empirical rule: the first lag m after which `run` autocorrelations in a row are insignificant,
// |rho| < 2 sqrt(log10(n) / n). Twice m is the bandwidth. No lag behind it is computed.
std::vector<double> covariances_within_bandwidth(std::span<const double> x, std::size_t run, std::size_t lags) {
  const std::vector<double> values = centred(x);
  const auto n = static_cast<double>(x.size());
  std::vector<double> covariance{autocovariance(values, 0)};
  const double bound = 2 * std::sqrt(std::log10(n) / n) * covariance[0];
  std::size_t quiet = 0, significant = 0;
  for (std::size_t k = 1; k <= lags && quiet < run; ++k) {
    covariance.push_back(autocovariance(values, k));
    quiet = std::abs(covariance[k]) < bound ? quiet + 1 : 0;
    if (quiet == 0) significant = k;
  }
  const std::size_t width = std::min(2 * std::max<std::size_t>(significant, 1), lags);
  while (covariance.size() <= width) covariance.push_back(autocovariance(values, covariance.size()));
  covariance.resize(width + 1);
  return covariance;
}

// Flat-top window of Politis & Romano 1995.
double flat_top(double t) { return t <= 0.5 ? 1 : std::max(0.0, 2 * (1 - t)); }

// b = (2 G^2 / D)^(1/3) n^(1/3) with G = sum |k| R(k), D = 2 (sum R(k))^2 over all lags, R windowed; D is the 2009
// correction.
double optimal_length(std::span<const double> x) {
  const auto n = static_cast<double>(x.size());
  const auto run = static_cast<std::size_t>(std::max(5.0, std::ceil(std::sqrt(std::log10(n)))));
  const std::size_t lags = std::min(static_cast<std::size_t>(std::ceil(std::sqrt(n))) + run, x.size() - 1);
  const std::vector<double> covariance = covariances_within_bandwidth(x, run, lags);
  if (!(covariance[0] > 0)) return 1;
  const std::size_t width = covariance.size() - 1;
  double g = 0, spectrum = covariance[0];
  for (std::size_t k = 1; k <= width; ++k) {
    const double windowed = flat_top(static_cast<double>(k) / static_cast<double>(width)) * covariance[k];
    g += 2 * static_cast<double>(k) * windowed;
    spectrum += 2 * windowed;
  }
  return spectrum > 0 ? std::cbrt(g * g / (spectrum * spectrum) * n) : 1;
}

// Variance of the mean of one resample, over all resamples there are (Politis & Romano 1994, eq. 9):
// (1/n) [C(0) + 2 sum_k (1 - k/n) q^k C(k)], C the circular autocovariance, q = 1 - 1/length. Both sums over k, of
// q^k x[i+k] and of k q^k x[i+k], follow for i - 1 from those for i, so that the whole costs one pass.
double variance_of_resampled_mean(const std::vector<double>& x, double length) {
  const std::size_t n = x.size();
  const auto count = static_cast<double>(n);
  const double q = 1 - 1 / length;
  const double q_around = std::pow(q, count - 1);
  double ahead = 0, weighted = 0;  // of the last value
  double power = 1;
  for (std::size_t k = 1; k < n; ++k) {
    power *= q;
    ahead += power * x[k - 1];
    weighted += static_cast<double>(k) * power * x[k - 1];
  }
  double sum = 0;
  for (std::size_t i = n; i-- > 0;) {
    sum += x[i] * (x[i] + 2 * (ahead - weighted / count));
    const double last = q_around * x[(i + n - 1) % n];
    weighted = q * (weighted - (count - 1) * last + x[i] + ahead - last);
    ahead = q * (x[i] + ahead - last);
  }
  return sum / (count * count);
}

}  // namespace

std::size_t block_length(std::span<const double> residuals) {
  const std::size_t most = std::max<std::size_t>(1, residuals.size() / 4);
  if (residuals.size() < 3 || !all_finite(residuals)) return 1;
  const double length = std::clamp(std::round(optimal_length(residuals)), 5.0, 1e9);
  return std::min(most, static_cast<std::size_t>(length));
}

double bootstrap_se_of_mean(std::span<const double> residuals) {
  if (residuals.size() < 2 || !all_finite(residuals)) return kNaN;
  if (std::equal(residuals.begin() + 1, residuals.end(), residuals.begin())) return 0;
  const auto length = static_cast<double>(block_length(residuals));
  return std::sqrt(std::max(0.0, variance_of_resampled_mean(centred(residuals), length)));
}

double bootstrap_se_of_median(std::span<const double> residuals, std::size_t resamples) {
  if (residuals.size() < 2 || resamples < 2 || !all_finite(residuals)) return kNaN;
  BlockDraw draw(residuals.size(), block_length(residuals), key_of(residuals));
  std::vector<std::size_t> index;
  std::vector<double> drawn(residuals.size()), medians(resamples);
  for (double& m : medians) {
    draw.next(index);
    for (std::size_t i = 0; i < drawn.size(); ++i) drawn[i] = residuals[index[i]];
    m = median(drawn);
  }
  return sd(medians);
}

BlockDraw::BlockDraw(std::size_t n, std::size_t mean_block, std::uint64_t key)
    : n_(n), rng_(key), log_stay_(std::log1p(-1 / static_cast<double>(mean_block))) {}

void BlockDraw::next(std::vector<std::size_t>& index) {
  index.clear();
  while (index.size() < n_) {
    const auto start = static_cast<std::size_t>(rng_.uniform(counter_++) * static_cast<double>(n_));
    const double extra = std::floor(std::log1p(-rng_.uniform(counter_++)) / log_stay_);
    const std::size_t left = n_ - index.size();
    const std::size_t length = 1 + static_cast<std::size_t>(std::min(extra, static_cast<double>(left - 1)));
    for (std::size_t i = 0; i < length; ++i) index.push_back((start + i) % n_);
  }
}

}  // namespace expanalyze::stats
