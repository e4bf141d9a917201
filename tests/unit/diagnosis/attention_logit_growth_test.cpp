#include "support/catch.hpp"
#include "support/made_up_pair.hpp"

using namespace made_up;

namespace {

Signals with_attention(Signals s, double last_logit, double last_entropy) {
  s["max_attn_logit"] = growing(1, last_logit);
  s["attn_entropy"] = growing(3.2, last_entropy);
  return s;
}

}  // namespace

TEST_CASE("attention_logit_growth: logits to 900, entropy to a twentieth", "[diagnosis]") {
  const Answer a = ask(attention_logit_growth, with_attention(healthy(), 20, 2.3), with_attention(worse(), 900, 0.1));
  CHECK(a.probability > 0.7);
  CHECK(a.scored.slots.at("max_logit") == Approx(640).epsilon(0.05));  // median of the last tenth: 900^.95
  CHECK(a.scored.soul.find("one-hot") != std::string::npos);
}

TEST_CASE("attention_logit_growth: quiet on usual logits, and on sharp heads that the baseline has too",
          "[diagnosis]") {
  CHECK(ask(attention_logit_growth, with_attention(healthy(), 20, 2.3), with_attention(worse(), 24, 2.2)).probability <
        0.01);
  CHECK(ask(attention_logit_growth, with_attention(healthy(), 120, 1), with_attention(worse(), 130, 1)).probability <
        0.01);
}

TEST_CASE("attention_logit_growth: untestable without attention", "[diagnosis]") {
  CHECK_FALSE(ask(attention_logit_growth, healthy(), worse()).testable);
}

TEST_CASE("attention_logit_growth: at a raised learning rate it is what long steps do", "[diagnosis]") {
  Signals raised = with_attention(worse(), 900, 0.1);
  raised["lr"] = cosine(0.04);
  CHECK(ask(lr_too_high, with_attention(healthy(), 20, 2.3), raised).says("the attention logits outgrew"));
  // At the baseline's rate the attention speaks for itself.
  CHECK_FALSE(ask(lr_too_high, with_attention(healthy(), 20, 2.3), with_attention(worse(), 900, 0.1))
                  .says("the attention logits outgrew"));
}

TEST_CASE("attention_logit_growth: entropy that collapses against the context, without a baseline's", "[diagnosis]") {
  const auto alone = [](double last, double length) {
    Signals bad = worse();
    bad["attn_entropy"] = growing(4, last);
    return ask(attention_logit_growth, run("b", healthy()), run("e", bad, {{"block_size", length}}));
  };
  CHECK(alone(0.1, 1024).says("an even spread over the context has 6.93"));
  CHECK(alone(0.1, 1024).probability > 5 * alone(3, 1024).probability);
}
