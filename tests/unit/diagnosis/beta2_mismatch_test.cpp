#include "support/catch.hpp"
#include "support/made_up_pair.hpp"

using namespace made_up;

namespace {

/// Adam: the first update is one learning rate at each of 90000 weights, |u| = 300 lr; later ones `rms` of it.
Signals with_updates(Signals s, double rms, double last_norm) {
  s["param_norm"] = growing(20, last_norm);
  s["update_ratio"] = [lr = s["lr"], norm = s["param_norm"], rms](double step) {
    return (step < 1 ? 1 : rms) * 300 * lr(step) / norm(step);
  };
  return s;
}

}  // namespace

TEST_CASE("beta2_mismatch: updates ten times Adam's bound and weights that run away", "[diagnosis]") {
  const Answer a = ask(beta2_mismatch, with_updates(healthy(), 0.2, 22), with_updates(worse(), 30, 2000));
  CHECK(a.probability > 0.5);
  CHECK(a.scored.slots.at("update_rms") == Approx(30));
}

TEST_CASE("beta2_mismatch: momentum that outlives the second moment, from the config", "[diagnosis]") {
  const Config good{{"beta1", 0.9}, {"beta2", 0.99}}, bad{{"beta1", 0.9}, {"beta2", 0.5}};
  const Answer a = ask(beta2_mismatch, run("b", healthy(), good), run("e", worse(), bad));
  CHECK(a.scored.slots.at("memory") == Approx(2));
  CHECK(a.says("beta1 > sqrt(beta2)"));
  CHECK(a.probability > 0.6);
}

TEST_CASE("beta2_mismatch: a change from .99 to .989 is nothing, usual updates neither", "[diagnosis]") {
  const Config good{{"beta1", 0.9}, {"beta2", 0.99}}, near{{"beta1", 0.9}, {"beta2", 0.989}};
  CHECK(ask(beta2_mismatch, run("b", healthy(), good), run("e", worse(), near)).probability < 0.05);
  CHECK(ask(beta2_mismatch, with_updates(healthy(), 0.2, 22), with_updates(worse(), 0.3, 22)).probability < 0.02);
}

TEST_CASE("beta2_mismatch: untestable without config and updates", "[diagnosis]") {
  CHECK_FALSE(ask(beta2_mismatch, healthy(), worse()).testable);
}
