#include "support/catch.hpp"
#include "support/made_up_pair.hpp"

using namespace made_up;

namespace {

Signals layers(Signals s, double first, double last) {
  s["grad_norm_first"] = constant(first);
  s["grad_norm_last"] = constant(last);
  return s;
}

Signals stuck() {
  Signals s = worse();
  s["train_loss"] = falling(2.3, 2.25);
  s["val_loss"] = falling(2.3, 2.25);
  return s;
}

}  // namespace

TEST_CASE("vanishing_gradients: a first layer with a hundred-thousandth of the gradient", "[diagnosis]") {
  const Answer a = ask(vanishing_gradients, layers(healthy(), 1, 1.5), layers(stuck(), 1e-5, 1));
  CHECK(a.probability > 0.5);
  CHECK(a.scored.slots.at("layer_ratio") == Approx(1e-5));
  CHECK(a.scored.soul.find("`grad_norm_first`") != std::string::npos);
}

TEST_CASE("vanishing_gradients: quiet on healthy layers, doubtful where the baseline's differ as much", "[diagnosis]") {
  CHECK(ask(vanishing_gradients, layers(healthy(), 1, 1.5), layers(worse(), 0.5, 1.5)).probability < 0.05);
  CHECK(ask(vanishing_gradients, layers(healthy(), 1e-5, 1), layers(worse(), 1e-5, 1)).probability < 0.1);
}

TEST_CASE("vanishing_gradients: a layer without any gradient is frozen or dead, not vanishing", "[diagnosis]") {
  CHECK(ask(vanishing_gradients, layers(healthy(), 1, 1.5), layers(worse(), 0, 1)).probability < 0.1);
}

TEST_CASE("vanishing_gradients: untestable without any norm", "[diagnosis]") {
  Signals bad = worse();
  bad.erase("grad_norm");
  CHECK_FALSE(ask(vanishing_gradients, healthy(), bad).testable);
}
