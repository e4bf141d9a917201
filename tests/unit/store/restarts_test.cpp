// What a counter that goes back means: a new run, a resume, an epoch, a copy.
#include <cmath>

#include "store/trajectory.hpp"
#include "support/surgery_log.hpp"

using namespace expanalyze;
using test::falling;
using test::Log;
using test::noise;
using test::noted;
using test::of;

TEST_CASE("runs of one file: step and clock start again") {
  Log log;
  log.says("batch_size", 64.0);
  for (int k = 0; k < 3; ++k) {
    log.says("seed", double(k));
    for (double t = 0; t <= 100; t += 25)
      log.at(t).with("val_loss", falling(t) + 0.01 * k).with("elapsed_seconds", 2 * t);
  }
  const auto runs = log.runs();
  REQUIRE(runs.size() == 3);
  for (std::size_t k = 0; k < 3; ++k) {
    CHECK(runs[k].part == k + 1);
    CHECK(runs[k].parts == 3);
    CHECK(runs[k].config.at("seed") == ConfigValue(double(k)));
    CHECK(runs[k].config.at("batch_size") == ConfigValue(64.0));
    CHECK(of(runs[k], Role::eval_loss).value.size() == 5);
    CHECK(trajectory(runs[k], Role::eval_loss).superseded == 0);
    CHECK(noted(runs[k], "config.changed") == nullptr);
  }
  const Note* split = noted(runs[1], "run.split");
  REQUIRE(split != nullptr);
  CHECK(split->where.line == 9);
  CHECK(split->last_line == 13);
}

TEST_CASE("validation before the first training record belongs to the new run") {
  Log log;
  for (int k = 0; k < 2; ++k) {
    for (double t = 0; t < 10; ++t) {
      if (t == 0) log.at(0).with("val_loss", 4 + 0.1 * k);
      log.at(t).with("train_loss", falling(t) + 0.1 * k);
    }
    log.at(10).with("val_loss", 2 + 0.1 * k);
  }
  const auto runs = log.runs();
  REQUIRE(runs.size() == 2);
  CHECK(of(runs[0], Role::eval_loss).value == std::vector<double>{4, 2});
  CHECK(of(runs[1], Role::eval_loss).value == std::vector<double>{4.1, 2.1});
}

TEST_CASE("a resume is no new run, wherever it goes back to") {
  Log middle;
  for (double t = 0; t < 60; ++t) middle.at(t).with("loss", falling(t) + noise(t)).with("time", t);
  for (double t = 40; t < 100; ++t) middle.at(t).with("loss", falling(t) + noise(t + 500)).with("time", t - 40);
  const Run back = middle.run();
  const Note* note = noted(back, "run.resumed");
  REQUIRE(note != nullptr);
  CHECK(note->count == 20);
  CHECK(note->where.line == 61);
  CHECK(trajectory(back, Role::train_loss).size() == 100);

  Log zero;  // the process counts from 0 again while its clock and its loss go on
  for (double t = 0; t < 50; ++t) zero.at(t).with("loss", falling(t)).with("time", t);
  for (double t = 0; t < 50; ++t) zero.at(t).with("loss", falling(t + 50)).with("time", t + 50);
  const Run joined = zero.run();
  REQUIRE(noted(joined, "step.joined") != nullptr);
  CHECK(trajectory(joined, Role::train_loss).step.back() == 99);
  CHECK(trajectory(joined, Role::train_loss).size() == 100);
}

TEST_CASE("a counter within the epoch is counted on") {
  Log log;
  for (double epoch = 0; epoch < 4; ++epoch)
    for (double t = 0; t < 20; ++t)
      log.at(t).with("epoch", epoch).with("loss", falling(20 * epoch + t)).with("lr", 0.1);
  const Run run = log.run();
  CHECK(noted(run, "step.joined")->count == 3);
  CHECK(trajectory(run, Role::train_loss).step.back() == 79);
}

TEST_CASE("without a clock the loss tells a new run from a counter that starts again") {
  Log again, on;
  for (int k = 0; k < 2; ++k)
    for (double t = 0; t < 30; ++t) {
      again.at(t).with("loss", falling(t) + 0.01 * k);
      on.at(t).with("loss", falling(t + 30 * k));
    }
  CHECK(again.runs().size() == 2);
  CHECK(on.runs().size() == 1);
}

TEST_CASE("a counter that starts again each epoch makes no seeds") {
  Log slow, flat;
  for (int epoch = 0; epoch < 12; ++epoch)
    for (double t = 0; t < 20; ++t) {
      const double x = 20 * epoch + t;
      slow.at(5 * t).with("loss", 2.3 - 0.005 * x + noise(x));
      flat.at(5 * t).with("loss", 2.3 + 0.2 * noise(x));
    }
  const Run run = slow.run();
  CHECK(noted(run, "step.joined")->count == 11);
  CHECK(trajectory(run, Role::train_loss).size() == 240);
  CHECK(trajectory(flat.run(), Role::train_loss).size() == 240);
}

