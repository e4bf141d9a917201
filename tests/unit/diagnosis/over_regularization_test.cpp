#include "support/catch.hpp"
#include "support/formula_runs.hpp"

namespace {

test::Side with_dropout(double p) {
  test::Side side;
  side.config["dropout"] = p;
  return side;
}

test::Side underfitted(double p) {
  test::Side side = with_dropout(p);
  side.train = [](double step) { return 1.2 + 1.2 * std::exp(-step / 50); };
  side.eval = [](double step) { return 1.0 + 1.4 * std::exp(-step / 50); };
  return side;
}

}  // namespace

TEST_CASE("over_regularization: raised, paid for, nothing gained") {
  const test::Pair pair = test::compare(with_dropout(0), underfitted(0.8));
  CHECK(test::probability(pair, "over_regularization") > 0.66);
  CHECK(expanalyze::finding(pair.diagnosis, "over_regularization")->slots.at("price") == Approx(0.8).margin(0.05));
}

TEST_CASE("over_regularization: not without a regulariser") {
  test::Side baseline = with_dropout(0), experiment = underfitted(0);
  experiment.config["lr"] = 1e-5;
  baseline.config["lr"] = 1e-3;
  CHECK(test::probability(baseline, experiment, "over_regularization") < 0.05);
}

TEST_CASE("over_regularization: a regulariser that pays is none") {
  test::Side better = with_dropout(0.2);
  better.train = [](double step) { return test::usual_loss(step) + 0.05; };
  better.eval = [](double step) { return test::usual_loss(step) + 0.02; };
  CHECK(test::probability(with_dropout(0), better, "over_regularization") < 0.33);
}

TEST_CASE("over_regularization: the same curves without a config stay low") {
  test::Side experiment = underfitted(0);
  experiment.config.clear();
  CHECK(test::probability({}, experiment, "over_regularization") < 0.66);
}
