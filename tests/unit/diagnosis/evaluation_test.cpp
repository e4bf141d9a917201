// eval_bug_or_leak and distribution_shift: the training curves agree, the evaluations do not.
#include "support/catch.hpp"
#include "support/formula_runs.hpp"

namespace {

test::Side overfitted() {
  test::Side side;
  side.eval = [](double step) { return test::usual_loss(step) + 0.5 * step / 400; };
  return side;
}

}  // namespace

TEST_CASE("eval_bug_or_leak: the gap vanishes on the same training curve, and the headline is not an improvement") {
  test::Side leaked;
  leaked.eval = test::usual_loss;
  const test::Pair pair = test::compare(overfitted(), leaked);
  CHECK(test::probability(pair, "eval_bug_or_leak") > 0.66);
  CHECK(pair.diagnosis.headline == "eval_bug_or_leak");
}

TEST_CASE("eval_bug_or_leak: a model that also trains better improved honestly") {
  test::Side better;
  better.train = [](double step) { return test::usual_loss(step) - 0.2 * step / 400; };
  better.eval = [](double step) { return test::usual_loss(step) - 0.1 * step / 400; };
  const test::Pair pair = test::compare({}, better);
  CHECK(test::probability(pair, "eval_bug_or_leak") < 0.05);
  CHECK(pair.diagnosis.headline == "genuine_improvement");
}

TEST_CASE("eval_bug_or_leak: a gap that half closes is generalisation") {
  test::Side better = overfitted();
  better.eval = [](double step) { return test::usual_loss(step) + 0.25 * step / 400; };
  CHECK(test::probability(overfitted(), better, "eval_bug_or_leak") < 0.33);
}

TEST_CASE("eval_bug_or_leak: evaluations that are not numbers") {
  test::Side lost;
  lost.eval = [](double step) { return step > 0 ? std::nan("") : 2.4; };
  CHECK(test::probability({}, lost, "eval_bug_or_leak") > 0.5);
}

TEST_CASE("distribution_shift: worse from the first evaluations on") {
  test::Side shifted;
  shifted.eval = [](double step) { return step > 0 ? 2.5 : 2.4; };
  CHECK(test::probability({}, shifted, "distribution_shift") > 0.66);
}

TEST_CASE("distribution_shift: a gap that grows with training is overfitting") {
  test::Side grown;
  grown.eval = [](double step) { return test::usual_loss(step) + 1.5 * std::pow(step / 400, 3); };
  CHECK(test::probability({}, grown, "distribution_shift") < 0.05);
}

TEST_CASE("distribution_shift: both losses worse together is none, and neither are equal sides") {
  test::Side slow;
  slow.train = [](double step) { return test::usual_loss(step / 3); };
  slow.eval = slow.train;
  CHECK(test::probability({}, slow, "distribution_shift") < 0.05);
  CHECK(test::probability({}, {}, "distribution_shift") < 0.05);
  CHECK(test::probability({}, {}, "eval_bug_or_leak") < 0.05);
}

TEST_CASE("evaluation cards: need both losses") {
  test::Side silent;
  silent.train = nullptr;
  const test::Pair pair = test::compare(silent, silent);
  CHECK(test::untestable(pair, "eval_bug_or_leak"));
  CHECK(test::untestable(pair, "distribution_shift"));
}

TEST_CASE(
    "eval_bug_or_leak: a model evaluated with its regulariser on loses the advantage from the first evaluations on") {
  test::Side usual, left_on;
  usual.eval = [](double step) { return test::usual_loss(step) - 0.15; };
  left_on.eval = test::usual_loss;
  CHECK(test::probability(usual, left_on, "eval_bug_or_leak") > 0.66);
  CHECK(test::probability(usual, left_on, "distribution_shift") < 0.5);
  CHECK(test::probability(usual, usual, "eval_bug_or_leak") < 0.05);
}

TEST_CASE("eval_bug_or_leak: a training loss that moved as well is another run, not another evaluation") {
  test::Side usual, slower;
  usual.eval = [](double step) { return test::usual_loss(step) - 0.15; };
  slower.train = [](double step) { return test::usual_loss(step) + 0.15; };
  slower.eval = slower.train;
  CHECK(test::probability(usual, slower, "eval_bug_or_leak") < 0.33);
}

TEST_CASE("eval_bug_or_leak: more won on top than a sound baseline's whole fall") {
  const auto falls_to = [](double end) {
    return [end](double step) { return end + (2.4 - end) * std::exp(-step / 50); };
  };
  const auto of = [&](double end) {
    test::Side side;
    side.train = side.eval = falls_to(end);
    return side;
  };
  CHECK(test::probability(of(1.3), of(0.1), "eval_bug_or_leak") > 0.5);
  CHECK(test::probability(of(1.3), of(1.0), "eval_bug_or_leak") < 0.05);
}