TEST_CASE("seeds whose loss moves little are told apart by all of them") {
  Log log;
  for (int k = 0; k < 12; ++k)
    for (double t = 0; t < 20; ++t) log.at(5 * t).with("loss", 2.3 - 0.008 * t + 0.1 * noise(20 * k + t));
  CHECK(log.runs().size() == 12);
}

TEST_CASE("where nothing says what a restart means it stays, with a note") {
  Log log;
  for (const double end : {30.0, 17.0, 41.0})
    for (double t = 0; t < end; ++t) log.at(t).with("loss", 2.3 + 0.1 * noise(end + t));
  const Run run = log.run();
  CHECK(noted(run, "step.restarted")->count == 2);
  CHECK(noted(run, "step.restarted")->where.line == 31);
  CHECK(noted(run, "step.joined") == nullptr);
}

TEST_CASE("chance in a noisy measure is no sign of a new run") {
  Log log;
  for (const double end : {33.0, 38.0, 43.0, 48.0, 53.0})
    for (double t = 0; t < end; ++t) log.at(t).with("loss", 20 * noise(0.37 * t * t + end));
  CHECK(noted(log.run(), "step.restarted")->count == 4);
}

TEST_CASE("settings that change where the counter starts again begin a new run") {
  Log log;
  for (const double lr : {0.1, 0.2, 0.3}) {
    log.says("lr", lr);
    for (double t = 0; t < 10 * lr + 9; ++t) log.at(t).with("loss", 2.3 + noise(lr + t));
  }
  const auto runs = log.runs();
  REQUIRE(runs.size() == 3);
  CHECK(runs[2].config.at("lr") == ConfigValue(0.3));
}

TEST_CASE("a run that is printed twice counts once") {
  Log log;
  for (const int seed : {1, 1, 2})
    for (double t = 0; t < 8; ++t) log.at(t).with("loss", falling(t) + 0.01 * seed).with("time", t);
  const auto runs = log.runs();
  REQUIRE(runs.size() == 2);
  CHECK(runs[1].parts == 2);
  const Note* note = noted(runs[0], "run.repeated");
  REQUIRE(note != nullptr);
  CHECK(note->where.line == 9);
  CHECK(note->last_line == 16);
}

TEST_CASE("exact copies are kept once and replace nothing") {
  Log log;
  for (double t = 0; t < 10; ++t) {
    log.at(t).with("loss", falling(t));
    if (t == 6) log.at(5).with("loss", falling(5));  // printed late
  }
  const Run run = log.run();
  const Curve curve = trajectory(run, Role::train_loss);
  CHECK(curve.size() == 10);
  CHECK(curve.superseded == 0);
  CHECK(curve.repeated == 1);
  CHECK(noted(run, "record.repeated")->count == 1);
}

TEST_CASE("a run that was printed as far as it had come, and then whole, counts once") {
  Log log;
  for (const double end : {6.0, 12.0})
    for (double t = 0; t < end; ++t) log.at(t).with("loss", falling(t)).with("time", t);
  const Run run = log.run();
  CHECK(of(run, Role::train_loss).value.size() == 12);
  CHECK(noted(run, "run.repeated")->where.line == 1);
}

TEST_CASE("a run printed three times, each time further, says where each of the others stands") {
  Log log;
  for (const double end : {4.0, 8.0, 12.0})
    for (double t = 0; t < end; ++t) log.at(t).with("val_loss", 2.3 - 0.1 * t);
  const Run run = log.run();
  const Note* note = noted(run, "run.repeated");
  CHECK(note->count == 2);
  CHECK(note->where.line == 1);
  CHECK(note->last_line == 12);
}

TEST_CASE("a run of a sweep that crashed early is no copy of another one") {
  Log log;
  for (const double lr : {0.1, 0.2, 0.3}) {
    log.says("lr", lr);
    for (double t = 0; t < (lr == 0.2 ? 5 : 11); ++t) log.at(10 * t).with("val_loss", t < 5 ? 2.3026 : 2.3 - lr * t);
  }
  CHECK(log.runs().size() == 3);
  Log few;  // nor are two records that every run of the checkpoint begins with
  for (const double end : {11.0, 2.0, 11.0})
    for (double t = 0; t < end; ++t)
      few.at(10 * t).with("val_loss", t < 2 ? 2.3026 - 0.1 * t : 2 - 0.1 * t).with("time", t);
  CHECK(few.runs().size() == 2);
}
