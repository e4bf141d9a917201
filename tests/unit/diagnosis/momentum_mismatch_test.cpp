#include "support/catch.hpp"
#include "support/made_up_pair.hpp"

using namespace made_up;

namespace {

/// |u| = amplification x lr x |g|, logged against weights of norm 20; the first update of any SGD has amplification 1.
Signals with_updates(Signals s, double amplification) {
  s["param_norm"] = constant(20);
  s["update_ratio"] = [lr = s["lr"], g = s["grad_norm"], amplification](double step) {
    return (step < 1 ? 1.0 : amplification) * lr(step) * g(step) / 20;
  };
  return s;
}

}  // namespace

TEST_CASE("momentum_mismatch: updates that are exactly lr x gradient, without a config", "[diagnosis]") {
  const Answer a = ask(momentum_mismatch, with_updates(healthy(), 2.3), with_updates(worse(), 1));
  CHECK(a.probability > 0.5);
  CHECK(a.says("there is no momentum"));
  CHECK(a.scored.slots.at("amplification_baseline") == Approx(2.3));
}

TEST_CASE("momentum_mismatch: named by the config", "[diagnosis]") {
  const Answer a =
      ask(momentum_mismatch, run("b", healthy(), {{"momentum", 0.9}}), run("e", worse(), {{"momentum", 0.5}}));
  CHECK(a.scored.slots.at("step_factor") == Approx(0.2));  // (1 - .9) / (1 - .5)
  CHECK(a.says("momentum was changed"));
}

TEST_CASE("momentum_mismatch: quiet when the updates are as long, untestable when nothing tells", "[diagnosis]") {
  CHECK(ask(momentum_mismatch, with_updates(healthy(), 2.3), with_updates(worse(), 2.2)).probability < 0.02);
  CHECK_FALSE(ask(momentum_mismatch, healthy(), worse()).testable);
}

TEST_CASE("momentum_mismatch: Adam's updates are not read as SGD's", "[diagnosis]") {
  Signals adam = worse();
  adam["param_norm"] = constant(20);
  adam["update_ratio"] = [lr = adam["lr"]](double step) { return 300 * lr(step) / 20; };
  CHECK_FALSE(ask(momentum_mismatch, with_updates(healthy(), 2.3), adam).testable);
}
