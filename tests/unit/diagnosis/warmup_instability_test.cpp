#include "support/catch.hpp"
#include "support/made_up_pair.hpp"

using namespace made_up;

namespace {

Signals without_warm_up(Signals s) {
  s["lr"] = [](double step) { return step < 40 ? 0.01 : cosine(0.01, 40)(step); };
  return s;
}
Signals with_warm_up(Signals s) {
  s["lr"] = cosine(0.01, 40);
  return s;
}

}  // namespace

TEST_CASE("warmup_instability: no warm-up, a hump and a lasting deficit", "[diagnosis]") {
  Signals bad = without_warm_up(worse());
  for (const char* loss : {"train_loss", "val_loss"})
    bad[loss] = [f = bad[loss]](double s) { return f(s) + (s > 5 && s < 30 ? 1.5 : 0.0); };
  const Answer a = ask(warmup_instability, with_warm_up(healthy()), bad);
  CHECK(a.probability > 0.8);
  CHECK(a.scored.slots.at("warmup") == 0);
  CHECK(a.scored.effect_share == 1);
  CHECK(a.says("afterwards both are the same"));
}

TEST_CASE("warmup_instability: quiet with the same warm-up, and where the start is as good", "[diagnosis]") {
  CHECK(ask(warmup_instability, with_warm_up(healthy()), with_warm_up(worse())).probability < 0.1);
  CHECK(ask(warmup_instability, with_warm_up(healthy()), without_warm_up(healthy())).probability < 0.1);
}

TEST_CASE("warmup_instability: untestable without a learning rate", "[diagnosis]") {
  Signals bad = worse();
  bad.erase("lr");
  CHECK_FALSE(ask(warmup_instability, healthy(), bad).testable);
}

TEST_CASE("warmup_instability: a decay over what is left of the run is the same schedule", "[diagnosis]") {
  Signals sharp = healthy(), bad = worse();
  sharp["lr"] = cosine(0.01, 80);
  bad["lr"] = cosine(0.01, 0);
  sharp["max_attn_logit"] = growing(1, 20);
  bad["max_attn_logit"] = growing(1, 900);
  const Answer a = ask(warmup_instability, sharp, bad);
  CHECK(a.says("afterwards both are the same"));
  CHECK(a.says("the attention logits outgrew"));
  // Another decay is another schedule.
  bad["lr"] = [](double) { return 0.01; };
  CHECK_FALSE(ask(warmup_instability, sharp, bad).says("afterwards both are the same"));
}
