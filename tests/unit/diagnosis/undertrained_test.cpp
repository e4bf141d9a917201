#include "support/catch.hpp"
#include "support/law_run.hpp"
#include "support/made_up_pair.hpp"

using namespace made_up;

TEST_CASE("undertrained: few tokens a parameter, and losses that fall side by side, leave the order as it is",
          "[diagnosis]") {
  Signals s = healthy();
  s["train_loss"] = [](double step) { return 10 - std::log(1 + step); };  // one nat an e-fold
  s["val_loss"] = s["train_loss"];
  s["tokens"] = [](double step) { return 1000 * step; };
  const Answer a = ask(undertrained, run("b", s, {{"n_params", 1e6}}), run("e", s, {{"n_params", 1e6}}));
  CHECK(a.scored.slots.at("tokens_per_parameter") == Approx(0.399));
  CHECK(a.probability < 0.2);
}

TEST_CASE("undertrained: quiet at rest, and where one side failed", "[diagnosis]") {
  Signals flat = healthy();
  flat["train_loss"] =
      flat["val_loss"] = [](double s) { return 0.4 + 2 * std::exp(-s / 10) + 0.001 * std::sin(1.7 * s); };
  const Answer a = ask(undertrained, flat, flat);
  CHECK(a.says("next to nothing left to gain"));
  CHECK(a.probability < 0.05);
  Signals broken = healthy();
  broken["train_loss"] = broken["val_loss"] = [](double s) { return s < 100 ? 2.0 : INFINITY; };
  CHECK_FALSE(ask(undertrained, healthy(), broken).probability > 0.05);
}

TEST_CASE("undertrained: a gap that closes and would be even within twice the budget", "[diagnosis]") {
  law_run::Plan ahead, behind;
  ahead.decays = behind.decays = false;
  behind.seed = 2;
  behind.offset = -.02;
  behind.late = .15;  // level with the other at step 7500, the logs end at 4000
  const Answer a = ask(undertrained, law_run::run(ahead, "b"), law_run::run(behind, "e"));
  REQUIRE(a.scored.slots.contains("overtaking"));
  CHECK(a.scored.slots.at("overtaking") > 0.5);
  CHECK(a.probability > 0.66);
  CHECK(a.says("the gap was closing"));
  behind.late = .6;  // level at 30000: nobody overtakes within twice the budget
  CHECK(ask(undertrained, law_run::run(ahead, "b"), law_run::run(behind, "e")).probability < 0.33);
}
