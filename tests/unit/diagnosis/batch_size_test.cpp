#include "support/catch.hpp"
#include "support/formula_runs.hpp"

namespace {

test::Side noisy(double batch, double noise) {
  test::Side side;
  side.batch = batch;
  side.noise = noise;
  side.train = [](double step) { return 0.9 + 2 * std::exp(-step / 60) - 0.2 * step / 400; };
  side.eval = side.train;
  return side;
}

/// A curve that a batch of any size follows alike: nothing more is learned from more samples a step.
test::Side same_curve(double batch) {
  test::Side side;
  side.batch = batch;
  side.train = [](double step) { return 0.4 + 2 / (1 + step / 20); };
  side.eval = side.train;
  return side;
}

}  // namespace

TEST_CASE("batch_too_small: worse, and noisier by the root of the ratio") {
  // 64 -> 4 samples: noise of a step 4 times the baseline's .02, relative to a loss near 1.
  const test::Pair pair = test::compare({}, noisy(4, 0.14));
  CHECK(test::probability(pair, "batch_too_small") > 0.66);
  CHECK(expanalyze::finding(pair.diagnosis, "batch_too_small")->slots.at("batch_ratio") == Approx(1.0 / 16));
}

TEST_CASE("batch_too_small: the baseline's batch is none, however noisy") {
  CHECK(test::probability({}, noisy(64, 0.14), "batch_too_small") < 0.05);
}

TEST_CASE("batch_too_small: a smaller batch that costs nothing") {
  test::Side side;
  side.batch = 32;
  CHECK(test::probability({}, side, "batch_too_small") < 0.33);
}

TEST_CASE("batch_too_large: the same curve per step for eight times the samples") {
  test::Side large = same_curve(512);
  large.lr = [](double step) { return 0.004 * (1 - step / 401); };
  const test::Pair pair = test::compare(same_curve(64), large);
  CHECK(test::probability(pair, "batch_too_large") > 0.66);
  CHECK(expanalyze::finding(pair.diagnosis, "batch_too_large")->slots.at("steps_saved") == Approx(1).margin(0.2));
}

TEST_CASE("batch_too_large: a batch that pays in full is none") {
  test::Side large = same_curve(512);
  large.train = [](double step) { return 0.4 + 2 / (1 + 8 * step / 20); };
  large.eval = large.train;
  CHECK(test::probability(same_curve(64), large, "batch_too_large") < 0.2);
  CHECK(test::probability(same_curve(64), same_curve(64), "batch_too_large") < 0.05);
}

TEST_CASE("batch cards: need a count of samples") {
  test::Side silent;
  silent.batch = 0;
  const test::Pair pair = test::compare(silent, silent);
  CHECK(test::untestable(pair, "batch_too_small"));
  CHECK(test::untestable(pair, "batch_too_large"));
}
