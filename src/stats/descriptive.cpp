#include "stats/descriptive.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace expanalyze::stats {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// Sorting with NaN is undefined behaviour, so whatever sorts asks this first.
bool has_nan(std::span<const double> x) {
  return std::any_of(x.begin(), x.end(), [](double v) { return std::isnan(v); });
}

double sum_of_squares(std::span<const double> x, double centre) {
  double sum = 0;
  for (const double v : x) sum += (v - centre) * (v - centre);
  return sum;
}

// The window kept sorted. Entering and leaving move at most `window` doubles in one go: for the windows in use (at most
// 501) that is faster than a pair of heaps or a tree, and it is half the code.
class SortedWindow {
 public:
  explicit SortedWindow(std::size_t window) { sorted_.reserve(window + 2); }
  void enter(double v) { sorted_.insert(place(v), v); }
  void leave(double v) { sorted_.erase(place(v)); }
  /// One enters as another leaves: only what lies between the two moves.
  void replace(double gone, double come) {
    const auto from = place(gone), to = place(come);
    if (from < to)
      *std::move(from + 1, to, from) = come;
    else
      *std::prev(std::move_backward(to, from, from + 1)) = come;
  }
  [[nodiscard]] double middle() const { return sorted_[sorted_.size() / 2]; }

 private:
  std::vector<double>::iterator place(double v) { return std::lower_bound(sorted_.begin(), sorted_.end(), v); }
  std::vector<double> sorted_;
};

}  // namespace

bool all_finite(std::span<const double> x) {
  return std::all_of(x.begin(), x.end(), [](double v) { return std::isfinite(v); });
}

double mean(std::span<const double> x) {
  double sum = 0;
  for (const double v : x) sum += v;
  return x.empty() ? kNaN : sum / static_cast<double>(x.size());
}

double median(std::span<const double> x) {
  if (x.empty() || has_nan(x)) return kNaN;
  std::vector<double> copy(x.begin(), x.end());
  const auto middle = copy.begin() + static_cast<std::ptrdiff_t>(copy.size() / 2);
  std::nth_element(copy.begin(), middle, copy.end());
  if (copy.size() % 2 == 1) return *middle;
  return 0.5 * (*std::max_element(copy.begin(), middle) + *middle);
}

double variance(std::span<const double> x) {
  if (x.size() < 2) return kNaN;
  return sum_of_squares(x, mean(x)) / static_cast<double>(x.size() - 1);
}

double sd(std::span<const double> x) { return std::sqrt(variance(x)); }

double mad(std::span<const double> x) {
  const double centre = median(x);
  std::vector<double> distance(x.begin(), x.end());
  for (double& v : distance) v = std::abs(v - centre);
  return 1.482602218505602 * median(distance);
}

double quantile(std::span<const double> x, double p) {
  if (x.empty() || has_nan(x) || std::isnan(p)) return kNaN;
  std::vector<double> copy(x.begin(), x.end());
  const double position = std::clamp(p, 0.0, 1.0) * static_cast<double>(copy.size() - 1);
  const double whole = std::floor(position);
  const auto low = copy.begin() + static_cast<std::ptrdiff_t>(whole);
  std::nth_element(copy.begin(), low, copy.end());
  if (position == whole) return *low;
  const double next = *std::min_element(low + 1, copy.end());
  return *low + (position - whole) * (next - *low);
}

std::vector<double> running_median(std::span<const double> x, std::size_t window) {
  const std::size_t n = x.size();
  if (has_nan(x)) return std::vector<double>(n, kNaN);
  std::vector<double> result(n);
  const std::size_t half = std::min(window / 2, n / 2);
  SortedWindow values(2 * half + 1);
  std::size_t begin = 0, end = 0;  // what `values` holds; both only move to the right
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t reach = std::min({half, i, n - 1 - i});
    if (end == i + reach && begin + 1 == i - reach) values.replace(x[begin++], x[end++]);
    while (end < i + reach + 1) values.enter(x[end++]);
    while (begin < i - reach) values.leave(x[begin++]);
    result[i] = values.middle();
  }
  return result;
}

std::vector<double> detrend(std::span<const double> x, std::size_t window) {
  const std::size_t most = std::max<std::size_t>(5, (x.size() / 10) | 1U);
  std::vector<double> result = running_median(x, std::min(window, most));
  for (std::size_t i = 0; i < x.size(); ++i) result[i] = x[i] - result[i];
  return result;
}

double lag1_autocorrelation(std::span<const double> x) {
  if (x.size() < 3) return kNaN;
  const double centre = mean(x);
  const double squares = sum_of_squares(x, centre);
  double products = 0;
  for (std::size_t i = 1; i < x.size(); ++i) products += (x[i] - centre) * (x[i - 1] - centre);
  return squares > 0 ? products / squares : kNaN;
}

}  // namespace expanalyze::stats
