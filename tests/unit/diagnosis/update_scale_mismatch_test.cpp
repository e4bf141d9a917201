#include "support/catch.hpp"
#include "support/made_up_pair.hpp"

using namespace made_up;

namespace {

Signals with_updates(Signals s, double hidden) {
  s["update_rms/embed"] = constant(3e-4);
  s["update_rms/hidden"] = [hidden](double step) { return hidden * (1 + 0.1 * std::sin(step)); };
  return s;
}
const Config kAdam{{"optimizer", std::string("adamw")}}, kMuon{{"optimizer", std::string("muon")}};

}  // namespace

TEST_CASE("update_scale_mismatch: another optimizer moves the hidden group a tenth as far", "[diagnosis]") {
  const Answer a = ask(update_scale_mismatch, run("b", with_updates(healthy(), 3e-4), kAdam),
                       run("e", with_updates(worse(), 3e-5), kMuon));
  CHECK(a.probability > 0.8);
  CHECK(a.scored.slots.at("update_factor") == Approx(0.1));
  CHECK(a.scored.soul.find("`update_rms/hidden`") != std::string::npos);
}

TEST_CASE("update_scale_mismatch: quiet on matched updates, and where no rule was changed", "[diagnosis]") {
  CHECK(ask(update_scale_mismatch, run("b", with_updates(healthy(), 3e-4), kAdam),
            run("e", with_updates(worse(), 3.5e-4), kMuon))
            .probability < 0.02);
  CHECK(ask(update_scale_mismatch, run("b", with_updates(healthy(), 3e-4), kAdam),
            run("e", with_updates(worse(), 3e-5), kAdam))
            .probability < 0.3);
  CHECK(ask(update_scale_mismatch, run("b", with_updates(healthy(), 3e-4), kAdam),
            run("e", with_updates(worse(), 2.3e-4), kMuon))
            .probability < 0.1);  // 1.3 times: near miss
}

TEST_CASE("update_scale_mismatch: a learning rate that was lowered is no mismatch of scales", "[diagnosis]") {
  Signals bad = with_updates(worse(), 3e-5);
  bad["update_rms/embed"] = constant(3e-5);
  bad["lr"] = cosine(0.001);
  CHECK(ask(update_scale_mismatch, run("b", with_updates(healthy(), 3e-4), kAdam), run("e", bad, kAdam)).probability <
        0.01);
}

TEST_CASE("update_scale_mismatch: untestable without lengths", "[diagnosis]") {
  CHECK_FALSE(ask(update_scale_mismatch, healthy(), worse()).testable);
}
