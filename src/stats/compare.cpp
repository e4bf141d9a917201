#include "stats/compare.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "stats/descriptive.hpp"
#include "stats/distributions.hpp"

namespace expanalyze::stats {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kMostArrangements = 1e6;

double size_of(std::span<const double> x) { return static_cast<double>(x.size()); }

double squares_about_mean(std::span<const double> x) { return x.size() < 2 ? 0 : variance(x) * (size_of(x) - 1); }

// Without a difference, a spread or degrees of freedom there is no interval: it is infinite, and p is unknown.
TwoSample judged(double difference, double se, double df, double sd) {
  TwoSample test{difference, se, df, sd, -kInf, kInf, -kInf, kInf, kNaN};
  if (!std::isfinite(difference) || !std::isfinite(se) || !(df > 0)) return test;
  const double half95 = se * student_t_quantile(0.975, df), half90 = se * student_t_quantile(0.95, df);
  test.low95 = difference - half95;
  test.high95 = difference + half95;
  test.low90 = difference - half90;
  test.high90 = difference + half90;
  if (se > 0) test.p = 2 * student_t_cdf(-std::abs(difference) / se, df);
  if (se == 0) test.p = difference == 0 ? 1 : 0;
  return test;
}

// sigma^2 of the posterior scale and its degrees of freedom.
struct Scale {
  double variance, df;
};
Scale moderated(double squares, double df, SeedPrior prior) {
  const bool usable = prior.df > 0 && std::isfinite(prior.scale);
  const double prior_df = usable ? prior.df : 0;
  const double prior_squares = usable ? prior.df * prior.scale * prior.scale : 0;
  if (!(prior_df + df > 0)) return {kNaN, 0};
  if (std::isinf(prior_df)) return {prior.scale * prior.scale, prior_df};
  return {(prior_squares + squares) / (prior_df + df), prior_df + df};
}

// The sums of all subsets of `size` values, in one depth-first walk.
class SubsetCounter {
 public:
  SubsetCounter(std::span<const double> values, double centre, double reach)
      : values_(values), centre_(centre), reach_(reach) {}
  // Counts subsets at least as far from the centre as the observed one.
  void walk(std::size_t from, std::size_t left, double sum) {
    if (left == 0) {
      if (std::abs(sum - centre_) >= reach_) ++extreme;
      return;
    }
    for (std::size_t i = from; i + left <= values_.size(); ++i) walk(i + 1, left - 1, sum + values_[i]);
  }
  double extreme = 0;

 private:
  std::span<const double> values_;
  double centre_, reach_;
};

}  // namespace

TwoSample moderated_t(std::span<const double> baseline, std::span<const double> experiment, SeedPrior prior,
                      double extra_variance_of_difference) {
  const double difference = mean(experiment) - mean(baseline);
  const double own_df = size_of(baseline) + size_of(experiment) - 2;
  const Scale scale = moderated(squares_about_mean(baseline) + squares_about_mean(experiment), own_df, prior);
  const double seeds = scale.variance * (1 / size_of(baseline) + 1 / size_of(experiment));
  return judged(difference, std::sqrt(seeds + extra_variance_of_difference), scale.df, std::sqrt(scale.variance));
}

TwoSample moderated_paired_t(std::span<const double> differences, SeedPrior prior_of_differences) {
  const Scale scale = moderated(squares_about_mean(differences), size_of(differences) - 1, prior_of_differences);
  return judged(mean(differences), std::sqrt(scale.variance / size_of(differences)), scale.df,
                std::sqrt(scale.variance));
}

TwoSample welch(std::span<const double> baseline, std::span<const double> experiment) {
  const double difference = mean(experiment) - mean(baseline);
  const double vb = variance(baseline), ve = variance(experiment);
  const double b = vb / size_of(baseline), e = ve / size_of(experiment);
  double df = (b + e) * (b + e) / (b * b / (size_of(baseline) - 1) + e * e / (size_of(experiment) - 1));
  if (b + e == 0) df = size_of(baseline) + size_of(experiment) - 2;  // 0/0; the interval is a point whatever the df
  return judged(difference, std::sqrt(b + e), df, std::sqrt(0.5 * (vb + ve)));
}

double permutation_arrangements(std::size_t n_baseline, std::size_t n_experiment) {
  const std::size_t fewer = std::min(n_baseline, n_experiment);
  const auto n = static_cast<double>(n_baseline + n_experiment);
  double ways = 1;
  for (std::size_t i = 0; i < fewer; ++i) ways *= (n - static_cast<double>(i)) / static_cast<double>(i + 1);
  return std::round(ways);
}

double permutation_p(std::span<const double> baseline, std::span<const double> experiment) {
  const double ways = permutation_arrangements(baseline.size(), experiment.size());
  if (ways < 20 || ways > kMostArrangements || !all_finite(baseline) || !all_finite(experiment)) return kNaN;
  // The difference of means grows with the sum of one arm, so the sums of the smaller arm decide.
  const auto smaller = baseline.size() <= experiment.size() ? baseline : experiment;
  std::vector<double> all(baseline.begin(), baseline.end());
  all.insert(all.end(), experiment.begin(), experiment.end());
  const double total = std::accumulate(all.begin(), all.end(), 0.0);
  const double centre = total * size_of(smaller) / static_cast<double>(all.size());
  const double observed = std::abs(std::accumulate(smaller.begin(), smaller.end(), 0.0) - centre);
  double magnitude = 0;
  for (const double v : all) magnitude += std::abs(v);
  const double rounding = 1e-12 * magnitude;  // sums of the same values in another order must count as equal
  SubsetCounter counter(all, centre, observed - rounding);
  counter.walk(0, smaller.size(), 0);
  return counter.extreme / ways;
}

bool equivalent(const TwoSample& test, double sesoi) { return test.low90 > -sesoi && test.high90 < sesoi; }

}  // namespace expanalyze::stats
