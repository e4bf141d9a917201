// Too little, constant or broken input: answers that say so, and no crash.
#include <cmath>
#include <limits>
#include <vector>

#include "stats/bootstrap.hpp"
#include "stats/compare.hpp"
#include "stats/descriptive.hpp"
#include "stats/distributions.hpp"
#include "stats/lead_lag.hpp"
#include "stats/onset.hpp"
#include "stats/pairing.hpp"
#include "stats/rank.hpp"
#include "stats/segments.hpp"
#include "stats/spikes.hpp"
#include "stats/trend.hpp"
#include "support/catch.hpp"

using namespace expanalyze::stats;
using Values = std::vector<double>;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

// Calls everything; what comes out must have the size of what went in.
void run_all(const Values& x) {
  CAPTURE(x.size());
  Values summary{mean(x), median(x), sd(x), mad(x), quantile(x, 0.3), lag1_autocorrelation(x), bootstrap_se_of_mean(x)};
  CHECK(summary.size() == 7);
  CHECK(running_median(x, 7).size() == x.size());
  CHECK(detrend(x).size() == x.size());
  CHECK(smooth(x, x, 5).size() == x.size());
  CHECK(smooth(x, x, 0).size() == x.size());
  CHECK(isotonic_decreasing(x).size() == x.size());
  CHECK(prewhiten(x).size() + 10 >= x.size());
  CHECK(block_length(x) >= 1);
  CHECK(least_squares(x, x).n == x.size());
  CHECK(std::isnan(spearman(x, Values(x.size(), 1))));
  CHECK(std::isnan(kendall(x, Values(x.size(), 1))));
  CHECK(theil_sen(x, x).low <= theil_sen(x, x).high);
  CHECK_FALSE(paired_by_order(x, x).paired);
  CHECK(persistent_spikes(x).empty());
  CHECK(outlier_batches(x).empty());
  CHECK(paired_spikes(x).empty());
  CHECK(change_points(x).empty());
  CHECK_FALSE(cusum_onset(x, x.size() / 2));
  CHECK_FALSE(onset_of(x, x, x.size() / 2));
  CHECK_FALSE(lead_lag(x, x).significant());
  const TwoSample test = moderated_t(x, x, {0.1, 3}, 0.01);
  CHECK(test.low95 <= test.high95);
  CHECK(moderated_paired_t(x, {kNaN, 3}).low95 <= moderated_paired_t(x, {kNaN, 3}).high95);
  CHECK(welch(x, x).low95 <= welch(x, x).high95);
}

}  // namespace

TEST_CASE("nothing, one, two, constant, NaN, infinite, huge") {
  run_all({});
  run_all({3});
  run_all({1, 2});
  run_all(Values(100, 0.1));
  run_all(Values(100, 0.0));
  run_all(Values(2, kNaN));
  run_all(Values(300, kNaN));
  run_all(Values(300, kInf));
  run_all({1, kNaN, -kInf, 2, kInf});
  run_all(Values(50, 1e308));
  run_all(Values(50, 5e-324));
}

TEST_CASE("too few values answer NaN, never 0") {
  CHECK(std::isnan(mean(Values{})));
  CHECK(std::isnan(median(Values{})));
  CHECK(std::isnan(quantile(Values{}, 0.5)));
  CHECK(std::isnan(variance(Values{4})));
  CHECK(std::isnan(lag1_autocorrelation(Values{4, 4, 4})));
  CHECK(std::isnan(bootstrap_se_of_mean(Values{4})));
  CHECK(bootstrap_se_of_mean(Values(30, 0.1)) == 0);
  CHECK(std::isnan(least_squares(Values{2, 2}, Values{1, 3}).slope));
  CHECK(std::isnan(least_squares(Values{1, 2}, Values{1, 3}).slope_se));
  CHECK(std::isnan(median(Values{1, kNaN, 2})));
}

TEST_CASE("an arm that ended in NaN, or has no seed, has no interval") {
  for (const Values& arm : {Values{kNaN}, Values{}, Values{kInf}}) {
    const TwoSample test = moderated_t(Values{3.2}, arm, {0.0013, 7.1});
    CHECK_FALSE(std::isfinite(test.difference));
    CHECK(test.low95 == -kInf);
    CHECK(test.high95 == kInf);
    CHECK(std::isnan(test.p));
    CHECK_FALSE(equivalent(test, 1));
  }
}

TEST_CASE("seeds that agree to the last digit") {
  const TwoSample same = welch(Values{1, 1, 1}, Values{1, 1, 1});
  CHECK(same.p == 1);
  CHECK(same.low95 == 0);
  CHECK(welch(Values{1, 1, 1}, Values{2, 2, 2}).p == 0);
}
