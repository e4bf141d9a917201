#include "stats/compare.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "stats/power.hpp"
#include "stats/random.hpp"
#include "support/catch.hpp"

using namespace expanalyze::stats;
using Arm = std::vector<double>;

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr SeedPrior kNone{0, 0};
constexpr SeedPrior kLanguageModel{0.0013, 7.1};  // 124 groups of replicates of one public benchmark

void check_mirrored(const TwoSample& one, const TwoSample& other) {
  CHECK(one.difference == -other.difference);
  CHECK(one.low95 == -other.high95);
  CHECK(one.high95 == -other.low95);
  CHECK(one.low90 == -other.high90);
  CHECK(one.se == other.se);
  CHECK(one.df == other.df);
  CHECK(one.p == other.p);
}

}  // namespace

TEST_CASE("one seed an arm rests on the prior: half-widths 0.0043 and 0.0035") {
  const TwoSample test = moderated_t(Arm{3.28}, Arm{3.27}, kLanguageModel);
  CHECK(test.difference == Approx(-0.01));
  CHECK(test.df == Approx(7.1));
  CHECK(test.sd == Approx(0.0013));
  CHECK(0.5 * (test.high95 - test.low95) == Approx(0.0043).margin(5e-5));
  CHECK(0.5 * (test.high90 - test.low90) == Approx(0.0035).margin(5e-5));
  CHECK(test.p < 0.001);
  // With a margin of 0.0053 only |difference| < 0.0018 is shown to be no difference.
  CHECK(equivalent(moderated_t(Arm{3.28}, Arm{3.2817}, kLanguageModel), 0.0053));
  CHECK_FALSE(equivalent(moderated_t(Arm{3.28}, Arm{3.2819}, kLanguageModel), 0.0053));
}

TEST_CASE("without a prior one seed an arm says nothing, however far apart") {
  const TwoSample test = moderated_t(Arm{3}, Arm{300}, kNone);
  CHECK(test.difference == 297);
  CHECK(test.low95 == -kInf);
  CHECK(test.high90 == kInf);
  CHECK(std::isnan(test.p));
  CHECK_FALSE(equivalent(test, 1e9));
}

TEST_CASE("seeds and prior pool by their degrees of freedom") {
  // Squares 2 + 2, own df 4; prior 2 df at scale 1: (2·1 + 4) / 6 = 1 → se sqrt(2/3)
  const TwoSample test = moderated_t(Arm{1, 2, 3}, Arm{4, 5, 6}, {1, 2});
  CHECK(test.sd == Approx(1));
  CHECK(test.df == 6);
  CHECK(test.se == Approx(std::sqrt(2.0 / 3)));
  CHECK(test.high95 == Approx(3 + 2.446912 * std::sqrt(2.0 / 3)).epsilon(1e-6));  // t .975, 6
  const TwoSample wider = moderated_t(Arm{1, 2, 3}, Arm{4, 5, 6}, {1, 2}, 0.25);
  CHECK(wider.se == Approx(std::sqrt(2.0 / 3 + 0.25)));
}

TEST_CASE("without a prior the moderated test is Student's") {
  // Arms 1 2 3 and 4 5 6: t = 3 / sqrt(2/3) = 3.674, df 4 → p 0.0213 (R: t.test(var.equal = TRUE))
  CHECK(moderated_t(Arm{1, 2, 3}, Arm{4, 5, 6}, kNone).p == Approx(0.02131).epsilon(1e-3));
}

TEST_CASE("paired differences") {
  // Mean 2, variance 1, n 3: t = 2 sqrt 3 = 3.4641, df 2 → p = 1 - t / sqrt(2 + t^2) = 0.07418
  const TwoSample plain = moderated_paired_t(Arm{1, 2, 3}, kNone);
  CHECK(plain.difference == 2);
  CHECK(plain.p == Approx(1 - std::sqrt(12.0 / 14)));
  const TwoSample one = moderated_paired_t(Arm{2}, {0.5, 4});
  CHECK(one.se == Approx(0.5));
  CHECK(one.df == 4);
}

TEST_CASE("Welch, worked by hand") {
  // Variances 2.5 and 10 over 5: se^2 2.5; df = 6.25 / (0.25/4 + 4/4) = 5.882; t = 3 / sqrt 2.5 = 1.897
  const TwoSample test = welch(Arm{1, 2, 3, 4, 5}, Arm{2, 4, 6, 8, 10});
  CHECK(test.difference == 3);
  CHECK(test.se == Approx(std::sqrt(2.5)));
  CHECK(test.df == Approx(6.25 / 1.0625));
  CHECK(test.sd == Approx(2.5));  // of one seed: sqrt((2.5 + 10) / 2)
  CHECK(test.p == Approx(0.1075).margin(1e-4));
  CHECK(std::isnan(welch(Arm{1}, Arm{2, 3}).p));
}

