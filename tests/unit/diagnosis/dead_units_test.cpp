#include "support/catch.hpp"
#include "support/made_up_pair.hpp"

using namespace made_up;

namespace {

Signals with_dead(Signals s, double share) {
  s["dead_relu_frac"] = [share](double step) { return step < 20 ? 0.0 : share; };
  return s;
}

}  // namespace

TEST_CASE("dead_units: seventy per cent from step 20 on", "[diagnosis]") {
  const Answer a = ask(dead_units, with_dead(healthy(), 0.04), with_dead(worse(), 0.7));
  CHECK(a.probability > 0.6);
  CHECK(a.scored.slots.at("onset") == 20);
  CHECK(a.scored.effect_share == 1);  // twice the excess of .66
  CHECK(a.scored.soul.find("70 %") != std::string::npos);
}

TEST_CASE("dead_units: quiet when few are dead, or as many as in the baseline", "[diagnosis]") {
  CHECK(ask(dead_units, with_dead(healthy(), 0.02), with_dead(worse(), 0.08)).probability < 0.02);
  CHECK(ask(dead_units, with_dead(healthy(), 0.60), with_dead(worse(), 0.62)).probability < 0.02);
  CHECK(ask(dead_units, with_dead(healthy(), 0.04), with_dead(worse(), 0.16)).probability < 0.1);  // near miss
}

TEST_CASE("dead_units: untestable without a share", "[diagnosis]") {
  CHECK_FALSE(ask(dead_units, healthy(), worse()).testable);
}
