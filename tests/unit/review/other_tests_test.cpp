// What other tests say of the same seeds (science handbook B4.2), and of the other metrics (B4.7).
#include <algorithm>

#include "support/catch.hpp"
#include "support/made_run.hpp"

using namespace expanalyze;

namespace {

/// `n` seeds a side, the experiment `gap` lower, seeds `spread` apart; `seeds_logged`: the same seeds on both sides.
FinalQuality compared(std::size_t n, double gap, double spread, bool seeds_logged = false) {
  made::Plan plan;
  std::vector<made::Plan> b, e;
  for (std::size_t i = 0; i < n; ++i) {
    const double luck = spread * (static_cast<double>(i) - static_cast<double>(n - 1) / 2);
    b.push_back(made::seed(plan, i + 1, luck));
    e.push_back(made::seed(plan, i + 100, luck * 1.1 - gap));
    e.back().label = "new" + e.back().label;
    if (seeds_logged) b.back().config["seed"] = e.back().config["seed"] = static_cast<double>(i);
  }
  Comparison comparison;
  const RunStore store = made::store(b, e, comparison);
  return review_runs(store, comparison, {}).final_quality;
}

std::vector<std::string> names(const FinalQuality& f) {
  std::vector<std::string> out;
  for (const OtherTest& t : f.other_tests) out.push_back(t.name);
  return out;
}

}  // namespace

TEST_CASE("other tests: each stands from its own number of seeds on") {
  CHECK(compared(1, 0.1, 0.001).other_tests.empty());
  CHECK(compared(2, 0.1, 0.001).other_tests.empty());
  CHECK(names(compared(3, 0.1, 0.001)) == std::vector<std::string>{"Welch", "exact permutation"});
  CHECK(names(compared(5, 0.1, 0.001)) == std::vector<std::string>{"Welch", "exact permutation", "BCa bootstrap"});
  CHECK(names(compared(2, 0.1, 0.001, true)) == std::vector<std::string>{"paired by seed"});
}

TEST_CASE("other tests: the least attainable p of three seeds an arm is 0.1, which contradicts nobody") {
  const FinalQuality f = compared(3, 0.1, 0.001);
  CHECK(f.other_tests[1].p == Approx(0.1));
  CHECK(f.other_tests[1].least_p == Approx(0.1));
  CHECK(std::none_of(f.sentences.begin(), f.sentences.end(),
                     [](const std::string& s) { return s.find("disagree") != std::string::npos; }));
}

TEST_CASE("other tests: matched seeds whose luck is common say more than the two sides apart") {
  const FinalQuality f = compared(6, 0.02, 0.02, true);
  const OtherTest& paired = f.other_tests.back();
  REQUIRE(paired.name == "paired by seed");
  CHECK(paired.difference.high - paired.difference.low < 0.7 * (f.difference.high - f.difference.low));
  CHECK(paired.p < 0.05);
  CHECK(std::any_of(f.sentences.begin(), f.sentences.end(),
                    [](const std::string& s) { return s.find("paired by seed (p = ") != std::string::npos; }));
}

TEST_CASE("other metrics: every one that both sides log, p adjusted for their number") {
  made::Plan plan;
  plan.also["train_accuracy"] = [](double t) { return 0.9 - 1 / (t + 2); };
  made::Plan other = made::seed(plan, 2, -0.5);
  other.also["train_accuracy"] = [](double t) { return 0.8 - 1 / (t + 2); };
  Comparison comparison;
  const RunStore store = made::store({plan}, {other}, comparison);
  const Review review = review_runs(store, comparison, {});
  REQUIRE(review.secondary.size() == 2);
  double least = 1;
  for (const SecondaryMetric& s : review.secondary) {
    INFO(s.metric.name);
    CHECK(s.difference.confidence == 0.95);
    CHECK(s.p_adjusted >= s.p);
    least = std::min(least, s.p_adjusted / s.p);
  }
  CHECK(least >= 1);
  CHECK(std::any_of(review.secondary.begin(), review.secondary.end(),
                    [](const SecondaryMetric& s) { return s.metric.direction == Direction::max; }));
}
