#include "support/catch.hpp"
#include "support/made_up_pair.hpp"

using namespace made_up;

namespace {

Signals with_rank(Signals s, double last) {
  s["stable_rank"] = growing(30, last);
  s["stable_rank/head"] = constant(9);
  return s;
}

}  // namespace

TEST_CASE("rank_collapse: thirty directions become two, where the baseline keeps twenty-five", "[diagnosis]") {
  const Answer a = ask(rank_collapse, with_rank(healthy(), 25), with_rank(worse(), 2));
  CHECK(a.probability > 0.66);
  CHECK(a.says("over the second half"));
  CHECK(a.scored.soul.find("`stable_rank`") != std::string::npos);
  CHECK(a.scored.effect_share == 1);
}

TEST_CASE("rank_collapse: quiet on a fall that both share, and on a small one", "[diagnosis]") {
  CHECK(ask(rank_collapse, with_rank(healthy(), 5), with_rank(worse(), 5)).probability < 0.01);
  CHECK(ask(rank_collapse, with_rank(healthy(), 25), with_rank(worse(), 22)).probability < 0.01);
  CHECK(ask(rank_collapse, with_rank(healthy(), 25), with_rank(worse(), 16)).probability < 0.2);  // near miss
}

TEST_CASE("rank_collapse: untestable without a rank", "[diagnosis]") {
  CHECK_FALSE(ask(rank_collapse, healthy(), worse()).testable);
}
