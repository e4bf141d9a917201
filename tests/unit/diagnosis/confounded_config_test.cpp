#include "support/catch.hpp"
#include "support/formula_runs.hpp"

namespace {

test::Side configured(double lr, double width, double ns_eps, double ns_steps) {
  test::Side side;
  side.config = {{"lr", lr}, {"width", width}, {"ns_eps", ns_eps}, {"ns_steps", ns_steps}};
  return side;
}

}  // namespace

TEST_CASE("confounded_config: two settings changed") {
  const test::Pair pair = test::compare(configured(0.1, 64, 0.1, 5), configured(0.2, 32, 0.1, 5));
  CHECK(test::probability(pair, "confounded_config") > 0.66);
  CHECK(pair.diagnosis.headline != "confounded_config");
}

TEST_CASE("confounded_config: one setting, or two of one mechanism") {
  CHECK(test::probability(configured(0.1, 64, 0.1, 5), configured(0.2, 64, 0.1, 5), "confounded_config") < 0.05);
  CHECK(test::probability(configured(0.1, 64, 0.1, 5), configured(0.1, 64, 0.2, 3), "confounded_config") < 0.05);
}

TEST_CASE("confounded_config: seen in logs without a config") {
  test::Side other;
  other.batch = 128;
  other.lr = [](double step) { return 0.002 * (1 - step / 401); };
  CHECK(test::probability({}, other, "confounded_config") > 0.5);
  test::Side one;
  one.batch = 128;
  CHECK(test::probability({}, one, "confounded_config") < 0.05);
}

TEST_CASE("confounded_config: fewer steps of a larger batch over the same samples are one decision") {
  test::Side larger;
  larger.batch = 128;
  larger.steps = 200;
  CHECK(test::probability({}, larger, "confounded_config") < 0.05);
}
