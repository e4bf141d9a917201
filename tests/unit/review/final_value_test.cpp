// What stands for the end of a run (science handbook B3.1, B3.2).
#include "review/final_value.hpp"

#include <cmath>

#include "stats/random.hpp"
#include "support/catch.hpp"
#include "support/made_run.hpp"

using namespace expanalyze;
using Kind = FinalWindow::Kind;

namespace {

Curve curve(std::size_t n, const made::Of& of, double noise = 0, std::uint64_t key = 1) {
  Curve out;
  const stats::CounterRng rng(key);
  for (std::size_t i = 0; i < n; ++i) {
    out.step.push_back(static_cast<double>(i));
    out.value.push_back(of(static_cast<double>(i)) + noise * rng.normal(i));
  }
  return out;
}

const made::Of kLevel = [](double) { return 2.0; };
const made::Of kFalls = [](double t) { return 3 - t / 1000; };

}  // namespace

TEST_CASE("final value: evaluations under a decaying learning rate end at the last of them, known exactly") {
  const EndValue end = end_value(curve(40, kFalls), curve(40, kFalls), false);
  CHECK(end.kind == Kind::last);
  CHECK(end.value == 3 - 0.039);
  CHECK(end.se == 0);
}

TEST_CASE("final value: evaluations that wander about one level are their mean") {
  const EndValue end = end_value(curve(40, kLevel, 0.1), curve(40, kLevel), false);
  CHECK(end.kind == Kind::mean);
  CHECK(end.records >= 3);
  CHECK(end.value == Approx(2).margin(0.1));
  CHECK(end.se > 0.005);
  CHECK(end_value(curve(40, kFalls), curve(40, kLevel), false).kind == Kind::last);  // still falling
  CHECK(end_value(curve(40, kLevel, 0.1), {}, false).kind == Kind::last);            // schedule not known
}

TEST_CASE("final value: batches at one learning rate are the mean of a level tail") {
  const EndValue end = end_value(curve(1000, kLevel, 0.1), curve(1000, kLevel), true);
  CHECK(end.kind == Kind::mean);
  CHECK(end.records >= 200);
  CHECK(end.value == Approx(2).margin(4 * end.se));
  CHECK(end.se == Approx(0.1 / std::sqrt(250.0)).epsilon(0.35));
}

TEST_CASE("final value: batches under a falling learning rate end where the line through the tail ends") {
  const auto lr = curve(1000, [](double t) { return 1 - t / 1000; });
  const EndValue end = end_value(curve(1000, kFalls, 0.02), lr, true);
  CHECK(end.kind == Kind::slope);
  CHECK(end.records >= 45);
  CHECK(end.records <= 51);
  CHECK(end.value == Approx(3 - 0.999).margin(4 * end.se));
}

TEST_CASE("final value: the tail shrinks until its trend is below its noise") {
  // 0.1 over 1000 steps: the mean of the last quarter would be 0.0125 off, three times what it is known to.
  const EndValue end = end_value(curve(
                                     1000, [](double t) { return 3 - t / 10000; }, 0.05),
                                 curve(1000, kLevel), true);
  CHECK(end.records < 250);
  CHECK(end.value == Approx(3 - 0.0999).margin(4 * end.se));
}

TEST_CASE("final value: a spike in the tail is an event, not the level") {
  Curve c = curve(1000, kLevel, 0.05);
  for (std::size_t i = 900; i < 905; ++i) c.value[i] = 50;
  CHECK(end_value(c, curve(1000, kLevel), true).value == Approx(2).margin(0.02));
}

TEST_CASE("final value: 95 % intervals of the tail cover the truth") {
  // Noise of neighbouring records correlated 0.5, 400 times.
  int covered = 0;
  for (std::uint64_t key = 0; key < 400; ++key) {
    Curve c = curve(1000, kLevel, 0.1, key);
    for (std::size_t i = 1; i < c.size(); ++i) c.value[i] = 2 + 0.5 * (c.value[i - 1] - 2) + (c.value[i] - 2);
    const EndValue end = end_value(c, curve(1000, kLevel), true);
    covered += std::abs(end.value - 2) < 1.96 * end.se ? 1 : 0;
  }
  CHECK(covered >= 0.90 * 400);
  CHECK(covered <= 0.99 * 400);
}

TEST_CASE("final value: of the same batches the difference counts, record by record") {
  made::Plan plan;
  plan.steps = 1000;
  plan.eval_every = 1e9;
  plan.noise = 0.2;
  plan.lr = [](double) { return 0.01; };
  plan.eval = [](double) { return std::nan(""); };
  made::Plan lower = plan;
  lower.label = "lower";
  lower.train = [](double t) { return 0.29 + 2.0 / std::sqrt(1 + t / 10); };
  Comparison comparison;
  RunStore store = made::store({plan}, {lower}, comparison);
  for (Run& run : store.runs) std::erase_if(run.series, [](const Series& s) { return s.role == Role::eval_loss; });
  const Review review = review_runs(store, comparison, {});
  CHECK(review.pairing.paired);
  CHECK(review.final_quality.window.kind == Kind::difference);
  CHECK(review.final_quality.difference.value == Approx(-0.01).margin(1e-6));
  CHECK(review.final_quality.window.se < 1e-6);
}
