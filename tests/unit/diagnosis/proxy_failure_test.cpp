#include "support/catch.hpp"
#include "support/formula_runs.hpp"

namespace {

test::Side adaptive(const std::string& rule, double residual, double iterations) {
  test::Side side;
  side.config["rule"] = rule;
  side.signals["gram_trace"] = [](double step) { return 0.3 + 0.01 * std::sin(step); };
  side.signals["ortho_err"] = [residual](double step) { return residual + 0.01 * std::cos(step); };
  side.signals["avg_steps"] = [iterations](double step) { return iterations + 0.01 * std::sin(2 * step); };
  return side;
}

test::Side hurt(test::Side side) {
  side.train = [](double step) { return test::usual_loss(step) + 0.3; };
  side.eval = side.train;
  return side;
}

}  // namespace

TEST_CASE("proxy_failure: the rule is satisfied early while its target is not") {
  const test::Pair pair = test::compare(adaptive("", 0.4, 5), hurt(adaptive("trace", 0.85, 2.3)));
  CHECK(test::probability(pair, "proxy_failure") > 0.66);
  CHECK(expanalyze::finding(pair.diagnosis, "proxy_failure")->slots.at("target") == Approx(0.85).margin(0.02));
}

TEST_CASE("proxy_failure: a rule that keeps its target is none") {
  CHECK(test::probability(adaptive("", 0.4, 5), hurt(adaptive("trace", 0.4, 3)), "proxy_failure") < 0.1);
}

TEST_CASE("proxy_failure: a value that names no signal cannot be tested, nor can a log without config") {
  CHECK(test::untestable(test::compare(adaptive("", 0.4, 5), adaptive("random", 0.85, 2)), "proxy_failure"));
  CHECK(test::untestable(test::compare({}, {}), "proxy_failure"));
}
