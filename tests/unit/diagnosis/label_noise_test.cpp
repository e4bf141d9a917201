#include "support/catch.hpp"
#include "support/formula_runs.hpp"

namespace {

test::Side noisy_targets() {
  test::Side side;
  side.train = [](double step) { return 1.5 + 0.9 * std::exp(-step / 50); };
  side.eval = [](double step) { return 0.8 + 1.6 * std::exp(-step / 50); };
  return side;
}

}  // namespace

TEST_CASE("label_noise: training stops above evaluation") {
  CHECK(test::probability({}, noisy_targets(), "label_noise") > 0.66);
}

TEST_CASE("label_noise: the share of random targets from the floor of K classes") {
  // h(q) for p = .4, K = 10: q = .36; .36 ln(9 / .36) - .64 ln .64 = 1.4444. The baseline here trains to nearly
  // nothing.
  test::Side baseline, experiment = noisy_targets();
  baseline.noise = experiment.noise = 0.001;
  baseline.train = [](double step) { return 0.001 + 2 * std::exp(-step / 20); };
  experiment.train = [](double step) { return 1.4454 + std::exp(-step / 20); };
  baseline.config["num_classes"] = experiment.config["num_classes"] = 10.0;
  const test::Pair pair = test::compare(baseline, experiment);
  REQUIRE(expanalyze::finding(pair.diagnosis, "label_noise"));
  CHECK(expanalyze::finding(pair.diagnosis, "label_noise")->slots.at("noise_share") == Approx(0.4).margin(0.01));
}

TEST_CASE("label_noise: dropout explains the same curves") {
  test::Side baseline, experiment = noisy_targets();
  baseline.config["dropout"] = 0.0;
  experiment.config["dropout"] = 0.7;
  const test::Pair pair = test::compare(baseline, experiment);
  CHECK(test::probability(pair, "label_noise") < test::probability(pair, "over_regularization"));
}

TEST_CASE("label_noise: quiet when both sides stand alike, or when nothing was learned") {
  CHECK(test::probability(noisy_targets(), noisy_targets(), "label_noise") < 0.05);
  test::Side exploded;
  exploded.train = [](double step) { return 2.4 + step; };
  exploded.eval = [](double) { return 2.4; };
  CHECK(test::probability({}, exploded, "label_noise") < 0.33);
}

TEST_CASE("label_noise: needs both losses") {
  test::Side silent;
  silent.train = nullptr;
  CHECK(test::untestable(test::compare({}, silent), "label_noise"));
}

TEST_CASE("label_noise: a failed run has no floor to read") {
  test::Side failed;
  failed.train = [](double step) { return 2.6 - 0.3 * step / 400; };
  failed.eval = [](double step) { return 2.35 - 0.01 * step / 400; };
  const test::Pair pair = test::compare({}, failed);
  REQUIRE(pair.review.overall == expanalyze::Verdict::failed);
  CHECK(test::probability(pair, "label_noise") < 0.1);
}
