#include "support/catch.hpp"
#include "support/made_up_pair.hpp"

using namespace made_up;

namespace {

Signals with_log_z(Signals s, double last) {
  s["log_z"] = [last](double step) { return 2.3 + (last - 2.3) * step / kSteps + 0.05 * std::sin(1.7 * step); };
  return s;
}

}  // namespace

TEST_CASE("output_logit_drift: log Z climbs to 60 and has not come to rest", "[diagnosis]") {
  const Answer a = ask(output_logit_drift, with_log_z(healthy(), 3), with_log_z(worse(), 60));
  CHECK(a.probability > 0.45);
  CHECK(a.says("has not come to rest"));
  CHECK(a.scored.slots.at("log_z") == Approx(57).epsilon(0.03));  // median of the last tenth
}

TEST_CASE("output_logit_drift: quiet near 0, and on a level that the baseline has too", "[diagnosis]") {
  CHECK(ask(output_logit_drift, with_log_z(healthy(), 3), with_log_z(worse(), 4)).probability < 0.01);
  CHECK(ask(output_logit_drift, with_log_z(healthy(), 40), with_log_z(worse(), 42)).probability < 0.01);
  CHECK(ask(output_logit_drift, with_log_z(healthy(), 3), with_log_z(worse(), 7)).probability < 0.1);  // near miss
  CHECK(ask(output_logit_drift, with_log_z(healthy(), 3), with_log_z(worse(), -60)).says("log Z ends at -5"));
}

TEST_CASE("output_logit_drift: the largest logit bounds log Z where that is not logged", "[diagnosis]") {
  Signals good = healthy(), bad = worse();
  good["logit_max"] = growing(1, 12);
  bad["logit_max"] = growing(1, 400);
  CHECK(ask(output_logit_drift, good, bad).says("the largest output logit ends at"));
  bad["logit_max"] = growing(1, 20);
  CHECK(ask(output_logit_drift, good, bad).probability < 0.01);
}

TEST_CASE("output_logit_drift: untestable without either", "[diagnosis]") {
  CHECK_FALSE(ask(output_logit_drift, healthy(), worse()).testable);
}