TEST_CASE("exact permutation test") {
  CHECK(permutation_arrangements(3, 3) == 20);
  CHECK(permutation_arrangements(8, 8) == 12870);
  CHECK(permutation_p(Arm{1, 2, 3}, Arm{4, 5, 6}) == Approx(2.0 / 20));
  CHECK(permutation_p(Arm{1, 2, 4}, Arm{3, 5, 6}) == Approx(4.0 / 20));              // sums 6, 7 and their mirrors
  CHECK(permutation_p(Arm{0.1, 0.2, 0.3}, Arm{0.6, 0.7, 0.8}) == Approx(2.0 / 20));  // rounding must not break the tie
  CHECK(permutation_p(Arm{1, 1, 1}, Arm{1, 1, 1}) == 1);
  CHECK(permutation_p(Arm{0, 1}, Arm{7, 8, 9, 9, 9}) == Approx(1.0 / 21));  // no other pair is as far out
  CHECK(std::isnan(permutation_p(Arm{0, 1}, Arm{7, 8, 9, 9})));             // 15 labellings: too few
  CHECK(std::isnan(permutation_p(Arm{1, 2}, Arm{8, 9})));
  CHECK(std::isnan(permutation_p(Arm(40, 1.0), Arm(40, 2.0))));
}

TEST_CASE("swapping the arms flips every sign exactly") {
  const CounterRng rng(6);
  for (std::size_t n = 1; n < 6; ++n) {
    Arm a, b;
    for (std::size_t i = 0; i < n; ++i) a.push_back(rng.normal(10 * n + i));
    for (std::size_t i = 0; i < n + 2; ++i) b.push_back(0.3 + rng.normal(100 * n + i));
    check_mirrored(moderated_t(a, b, {0.7, 3.3}, 0.01), moderated_t(b, a, {0.7, 3.3}, 0.01));
    if (n > 1) check_mirrored(welch(a, b), welch(b, a));
    if (n > 2) CHECK(permutation_p(a, b) == permutation_p(b, a));
  }
}

TEST_CASE("the moderated test errs in 3 to 6 % of comparisons of equals") {
  // Seed s.d. drawn from the prior itself, as the test assumes: s^2 = nu s0^2 / chi^2_nu with nu = 7.
  constexpr std::size_t kTrials = 6000;
  const CounterRng rng(1);
  for (const std::size_t seeds : {1U, 3U}) {
    std::size_t claims = 0;
    for (std::size_t trial = 0; trial < kTrials; ++trial) {
      std::uint64_t draw = (trial * 8 + seeds) * 100;
      double chi2 = 0;
      for (int i = 0; i < 7; ++i) chi2 += std::pow(rng.normal(draw++), 2);
      const double sigma = std::sqrt(7 / chi2);
      Arm a(seeds), b(seeds);
      for (double& v : a) v = sigma * rng.normal(draw++);
      for (double& v : b) v = sigma * rng.normal(draw++);
      claims += moderated_t(a, b, {1, 7}).p < 0.05 ? 1 : 0;
    }
    const double size = static_cast<double>(claims) / kTrials;
    CHECK(size > 0.03);
    CHECK(size < 0.06);
  }
}

TEST_CASE("seeds needed at an s.d. of 0.0013") {
  // By the normal alone, 2 (1.95996 + 0.84162)^2 · 0.0013^2 / d^2: 26.5, 6.63, 2.95, 1.06.
  constexpr double kKnown = kInf;
  CHECK(seeds_to_detect(0.001, 0.0013, kKnown) == 27);
  CHECK(seeds_to_detect(-0.002, 0.0013, kKnown) == 7);
  CHECK(seeds_to_detect(0.003, 0.0013, kKnown) == 3);
  CHECK(seeds_to_detect(0.005, 0.0013, kKnown) == 2);
  // 2 (1.64485 + 1.28155)^2 · 0.0013^2 / 0.0053^2 = 1.03; at 0.002: 7.24
  CHECK(seeds_for_equivalence(0.0053, 0.0013, kKnown) == 2);
  CHECK(seeds_for_equivalence(0.002, 0.0013, kKnown) == 8);
  CHECK(seeds_to_detect(0.1, 0.0013, 7) == 1);
  CHECK(seeds_to_detect(0.1, 0.0013) == 2);  // no spread is seen on one seed
  CHECK(seeds_to_detect(1e-5, 0.0013) == kMostSeeds);
  CHECK(seeds_to_detect(0, 0.0013) == kMostSeeds);
  CHECK(seeds_to_detect(0.1, std::nan("")) == kMostSeeds);
}

TEST_CASE("the seeds that are said to be needed have the power that is said, and one fewer has not") {
  constexpr int kTimes = 4000;  // a share near 0.8 is then good to 0.006
  const auto power = [&](double difference, std::size_t n, int prior_df) {
    const CounterRng rng(n * 1000 + static_cast<std::uint64_t>(prior_df));
    int found = 0;
    std::uint64_t at = 0;
    for (int i = 0; i < kTimes; ++i) {
      double squares = 0;  // the prior's own estimate of an s.d. of 1
      for (int k = 0; k < prior_df; ++k) squares += std::pow(rng.normal(at++), 2);
      Arm b, e;
      for (std::size_t k = 0; k < n; ++k) b.push_back(rng.normal(at++)), e.push_back(difference + rng.normal(at++));
      const SeedPrior prior{prior_df > 0 ? std::sqrt(squares / prior_df) : 0, static_cast<double>(prior_df)};
      found += moderated_t(b, e, prior).p < 0.05 ? 1 : 0;
    }
    return static_cast<double>(found) / kTimes;
  };
  for (const int prior_df : {0, 3, 7})
    for (const double difference : {4.5, 3.0, 2.0, 1.2}) {
      const std::size_t n = seeds_to_detect(difference, 1, prior_df);
      INFO(difference << " with a prior of " << prior_df << ": " << n);
      CHECK(power(difference, n, prior_df) > 0.78);
      if (n > 2) CHECK(power(difference, n - 1, prior_df) < 0.82);
    }
}
