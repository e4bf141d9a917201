#include "support/catch.hpp"
#include "support/made_up_pair.hpp"

using namespace made_up;

namespace {

/// A loss whose first `head_start` steps were for free, at `rate` times the pace.
Signals ahead(double head_start, double rate = 1, double end = 0.4) {
  Signals s = healthy();
  for (const auto* key : {"train_loss", "val_loss"})
    s[key] = [=](double step) {
      return end + 1.9 / (1 + (rate * step + head_start) / 15) + 0.001 * std::sin(1.7 * step);
    };
  return s;
}

}  // namespace

TEST_CASE("early_gain_washes_out: a head start of ten steps", "[diagnosis]") {
  const Answer a = ask(early_gain_washes_out, ahead(0), ahead(15));
  CHECK(a.probability > 0.66);
  CHECK(a.scored.slots.at("speedup_early") > a.scored.slots.at("speedup_late"));
  CHECK(a.scored.soul.find("A head start") == 0);
}

TEST_CASE("early_gain_washes_out: a lead that lasts, a deficit, and the same curve are none", "[diagnosis]") {
  CHECK(ask(early_gain_washes_out, ahead(0), ahead(0, 2)).probability < 0.05);  // twice the pace to the end
  CHECK(ask(early_gain_washes_out, ahead(0), ahead(0, 0.5)).probability < 0.05);
  CHECK(ask(early_gain_washes_out, ahead(0), ahead(0)).probability < 0.05);
}

TEST_CASE("early_gain_washes_out: untestable without levels in common", "[diagnosis]") {
  Signals sparse = healthy();
  sparse["val_loss"] = [](double s) { return static_cast<int>(s) % 200 == 0 ? 1 / (1 + s) : std::nan(""); };
  CHECK_FALSE(ask(early_gain_washes_out, sparse, sparse).testable);
}
