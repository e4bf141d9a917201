#include "support/catch.hpp"
#include "support/made_up_pair.hpp"

using namespace made_up;

TEST_CASE("exploding_gradients: a norm that grows two hundredfold", "[diagnosis]") {
  Signals bad = worse();
  bad["grad_norm"] = growing(2, 400);
  const Answer a = ask(exploding_gradients, healthy(), bad);
  CHECK(a.probability > 0.5);
  // ln-linear from 2 to 400: median of the last tenth over that of .1 to .3 is 200^(.95 - .2) = 53.
  CHECK(a.scored.slots.at("growth") == Approx(53).epsilon(0.05));
  CHECK(a.scored.soul.find("nan") == std::string::npos);
}

TEST_CASE("exploding_gradients: quiet on calm norms, and on a fitted run whose median is tiny", "[diagnosis]") {
  CHECK(ask(exploding_gradients, healthy(), worse()).probability < 0.05);
  Signals fitted = worse();
  fitted["grad_norm"] = growing(2, 0.005);  // largest / median is 20, but never above the baseline
  CHECK(ask(exploding_gradients, healthy(), fitted).probability < 0.05);
}

TEST_CASE("exploding_gradients: growth that shrinking weights explain is doubted", "[diagnosis]") {
  Signals bad = worse();
  bad["grad_norm"] = growing(2, 60);
  const double before = ask(exploding_gradients, healthy(), bad).probability;
  bad["param_norm"] = growing(30, 1);
  CHECK(ask(exploding_gradients, healthy(), bad).probability < before);
}

TEST_CASE("exploding_gradients: untestable without a gradient norm", "[diagnosis]") {
  Signals bad = worse();
  bad.erase("grad_norm");
  CHECK_FALSE(ask(exploding_gradients, healthy(), bad).testable);
}
