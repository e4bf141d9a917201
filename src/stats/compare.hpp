// Is the experiment's final value different from the baseline's, given how much luck of the seed moves it?
// One value per seed. Signs are experiment - baseline, and swapping the arms flips every sign exactly.
#pragma once

#include <span>

namespace expanalyze::stats {

/// Belief about the seed-to-seed s.d. before seeing these runs: scaled inverse chi-squared.
struct SeedPrior {
  double scale;  ///< s0, in units of the metric
  double df;     ///< nu0, how many degrees of freedom the belief is worth; 0: none
};

struct TwoSample {
  double difference;     ///< mean(experiment) - mean(baseline)
  double se;             ///< of the difference
  double df;             ///< of the t reference
  double sd;             ///< of one seed's value (of one pair's difference in the paired test)
  double low95, high95;  ///< -inf/+inf when neither seeds nor prior give a spread
  double low90, high90;  ///< for equivalence by two one-sided tests
  double p;              ///< two-sided; NaN when there is no spread to judge by
};

/// Primary test: pooled variance moderated by the prior,
/// sigma^2 = (nu0 s0^2 + sum of squares) / (nu0 + n_b + n_e - 2), t reference with that denominator as degrees of
/// freedom (Smyth 2004, Stat. Appl. Genet. Mol. Biol. 3:3). Works for one seed an arm, where it rests on the prior
/// alone. `extra_variance_of_difference` is the variance that estimating each run's plateau adds.
TwoSample moderated_t(std::span<const double> baseline, std::span<const double> experiment, SeedPrior prior,
                      double extra_variance_of_difference = 0);
/// The same on differences of matched seeds (experiment - baseline each); the prior is that of a difference.
TwoSample moderated_paired_t(std::span<const double> differences, SeedPrior prior_of_differences);

/// Unequal variances, no prior (Welch 1947, Biometrika 34:28). For three seeds an arm and more: at two its measured
/// size is 0.024 where 0.05 is asked.
TwoSample welch(std::span<const double> baseline, std::span<const double> experiment);

/// Exact two-sided permutation test of the difference of means over all labellings of the seeds. NaN below 20
/// labellings, where p < 0.05 cannot be reached, and above 1e6, where the t tests serve.
double permutation_p(std::span<const double> baseline, std::span<const double> experiment);
/// The number of labellings, n_b + n_e choose n_b: the least attainable p is 1 over it (2 for equal arms).
double permutation_arrangements(std::size_t n_baseline, std::size_t n_experiment);

/// Shown to be no larger than the smallest difference of interest, either way: the 90 % interval lies inside ±sesoi.
/// Two one-sided tests at 0.05: Schuirmann 1987, J. Pharmacokinet. Biopharm. 15:657.
bool equivalent(const TwoSample& test, double sesoi);

}  // namespace expanalyze::stats
