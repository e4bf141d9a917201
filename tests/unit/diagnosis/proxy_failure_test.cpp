#include "diagnosis/proxy_pair.hpp"
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

namespace {

double normal(double step, std::uint64_t key) {
  return expanalyze::stats::CounterRng(key).normal(static_cast<std::uint64_t>(step));
}

/// Two scalars without known names: `steer` follows `goal` with a strength of `before`, from step 200 on of `after`.
test::Side pair_of(double before, double after) {
  test::Side side;
  side.steps = 600;
  side.signals["brillig"] = [](double step) { return 5 + normal(step, 21); };
  side.signals["slithy"] = [=](double step) {
    const double a = step < 210 ? before : after;
    return 2 + a * normal(step, 21) + 0.3 * normal(step, 22);
  };
  return hurt(side);
}

bool says(const test::Pair& pair, std::string_view text) {
  const auto* found = expanalyze::finding(pair.diagnosis, "proxy_failure");
  if (!found) return false;
  for (const auto& e : found->evidence)
    if (e.text.find(text) != std::string::npos) return true;
  return false;
}

}  // namespace

TEST_CASE("proxy_failure: without names, a signal that followed another at first and later works against it") {
  const test::Side baseline = [] {
    test::Side s;
    s.steps = 600;
    return s;
  }();
  const test::Pair reversed = test::compare(baseline, pair_of(1, -1));
  CHECK(says(reversed, "over the first third"));
  CHECK(test::probability(reversed, "proxy_failure") > 0.33);
  const test::Pair lost = test::compare(baseline, pair_of(1, 0));
  CHECK(says(lost, "over the first third"));
  CHECK(test::probability(lost, "proxy_failure") < test::probability(reversed, "proxy_failure"));
  // One that follows to the end, and one that never did: neither promised something and broke it.
  CHECK_FALSE(says(test::compare(baseline, pair_of(1, 1)), "over the first third"));
  CHECK_FALSE(says(test::compare(baseline, pair_of(0, 0)), "over the first third"));
}

TEST_CASE("proxy_failure: a signal at its bound has too little range to follow anything") {
  test::Side baseline;
  baseline.steps = 600;
  test::Side pinned = pair_of(1, 1);
  const auto free = pinned.signals["slithy"];
  pinned.signals["slithy"] = [free](double step) { return step < 210 ? free(step) : 9.0; };
  CHECK_FALSE(says(test::compare(baseline, pinned), "over the first third"));
  test::Side still = hurt({});
  still.signals["slithy"] = [](double) { return 4.0; };
  CHECK(test::untestable(test::compare({}, still), "proxy_failure"));
}

TEST_CASE("proxy_failure: the statistic of a rule against its sibling: changes, ratio, noise") {
  test::Side baseline = adaptive("", 0.4, 5);
  test::Side rule = adaptive("trace", 0.4, 5);
  rule.signals["gram_spec"] = [](double step) { return 0.01 + 0.001 * normal(step, 31); };
  rule.signals["gram_trace"] = [](double step) { return (0.3 + 0.03 * normal(step, 32)) * std::exp(step / 150); };
  const test::Pair pair = test::compare(baseline, hurt(rule));
  CHECK(says(pair, "correlate"));
  CHECK(says(pair, "the ratio of"));
  rule.signals["gram_trace"] = [](double step) { return 0.3 + 0.03 * normal(step - 2, 31) + 0.003 * normal(step, 32); };
  CHECK_FALSE(says(test::compare(baseline, hurt(rule)), "at best"));  // two records late, and on board
}

TEST_CASE("proxy_failure: the share of white noise of a signal") {
  std::vector<double> walk, noise;
  double x = 0;
  for (int t = 0; t < 2000; ++t) {
    x = 0.9 * x + normal(t, 41);
    walk.push_back(x);
    noise.push_back(normal(t, 42));
  }
  std::vector<double> both = walk;
  for (std::size_t i = 0; i < both.size(); ++i)
    both[i] += 2.3 * noise[i];  // as much as the walk: 1 / (1 - .81) = 2.29^2
  CHECK(expanalyze::white_share(walk) < 0.1);
  CHECK(expanalyze::white_share(both) == Approx(0.5).margin(0.15));
  CHECK(expanalyze::white_share(noise) > 0.8);
  CHECK(std::isnan(expanalyze::white_share(std::vector<double>(200, 1.0))));
  CHECK(std::isnan(expanalyze::white_share(std::vector<double>(3, 1.0))));
}
