#include "support/catch.hpp"
#include "support/made_up_pair.hpp"

using namespace made_up;

namespace {

/// Gradient descent at a constant rate of 0.01: the limit of the sharpness is 200.
Run descent(const std::string& label, Signals s, double sharpness, double swing) {
  s["lr"] = constant(0.01);
  s["sharpness"] = [sharpness](double step) { return sharpness * std::min(1.0, 0.2 + step / 100); };
  s["train_loss"] = [loss = s["train_loss"], swing](double step) {
    return loss(step) + (static_cast<int>(step) % 2 == 0 ? swing : -swing);
  };
  return run(label, s, {{"optimizer", std::string("sgd")}});
}

}  // namespace

TEST_CASE("edge_of_stability_oscillation: sharpness at the limit and a loss that swings every other step",
          "[diagnosis]") {
  const Answer a = ask(edge_of_stability_oscillation, descent("b", healthy(), 60, 0), descent("e", worse(), 198, 0.05));
  CHECK(a.probability > 0.66);
  CHECK(a.scored.slots.at("edge") == Approx(0.99));
  CHECK(a.scored.slots.at("sharpness_limit") == Approx(200));
  CHECK(a.scored.effect_share < 0.5);
}

TEST_CASE("edge_of_stability_oscillation: quiet below the limit, and where the baseline rides it too", "[diagnosis]") {
  CHECK(ask(edge_of_stability_oscillation, descent("b", healthy(), 60, 0), descent("e", worse(), 150, 0)).probability <
        0.01);
  CHECK(ask(edge_of_stability_oscillation, descent("b", healthy(), 199, 0.05), descent("e", worse(), 198, 0.05))
            .probability < 0.05);
  CHECK(ask(edge_of_stability_oscillation, descent("b", healthy(), 60, 0), descent("e", worse(), 198, 0)).probability <
        0.2);
}

TEST_CASE("edge_of_stability_oscillation: the limit of Adam is one of the preconditioned Hessian", "[diagnosis]") {
  const Config adam{{"optimizer", std::string("adamw")}, {"beta1", 0.9}};
  Signals good = healthy(), bad = worse();
  good["preconditioned_sharpness"] = constant(1000);
  bad["preconditioned_sharpness"] = constant(3750);
  good["lr"] = bad["lr"] = constant(0.01);
  const Answer a = ask(edge_of_stability_oscillation, run("b", good, adam), run("e", bad, adam));
  CHECK(a.scored.slots.at("edge") == Approx(3750 * 0.01 / 38));
}

TEST_CASE("edge_of_stability_oscillation: untestable without a sharpness", "[diagnosis]") {
  CHECK_FALSE(ask(edge_of_stability_oscillation, healthy(), worse()).testable);
}
