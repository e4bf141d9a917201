#include "support/catch.hpp"
#include "support/made_up_pair.hpp"

using namespace made_up;

namespace {

/// Adam with uniform v: |u| = lr |g| / (root + eps).
Signals with_updates(Signals s, double root, double eps) {
  s["update_norm"] = [lr = s["lr"], g = s["grad_norm"], d = root + eps](double step) { return lr(step) * g(step) / d; };
  return s;
}

Answer pair(double eps, double named, double named_baseline = 1e-8) {
  return ask(adam_epsilon_dominates, run("b", with_updates(healthy(), 1e-3, 1e-8), {{"eps", named_baseline}}),
             run("e", with_updates(worse(), 1e-3, eps), {{"eps", named}}));
}

}  // namespace

TEST_CASE("adam_epsilon_dominates: epsilon ten times the root of the second moment", "[diagnosis]") {
  const Answer a = pair(1e-2, 1e-2);
  CHECK(a.scored.slots.at("phi") == Approx(1 / 1.1).epsilon(0.01));
  CHECK(a.scored.slots.at("v_rms") == Approx(1e-3).epsilon(0.01));
  CHECK(a.probability > 0.66);
  CHECK(a.scored.soul.find("0.01 / 0.01 = 1") != std::string::npos);
}

TEST_CASE("adam_epsilon_dominates: quiet below, with the baseline's epsilon, and on a setting that is none",
          "[diagnosis]") {
  CHECK(pair(1e-8, 1e-8).probability < 0.01);
  CHECK(pair(2e-4, 2e-4).probability < 0.2);  // a sixth of the denominator: near miss
  CHECK(pair(1e-8, 0.3).probability < 0.01);  // "eps" of something else: larger than the whole
}

TEST_CASE("adam_epsilon_dominates: a logged second moment, or the gradient and the number of parameters",
          "[diagnosis]") {
  Signals good = healthy(), bad = worse();
  good["v_rms"] = bad["v_rms"] = constant(1e-3);
  CHECK(ask(adam_epsilon_dominates, run("b", good, {{"eps", 1e-8}}), run("e", bad, {{"eps", 1e-2}})).probability >
        0.66);
  const Config small{{"eps", 1e-8}, {"n_params", 1e6}}, large{{"eps", 0.1}, {"n_params", 1e6}};
  CHECK(ask(adam_epsilon_dominates, run("b", healthy(), small), run("e", worse(), large))
            .says("the RMS of its gradient"));
}

TEST_CASE("adam_epsilon_dominates: SGD has none, and without epsilon or lengths nothing can be said", "[diagnosis]") {
  const Answer sgd = ask(adam_epsilon_dominates, run("b", healthy(), {{"opt", std::string("sgd")}}),
                         run("e", worse(), {{"opt", std::string("sgd")}}));
  CHECK(sgd.testable);
  CHECK(sgd.scored.evidence.empty());
  CHECK_FALSE(
      ask(adam_epsilon_dominates, run("b", healthy(), {{"eps", 1e-8}}), run("e", worse(), {{"eps", 1.0}})).testable);
  CHECK_FALSE(ask(adam_epsilon_dominates, healthy(), worse()).testable);
}
