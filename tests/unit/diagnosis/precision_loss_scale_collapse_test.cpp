#include "support/catch.hpp"
#include "support/made_up_pair.hpp"

using namespace made_up;

namespace {

/// Every `period`-th step overflows and halves the scale, which doubles again after it.
Signals scaled(Signals s, int period) {
  s["skipped_steps"] = [period](double step) { return std::floor(step / period); };
  s["loss_scale"] = [period](double step) { return static_cast<int>(step) % period == 0 ? 32768.0 : 65536.0; };
  return s;
}

}  // namespace

TEST_CASE("precision_loss_scale_collapse: every second step is skipped", "[diagnosis]") {
  const Answer a = ask(precision_loss_scale_collapse, healthy(), scaled(worse(), 2));
  CHECK(a.probability > 0.3);
  CHECK(a.scored.slots.at("skipped_share") == Approx(0.5).epsilon(0.02));
  const Answer named = ask(precision_loss_scale_collapse, run("b", healthy(), {{"precision", std::string("fp32")}}),
                           run("e", scaled(worse(), 2), {{"precision", std::string("fp16")}}));
  CHECK(named.probability > a.probability);
}

TEST_CASE("precision_loss_scale_collapse: a scale that falls to 1 and stays", "[diagnosis]") {
  Signals bad = worse();
  bad["loss_scale"] = [](double s) { return std::max(1.0, 65536 / std::exp2(std::floor(std::max(0.0, s - 100) / 5))); };
  const Answer a = ask(precision_loss_scale_collapse, healthy(), bad);
  CHECK(a.says("halved 16 times in a row"));
}

TEST_CASE("precision_loss_scale_collapse: the usual search and rare skips are no fault", "[diagnosis]") {
  CHECK(ask(precision_loss_scale_collapse, healthy(), scaled(worse(), 390)).probability < 0.05);
  Signals searching = worse();
  searching["loss_scale"] = [](double s) { return s < 3 ? 65536 / std::exp2(s) : 8192.0; };
  searching["skipped_steps"] = [](double s) { return std::min(3.0, s); };
  CHECK(ask(precision_loss_scale_collapse, healthy(), searching).probability < 0.05);
}

TEST_CASE("precision_loss_scale_collapse: untestable without a loss scale", "[diagnosis]") {
  CHECK_FALSE(ask(precision_loss_scale_collapse, healthy(), worse()).testable);
}
