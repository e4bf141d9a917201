#include "support/catch.hpp"
#include "support/formula_runs.hpp"

namespace {

test::Side shifted(const test::Formula& by) {
  test::Side side;
  side.train = [by](double step) { return test::usual_loss(step) + by(step); };
  side.eval = side.train;
  return side;
}

const test::Side kBaseline = shifted([](double) { return 0.0; });

}  // namespace

TEST_CASE("slow_start_pays_off: behind until the middle, ahead at the end, and it takes the headline") {
  const test::Pair pair = test::compare(kBaseline, shifted([](double step) { return 0.2 - 0.4 * step / 400; }));
  CHECK(test::probability(pair, "slow_start_pays_off") > 0.66);
  CHECK(pair.diagnosis.headline == "slow_start_pays_off");
  CHECK(expanalyze::finding(pair.diagnosis, "slow_start_pays_off")->slots.at("crossing_step") ==
        Approx(200).margin(25));
}

TEST_CASE("slow_start_pays_off: ahead from the start is an improvement") {
  const test::Pair pair = test::compare(kBaseline, shifted([](double step) { return -0.2 * step / 400; }));
  CHECK(test::probability(pair, "slow_start_pays_off") < 0.05);
  CHECK(pair.diagnosis.headline == "genuine_improvement");
}

TEST_CASE("slow_start_pays_off: the other way round is none") {
  CHECK(test::probability(kBaseline, shifted([](double step) { return 0.4 * step / 400 - 0.2; }),
                          "slow_start_pays_off") < 0.05);
}
