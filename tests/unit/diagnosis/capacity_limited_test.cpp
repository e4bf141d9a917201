#include "support/catch.hpp"
#include "support/formula_runs.hpp"

namespace {

test::Side underfitted() {
  test::Side side;
  side.train = [](double step) { return 1.4 + std::exp(-step / 50); };
  side.eval = side.train;
  return side;
}

}  // namespace

TEST_CASE("capacity_limited: a smaller model that stops high") {
  test::Side small = underfitted();
  small.flops = 5e4;
  const test::Pair pair = test::compare({}, small);
  CHECK(test::probability(pair, "capacity_limited") > 0.5);
  CHECK(expanalyze::finding(pair.diagnosis, "capacity_limited")->slots.at("flops_per_token_ratio") == Approx(0.05));
}

TEST_CASE("capacity_limited: the same size is another cause") {
  CHECK(test::probability({}, underfitted(), "capacity_limited") < 0.2);
}

TEST_CASE("capacity_limited: a smaller model that loses nothing") {
  test::Side small;
  small.flops = 5e4;
  CHECK(test::probability({}, small, "capacity_limited") < 0.05);
}

TEST_CASE("capacity_limited: the same first evaluation is the same model, whatever a token costs") {
  test::Side cheap = underfitted();
  cheap.flops = 4e5;
  test::Side baseline;
  baseline.signals["param_norm"] = [](double) { return 20.0; };
  cheap.signals["param_norm"] = baseline.signals["param_norm"];
  CHECK(test::probability(baseline, cheap, "capacity_limited") < 0.1);
}

TEST_CASE("capacity_limited: needs a training loss") {
  test::Side silent;
  silent.train = nullptr;
  CHECK(test::untestable(test::compare(silent, silent), "capacity_limited"));
}

TEST_CASE("capacity_limited: dead units do not explain a model that is smaller anyway") {
  test::Side baseline, small = underfitted(), same = underfitted();
  baseline.signals["dead_relu_frac"] = [](double) { return 0.02; };
  small.signals["dead_relu_frac"] = same.signals["dead_relu_frac"] = [](double) { return 0.6; };
  small.flops = 5e4;
  const test::Pair pair = test::compare(baseline, small);
  REQUIRE(test::probability(pair, "dead_units") > 0.5);
  REQUIRE(test::probability(pair, "capacity_limited") > 0.5);
  CHECK(expanalyze::finding(pair.diagnosis, "capacity_limited")->symptom_of.empty());
}
