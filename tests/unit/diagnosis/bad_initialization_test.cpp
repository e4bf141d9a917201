#include "support/catch.hpp"
#include "support/made_up_pair.hpp"

using namespace made_up;

TEST_CASE("bad_initialization: begins at 30 and never gets over it", "[diagnosis]") {
  Signals bad = worse();
  bad["train_loss"] = falling(30, 0.9);
  bad["val_loss"] = falling(30, 1.0);
  bad["grad_norm"] = [](double s) { return 100 / (1 + s / 15); };
  const Answer a = ask(bad_initialization, healthy(), bad);
  CHECK(a.probability > 0.8);
  CHECK(a.scored.slots.at("excess") == Approx(27.7).epsilon(0.01));
}

TEST_CASE("bad_initialization: a bad start that is made good explains nothing", "[diagnosis]") {
  Signals mended = healthy();
  for (const char* loss : {"train_loss", "val_loss"})
    mended[loss] = [f = mended[loss]](double s) { return f(s) + (s < 20 ? 27.0 * (1 - s / 20) : 0); };
  CHECK(ask(bad_initialization, healthy(), mended).probability < 0.1);
}

TEST_CASE("bad_initialization: a start where nothing moves", "[diagnosis]") {
  Signals flat = worse();
  flat["train_loss"] = flat["val_loss"] = constant(2.3026);
  flat["grad_norm"] = constant(0.02);
  const Answer a = ask(bad_initialization, healthy(), flat);
  CHECK(a.probability > 0.4);
  CHECK(a.says("had not moved"));
}

TEST_CASE("bad_initialization: the same start speaks against it, and without a first loss it is untestable",
          "[diagnosis]") {
  CHECK(ask(bad_initialization, healthy(), worse()).probability < 0.01);
  Signals late = worse();
  for (const char* loss : {"train_loss", "val_loss"})
    late[loss] = [f = late[loss]](double s) { return s < 40 ? std::nan("") : f(s); };
  CHECK_FALSE(ask(bad_initialization, healthy(), late).testable);
}
