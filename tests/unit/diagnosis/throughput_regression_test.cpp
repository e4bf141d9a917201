#include "support/catch.hpp"
#include "support/formula_runs.hpp"

TEST_CASE("throughput_regression: the same quality for half as much time again") {
  test::Side slow;
  slow.seconds = 0.015;
  const test::Pair pair = test::compare({}, slow);
  CHECK(test::probability(pair, "throughput_regression") > 0.5);
  CHECK(expanalyze::finding(pair.diagnosis, "throughput_regression")->slots.at("step_time_ratio") ==
        Approx(1.5).margin(0.01));
}

TEST_CASE("throughput_regression: faster, or slower by what a busy machine does") {
  test::Side fast, jitter;
  fast.seconds = 0.008;
  jitter.seconds = 0.0103;
  CHECK(test::probability({}, fast, "throughput_regression") < 0.05);
  CHECK(test::probability({}, jitter, "throughput_regression") < 0.33);
}

TEST_CASE("throughput_regression: time that bought something is another question") {
  test::Side slow;
  slow.seconds = 0.015;
  slow.train = [](double step) { return test::usual_loss(step) - 0.2 * step / 400; };
  slow.eval = slow.train;
  CHECK(test::probability({}, slow, "throughput_regression") < 0.2);
}

TEST_CASE("throughput_regression: a step of twice the samples may take twice as long") {
  test::Side larger;
  larger.seconds = 0.019;
  larger.batch = 128;
  CHECK(test::probability({}, larger, "throughput_regression") < 0.33);
}

TEST_CASE("throughput_regression: needs a clock") {
  test::Side silent;
  silent.seconds = 0;
  CHECK(test::untestable(test::compare({}, silent), "throughput_regression"));
}

TEST_CASE("throughput_regression: a fifth more for the same work is what a busy machine does") {
  test::Side busy, dearer;
  busy.seconds = dearer.seconds = 0.012;
  dearer.flops = 1.15e6;
  CHECK(test::probability({}, busy, "throughput_regression") < 0.4);
  CHECK(test::probability({}, dearer, "throughput_regression") > 0.5);
}

TEST_CASE("throughput_regression: counted work is a cost on any machine, a lead may be what it bought") {
  test::Side dearer, leading;
  dearer.seconds = leading.seconds = 0.0125;
  dearer.flops = leading.flops = 1.5e6;
  CHECK(test::probability({}, dearer, "throughput_regression") > 0.66);
  leading.noise = 0.3;  // the seeds part, so that a lead is not resolved
  leading.eval = [](double step) { return test::usual_loss(step) + 0.05 * step / 400; };
  CHECK(test::probability({}, leading, "throughput_regression") <
        test::probability({}, dearer, "throughput_regression"));
}
