#include "support/catch.hpp"
#include "support/made_up_pair.hpp"

using namespace made_up;

TEST_CASE("schedule_mismatch: the learning rate is spent at a quarter of the run", "[diagnosis]") {
  Signals bad = worse();
  bad["lr"] = cosine(0.01, 20, 100);
  const Answer a = ask(schedule_mismatch, healthy(), bad);
  CHECK(a.probability > 0.6);
  CHECK(a.scored.slots.at("dead_tail") == Approx(0.76).epsilon(0.03));
}

TEST_CASE("schedule_mismatch: never annealed", "[diagnosis]") {
  Signals bad = worse();
  bad["lr"] = constant(0.01);
  CHECK(ask(schedule_mismatch, healthy(), bad).probability > 0.6);
}

TEST_CASE("schedule_mismatch: the same shape at another peak or over fewer steps is the same schedule", "[diagnosis]") {
  Signals bad = worse();
  bad["lr"] = cosine(0.05);
  CHECK(ask(schedule_mismatch, healthy(), bad).probability < 0.05);
  bad["lr"] = [](double s) { return cosine(0.01)(2 * s); };
  CHECK(ask(schedule_mismatch, run("b", healthy()), run("e", bad, {}, kSteps / 2)).probability < 0.05);
}

TEST_CASE("schedule_mismatch: a run that was cut off had no chance to anneal", "[diagnosis]") {
  CHECK(ask(schedule_mismatch, run("b", healthy()), run("e", worse(), {}, kSteps / 2)).probability < 0.5);
}

TEST_CASE("schedule_mismatch: untestable without a learning rate", "[diagnosis]") {
  Signals bad = worse();
  bad.erase("lr");
  CHECK_FALSE(ask(schedule_mismatch, healthy(), bad).testable);
}
