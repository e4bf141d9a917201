#include "support/catch.hpp"
#include "support/made_up_pair.hpp"

using namespace made_up;

namespace {

Signals with_norm(Signals s, double last, double memory) {
  s["param_norm"] = [=](double step) { return last + (20 - last) * std::exp(-step / memory); };
  return s;
}

}  // namespace

TEST_CASE("excessive_weight_decay: weights that collapse within ten steps, without a config", "[diagnosis]") {
  const Answer a = ask(excessive_weight_decay, with_norm(healthy(), 22, 100), with_norm(worse(), 4, 8));
  CHECK(a.probability > 0.7);
  // |w| = 4 + 16 e^(-t/8): the steepest fall of its logarithm is at the start, ln(20 / 18.12) = 0.0987 a step.
  CHECK(a.scored.slots.at("tau") == Approx(10.13).epsilon(0.01));
}

TEST_CASE("excessive_weight_decay: memory from the config", "[diagnosis]") {
  const Config weak{{"lr", 0.01}, {"weight_decay", 0.01}}, strong{{"lr", 0.01}, {"weight_decay", 20.0}};
  const Answer a = ask(excessive_weight_decay, run("b", with_norm(healthy(), 22, 100), weak),
                       run("e", with_norm(worse(), 6, 8), strong));
  CHECK(a.probability > 0.9);
  CHECK(a.scored.slots.at("tau") == Approx(5).epsilon(0.01));  // 1 / (0.01 x 20)
}

TEST_CASE("excessive_weight_decay: quiet when the norm stays or shrinks as the baseline's does, or when it helps",
          "[diagnosis]") {
  CHECK(ask(excessive_weight_decay, with_norm(healthy(), 22, 100), with_norm(worse(), 21, 100)).probability < 0.02);
  CHECK(ask(excessive_weight_decay, with_norm(healthy(), 4, 100), with_norm(worse(), 4, 100)).probability < 0.1);
  CHECK(ask(excessive_weight_decay, with_norm(worse(), 22, 100), with_norm(healthy(), 4, 8)).probability < 0.4);
}

TEST_CASE("excessive_weight_decay: untestable without norm and config", "[diagnosis]") {
  CHECK_FALSE(ask(excessive_weight_decay, healthy(), worse()).testable);
}

TEST_CASE("excessive_weight_decay: weights that fall to a quarter speak for themselves", "[diagnosis]") {
  Signals bad = worse(), good = healthy();
  good["param_norm"] = [](double s) { return 20 + 0.004 * s; };
  // The steepest fall, 15/15 of 20 a step, is a memory of 20 steps: 5 % of the run, the edge of what is short.
  bad["param_norm"] = [](double s) { return 5 + 15 * std::exp(-s / 15); };
  CHECK(ask(excessive_weight_decay, good, bad).probability > 0.66);
  // A norm that ends at six tenths says little.
  bad["param_norm"] = [](double s) { return 12 + 8 * std::exp(-s / 25); };
  CHECK(ask(excessive_weight_decay, good, bad).probability < 0.5);
}
