#include "stats/bootstrap.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "stats/descriptive.hpp"
#include "stats/random.hpp"

namespace expanalyze::stats {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

std::vector<double> autocovariances(std::span<const double> x, std::size_t lags) {
  const double centre = mean(x);
  std::vector<double> centred(x.begin(), x.end());
  for (double& v : centred) v -= centre;
  std::vector<double> result(lags + 1);
  for (std::size_t k = 0; k <= lags; ++k) {
    double sum = 0;
    for (std::size_t i = k; i < centred.size(); ++i) sum += centred[i] * centred[i - k];
    result[k] = sum / static_cast<double>(x.size());
  }
  return result;
}

// Politis & White's empirical rule: the first lag m after which `run` autocorrelations in a row are insignificant,
// |rho| < 2 sqrt(log10(n) / n). Twice m is the bandwidth.
std::size_t bandwidth(const std::vector<double>& covariance, std::size_t run, std::size_t n) {
  const double bound = 2 * std::sqrt(std::log10(static_cast<double>(n)) / static_cast<double>(n)) * covariance[0];
  const std::size_t last = covariance.size() - 1;
  std::size_t quiet = 0, significant = 0;
  for (std::size_t k = 1; k <= last && quiet < run; ++k) {
    quiet = std::abs(covariance[k]) < bound ? quiet + 1 : 0;
    if (quiet == 0) significant = k;
  }
  return std::min(2 * std::max<std::size_t>(significant, 1), last);
}

// Flat-top window of Politis & Romano 1995.
double flat_top(double t) { return t <= 0.5 ? 1 : std::max(0.0, 2 * (1 - t)); }

// b = (2 G^2 / D)^(1/3) n^(1/3) with G = sum |k| R(k), D = 2 (sum R(k))^2 over all lags, R windowed; D is the 2009
// correction.
double optimal_length(std::span<const double> x) {
  const auto n = static_cast<double>(x.size());
  const auto run = static_cast<std::size_t>(std::max(5.0, std::ceil(std::sqrt(std::log10(n)))));
  const std::size_t lags = std::min(static_cast<std::size_t>(std::ceil(std::sqrt(n))) + run, x.size() - 1);
  const std::vector<double> covariance = autocovariances(x, lags);
  if (!(covariance[0] > 0)) return 1;
  const std::size_t width = bandwidth(covariance, run, x.size());
  double g = 0, spectrum = covariance[0];
  for (std::size_t k = 1; k <= width; ++k) {
    const double windowed = flat_top(static_cast<double>(k) / static_cast<double>(width)) * covariance[k];
    g += 2 * static_cast<double>(k) * windowed;
    spectrum += 2 * windowed;
  }
  return spectrum > 0 ? std::cbrt(g * g / (spectrum * spectrum) * n) : 1;
}

// Sums of circular blocks in constant time: sums[i] is the sum of the first i values of the series written twice.
std::vector<double> running_sums(std::span<const double> x) {
  const std::size_t n = x.size();
  const double centre = mean(x);  // small sums lose fewer digits
  std::vector<double> sums(2 * n + 1, 0.0);
  for (std::size_t i = 0; i < 2 * n; ++i) sums[i + 1] = sums[i] + (x[i % n] - centre);
  return sums;
}

// Draws the blocks of one resample after another; each block takes two numbers of the stream.
class Resampler {
 public:
  Resampler(std::span<const double> x, std::size_t mean_block)
      : n_(x.size()),
        sums_(running_sums(x)),
        rng_(key_of(x)),
        log_stay_(std::log1p(-1 / static_cast<double>(mean_block))) {}

  double mean_of_next() {
    double total = 0;
    for (std::size_t left = n_; left > 0;) {
      const auto start = static_cast<std::size_t>(rng_.uniform(counter_++) * static_cast<double>(n_));
      const std::size_t length = std::min(left, geometric(rng_.uniform(counter_++)));
      total += sums_[start + length] - sums_[start];
      left -= length;
    }
    return total / static_cast<double>(n_);
  }

 private:
  // 1, 2, … with mean `mean_block`, by inversion; at a mean of 1 log_stay_ is -inf and every block has one value.
  [[nodiscard]] std::size_t geometric(double u) const {
    const double extra = std::floor(std::log1p(-u) / log_stay_);
    return 1 + static_cast<std::size_t>(std::min(extra, static_cast<double>(n_)));
  }

  std::size_t n_;
  std::vector<double> sums_;
  CounterRng rng_;
  double log_stay_;
  std::uint64_t counter_ = 0;
};

}  // namespace

std::size_t block_length(std::span<const double> residuals) {
  const std::size_t most = std::max<std::size_t>(1, residuals.size() / 4);
  if (residuals.size() < 3 || !all_finite(residuals)) return 1;
  const double length = std::clamp(std::round(optimal_length(residuals)), 5.0, 1e9);
  return std::min(most, static_cast<std::size_t>(length));
}

double bootstrap_se_of_mean(std::span<const double> residuals, std::size_t resamples) {
  if (residuals.size() < 2 || resamples < 2 || !all_finite(residuals)) return kNaN;
  if (std::equal(residuals.begin() + 1, residuals.end(), residuals.begin())) return 0;
  Resampler resampler(residuals, block_length(residuals));
  std::vector<double> means(resamples);
  for (double& m : means) m = resampler.mean_of_next();
  return sd(means);
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
