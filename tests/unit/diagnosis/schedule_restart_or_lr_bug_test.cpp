#include "diagnosis/configured_schedule.hpp"
#include "support/catch.hpp"
#include "support/made_up_pair.hpp"

using namespace made_up;

namespace {

const Config kCosine{{"schedule", std::string("cosine")}, {"lr", 0.01}, {"warmup_steps", 20.0}, {"max_steps", 400.0}};

/// made_up's cosine() counts its warm-up to 21.
Signal planned(double peak = 0.01, double end = kSteps) {
  return [=](double s) { return s < 20 ? peak * (s + 1) / 20 : cosine(peak, 20, end)(s); };
}

Answer executed(const Signal& lr, Config config = kCosine) {
  Signals good = healthy(), bad = worse();
  good["lr"] = planned();
  bad["lr"] = lr;
  return ask(schedule_restart_or_lr_bug, run("b", good, kCosine), run("e", bad, config));
}

}  // namespace

TEST_CASE("schedule_restart_or_lr_bug: a constant rate where the config says cosine", "[diagnosis]") {
  const Answer a = executed([](double s) { return s < 20 ? planned()(s) : 0.01; });
  CHECK(a.probability > 0.9);
  CHECK(a.scored.slots.at("lr_executed") == 0.01);
  CHECK(a.scored.slots.at("lr_configured") < 1e-6);
  CHECK(a.scored.soul.find("399") != std::string::npos);
}

TEST_CASE("schedule_restart_or_lr_bug: a scheduler that starts anew", "[diagnosis]") {
  const Answer a = executed([](double s) { return planned()(s < 250 ? s : s - 250); });
  CHECK(a.probability > 0.9);
  CHECK(a.scored.slots.at("restart_step") == Approx(250).margin(2));
  CHECK(a.says("rises again"));
}

TEST_CASE("schedule_restart_or_lr_bug: a peak that is not the configured one", "[diagnosis]") {
  CHECK(executed(planned(0.02)).probability > 0.9);
  Config twice = kCosine;
  twice["lr"] = 0.02;  // as configured
  CHECK(executed(planned(0.02), twice).probability < 0.01);
}

TEST_CASE("schedule_restart_or_lr_bug: what the config says was executed", "[diagnosis]") {
  CHECK(executed(planned()).probability < 0.01);
  Config shorter = kCosine;
  shorter["decay_steps"] = 100.0;
  CHECK(executed(planned(0.01, 100), shorter).probability < 0.01);
  Config linear = kCosine;
  linear["schedule"] = std::string("linear");
  linear["min_lr"] = 0.001;
  CHECK(executed([](double s) { return s < 20 ? planned()(s) : 0.001 + 0.009 * (1 - (s - 20) / 380); }, linear)
            .probability < 0.01);
  CHECK(executed([](double s) { return planned()(std::max(0.0, s - 1)); }).probability < 0.01);  // counts from 1
  CHECK(executed([](double s) { return planned()(s) * (1 + 0.004 * std::sin(s)); }).probability <
        0.01);  // near miss: digits
}

TEST_CASE("schedule_restart_or_lr_bug: silent where the config does not say enough", "[diagnosis]") {
  const Signal flat = constant(0.01);
  Config unknown = kCosine;
  unknown["schedule"] = std::string("cosine_with_restarts");
  CHECK(executed(flat, unknown).scored.evidence.empty());
  Config mute = kCosine;
  mute.erase("schedule");
  CHECK(executed(flat, mute).scored.evidence.empty());
  // The baseline's own log contradicts its config: the description means something else.
  Signals good = healthy(), bad = worse();
  good["lr"] = constant(0.003);
  bad["lr"] = constant(0.01);
  CHECK(ask(schedule_restart_or_lr_bug, run("b", good, kCosine), run("e", bad, kCosine)).scored.evidence.empty());
  CHECK_FALSE(ask(schedule_restart_or_lr_bug, healthy(), worse()).testable);
}

TEST_CASE("schedule_restart_or_lr_bug: a rate below zero needs no config", "[diagnosis]") {
  Signals bad = worse();
  bad["lr"] = [](double s) { return 0.01 * (1 - s / 350); };
  CHECK(ask(schedule_restart_or_lr_bug, healthy(), bad).probability > 0.9);
}

TEST_CASE("configured_schedule: shares of the peak", "[diagnosis]") {
  const ConfiguredSchedule linear{ConfiguredSchedule::Kind::linear, 10, 110, 0.1, {}};
  CHECK(linear.share(5, {}) == Approx(0.5));
  CHECK(linear.share(60, {}) == Approx(0.55));
  CHECK(linear.share(200, {}) == Approx(0.1));
  const ConfiguredSchedule cosine{ConfiguredSchedule::Kind::cosine, 0, 100, {}, {}};
  CHECK(cosine.share(50, {}) == Approx(0.5));
}
