#include "support/catch.hpp"
#include "support/made_up_pair.hpp"

using namespace made_up;

namespace {

Signals with_saturated(Signals s, double share) {
  s["act_saturation"] = [share](double step) { return step < 40 ? 0.02 : share; };
  return s;
}

}  // namespace

TEST_CASE("saturated_activations: eight in ten at their bounds, with half the gradient", "[diagnosis]") {
  Signals bad = with_saturated(worse(), 0.8);
  bad["grad_norm"] = [](double s) { return 0.5 + 0.1 * std::sin(1.3 * s); };
  const Answer a = ask(saturated_activations, with_saturated(healthy(), 0.2), bad);
  CHECK(a.probability > 0.66);
  CHECK(a.scored.slots.at("onset") == 40);
  CHECK(a.says("the gradient of the second half is 0.25x"));
  CHECK(a.scored.soul.find("80 %") != std::string::npos);
  REQUIRE_FALSE(a.scored.evidence.front().where.empty());
  CHECK(a.scored.evidence.front().where.front().step == kSteps - 1);
  CHECK(a.scored.evidence.front().where.front().line == kSteps);
}

TEST_CASE("saturated_activations: a quarter is usual, and as many as in the baseline is no fault", "[diagnosis]") {
  CHECK(ask(saturated_activations, with_saturated(healthy(), 0.2), with_saturated(worse(), 0.25)).probability < 0.01);
  CHECK(ask(saturated_activations, with_saturated(healthy(), 0.7), with_saturated(worse(), 0.75)).probability < 0.01);
  CHECK(ask(saturated_activations, with_saturated(healthy(), 0.2), with_saturated(worse(), 0.45)).probability <
        0.2);  // near miss
}

TEST_CASE("saturated_activations: the scale before a tanh speaks where no share is logged", "[diagnosis]") {
  const auto pair = [](double rms, const std::string& act) {
    Signals good = healthy(), bad = worse();
    good["preact_rms"] = constant(1);
    bad["preact_rms"] = constant(rms);
    const Config config{{"act", act}};
    return ask(saturated_activations, run("b", good, config), run("e", bad, config));
  };
  CHECK(pair(12, "tanh").says("RMS of 12"));
  CHECK(pair(12, "tanh").probability > 5 * pair(2, "tanh").probability);
  CHECK_FALSE(pair(12, "relu").testable);  // has no bound
}

TEST_CASE("saturated_activations: untestable without a share", "[diagnosis]") {
  CHECK_FALSE(ask(saturated_activations, healthy(), worse()).testable);
}
