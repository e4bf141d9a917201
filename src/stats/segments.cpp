// The optimum is what PELT (Killick, Fearnhead & Eckley 2012, JASA 107:1590, arXiv:1101.1438) finds. PELT needs the
// cost of a segment in O(1), which the biweight does not have; Fearnhead & Rigaill carry the cost as a function of the
// last segment's level instead. Here that function is kept on a grid of levels a quarter of sigma apart, so that one
// pass of O(n levels) solves it without any pruning, and the levels are then fitted exactly: a change that does not pay
// with exact levels is taken back.
#include "stats/segments.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "stats/descriptive.hpp"
#include "stats/rank.hpp"

namespace expanalyze::stats {
namespace {

constexpr std::size_t kShortest = 20, kMostLevels = 512;
constexpr double kBound = 3, kPenalty = 2.5, kCorrelated = 0.2;  // D0.2

double biweight(double r, double sigma) { return std::min(r * r, kBound * kBound * sigma * sigma); }

// Steps in the level leave single large differences, which the median does not see.
double sigma_of(std::span<const double> x) {
  std::vector<double> difference;
  for (std::size_t i = 1; i < x.size(); ++i) difference.push_back(x[i] - x[i - 1]);
  const double robust = mad(difference);
  return (robust > 0 ? robust : sd(difference)) / std::sqrt(2.0);
}

std::vector<double> whitened(std::span<const double> x) {
  std::vector<double> out(x.begin(), x.end());
  const double phi = robust_lag1(detrend(x));
  if (!(std::abs(phi) > kCorrelated)) return out;
  for (std::size_t i = 1; i < x.size(); ++i) out[i] = x[i] - phi * x[i - 1];
  out[0] = out[1];
  return out;
}

// Only where values are: far outliers open no grid between them and the rest.
std::vector<double> levels_of(std::span<const double> x, double sigma) {
  std::vector<double> sorted(x.begin(), x.end());
  std::sort(sorted.begin(), sorted.end());
  for (double spacing = 0.25 * sigma;; spacing *= 1.5) {
    std::vector<double> out{sorted.front()};
    for (const double v : sorted)
      if (v >= out.back() + spacing) out.push_back(v);
    if (out.size() <= kMostLevels) return out;
  }
}

// By level of the segment that x[t] lies in: the least cost of x[0..t] and where that segment begins. `young` is the
// cost of the last kShortest records alone, of which every segment has to begin.
class Search {
 public:
  Search(std::span<const double> x, double sigma)
      : x_(x),
        sigma_(sigma),
        penalty_(kPenalty * sigma * sigma * std::log(static_cast<double>(x.size()))),
        levels_(levels_of(x, sigma)),
        cost_(levels_.size(), std::numeric_limits<double>::infinity()),
        young_(levels_.size(), 0),
        begin_(levels_.size(), 0),
        best_(x.size(), std::numeric_limits<double>::infinity()),
        begin_of_best_(x.size(), 0) {}

  std::vector<std::size_t> run() {
    for (std::size_t t = 0; t < x_.size(); ++t) take(t);
    std::vector<std::size_t> out;
    for (std::size_t t = x_.size() - 1; begin_of_best_[t] > 0; t = begin_of_best_[t] - 1)
      out.push_back(begin_of_best_[t]);
    std::reverse(out.begin(), out.end());
    return out;
  }

 private:
  void take(std::size_t t) {
    const bool whole = t + 1 >= kShortest;  // a segment that ends here can have its least length
    const std::size_t begin = whole ? t + 1 - kShortest : 0;
    const double before = begin == 0 ? 0 : best_[begin - 1] + penalty_;
    for (std::size_t k = 0; k < levels_.size(); ++k) {
      const double here = biweight(x_[t] - levels_[k], sigma_);
      young_[k] += here - (t >= kShortest ? biweight(x_[t - kShortest] - levels_[k], sigma_) : 0);
      cost_[k] += here;
      if (whole && before + young_[k] < cost_[k]) cost_[k] = before + young_[k], begin_[k] = begin;
    }
    const auto k = static_cast<std::size_t>(std::min_element(cost_.begin(), cost_.end()) - cost_.begin());
    best_[t] = cost_[k];
    begin_of_best_[t] = begin_[k];
  }

  std::span<const double> x_;
  double sigma_, penalty_;
  std::vector<double> levels_, cost_, young_;
  std::vector<std::size_t> begin_;
  std::vector<double> best_;
  std::vector<std::size_t> begin_of_best_;
};

// With the level that fits best: the mean of what lies within the bound, found from the median.
double cost_of(std::span<const double> x, double sigma) {
  double level = median(x);
  for (int round = 0; round < 20; ++round) {
    double sum = 0, n = 0;
    for (const double v : x)
      if (std::abs(v - level) < kBound * sigma) sum += v, n += 1;
    if (!(n > 0) || sum / n == level) break;
    level = sum / n;
  }
  double cost = 0;
  for (const double v : x) cost += biweight(v - level, sigma);
  return cost;
}

// Takes back the change that pays least until every one pays.
void take_back(std::vector<std::size_t>& changes, std::span<const double> x, double sigma) {
  const double penalty = kPenalty * sigma * sigma * std::log(static_cast<double>(x.size()));
  while (!changes.empty()) {
    std::size_t worst = 0;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < changes.size(); ++i) {
      const std::size_t from = i == 0 ? 0 : changes[i - 1];
      const std::size_t to = i + 1 < changes.size() ? changes[i + 1] : x.size();
      const double gain = cost_of(x.subspan(from, to - from), sigma) -
                          cost_of(x.subspan(from, changes[i] - from), sigma) -
                          cost_of(x.subspan(changes[i], to - changes[i]), sigma);
      if (gain < least) least = gain, worst = i;
    }
    if (least > penalty) return;
    changes.erase(changes.begin() + static_cast<std::ptrdiff_t>(worst));
  }
}

}  // namespace

std::vector<std::size_t> change_points(std::span<const double> x) {
  if (x.size() < 2 * kShortest || !all_finite(x)) return {};
  const std::vector<double> white = whitened(x);
  const double sigma = sigma_of(white);
  if (!(sigma > 0) || !std::isfinite(sigma)) return {};
  std::vector<std::size_t> changes = Search(white, sigma).run();
  take_back(changes, white, sigma);
  return changes;
}

}  // namespace expanalyze::stats
