// Each repair within a run by a log that needs it, beside one that looks alike and must stay as it is.
#include <cmath>

#include "store/trajectory.hpp"
#include "support/surgery_log.hpp"

using namespace expanalyze;
using test::falling;
using test::Log;
using test::noise;
using test::noted;
using test::of;

TEST_CASE("ranks that log each step are averaged, two quantities are not") {
  Log ranks, networks;
  for (double t = 0; t < 40; ++t)
    for (int rank = 0; rank < 4; ++rank) {
      ranks.at(t).with("loss", 2 + noise(7 * t + 3 * rank));
      networks.at(t).with("loss", (rank % 2 == 0 ? 1 : 5) + noise(7 * t + 3 * rank));
    }
  const Run mean = ranks.run();
  CHECK(of(mean, Role::train_loss).value.size() == 40);
  CHECK(of(mean, Role::train_loss).value[0] == Approx(2 + (noise(0) + noise(3) + noise(6) + noise(9)) / 4));
  CHECK(noted(mean, "record.ranks")->count == 40);
  const Run two = networks.run();
  CHECK(noted(two, "record.ranks") == nullptr);
  CHECK(noted(two, "record.same_step")->count == 120);
}

TEST_CASE("batches of an epoch without a step of their own are no ranks") {
  Log batches, ranks;
  for (double epoch = 0; epoch < 30; ++epoch) {
    for (double k = 0; k < 4; ++k) {
      batches.row().with("epoch", epoch).with("loss", 2 - 0.02 * epoch - 0.005 * k + noise(4 * epoch + k));
      ranks.row().with("epoch", epoch).with("loss", falling(epoch) + 0.1 * noise(4 * epoch + k));
    }
    batches.row().with("epoch", epoch).with("val_loss", 2 - 0.02 * epoch);
  }
  const Run run = batches.run();
  const Curve curve = trajectory(run, Role::train_loss);
  CHECK(curve.size() == 120);
  CHECK(curve.step[4] == 1);
  CHECK(curve.step[7] == 1.75);
  CHECK(trajectory(run, Role::eval_loss).step[1] == 1);
  CHECK(noted(run, "record.ranks") == nullptr);
  CHECK(noted(run, "record.within_epoch")->count == 120);
  CHECK(noted(ranks.run(), "record.ranks")->count == 30);
}

TEST_CASE("a pause of the clock is said with its length") {
  Log log;
  double clock = 0;
  for (double t = 0; t < 200; ++t) log.at(t).with("loss", falling(t)).with("time", clock += t == 120 ? 500 : 1);
  const Run run = log.run();
  const Note* note = noted(run, "clock.gap");
  REQUIRE(note != nullptr);
  CHECK(note->count == 1);
  CHECK(note->where.line == 121);
}

TEST_CASE("a metric that froze, and ones that did not") {
  Log log;
  for (double t = 0; t < 60; ++t)
    log.at(t)
        .with("loss", falling(t) + noise(t))
        .with("val_wer", t < 30 ? falling(t) : 0.8966)
        .with("val_accuracy", 0.0)
        .with("lr", 0.1)
        .with("gate", 0.5);
  const Run run = log.run();
  std::size_t frozen = 0;
  for (const Note& n : run.notes) frozen += n.code == "value.frozen" ? 1 : 0;
  CHECK(frozen == 1);
  CHECK(noted(run, "value.frozen")->count == 30);
  CHECK(noted(run, "value.frozen")->where.line == 31);
}

TEST_CASE("an evaluation that is filled forward counts once") {
  Log log;
  for (double t = 0; t < 100; ++t) {
    const double evaluated = 10 * std::floor(t / 10);
    log.at(t).with("loss", falling(t) + noise(t)).with("val_loss", falling(evaluated) + 0.1).with("lr", 0.1);
  }
  const Run run = log.run();
  CHECK(of(run, Role::eval_loss).value.size() == 10);
  CHECK(run.rows[of(run, Role::eval_loss).rows].step[3] == 30);
  CHECK(noted(run, "value.forward_filled")->count == 90);
  CHECK(of(run, Role::lr).value.size() == 100);
}

TEST_CASE("a coarse metric that moves slowly is no repeated evaluation") {
  Log log;
  double t = 0, accuracy = 0.5;
  for (const int length : {8, 7, 11, 9, 6, 13, 10, 17, 12, 20, 31}) {
    for (int i = 0; i < length; ++i, ++t) log.at(t).with("loss", falling(t) + noise(t)).with("val_accuracy", accuracy);
    accuracy += 0.01;
  }
  const Run run = log.run();
  CHECK(of(run, Role::eval_metric).value.size() == 144);
  CHECK(noted(run, "value.forward_filled") == nullptr);
  CHECK(noted(run, "value.slow")->count == 11);
}

TEST_CASE("two equal evaluations in a row stay two") {
  Log log;
  for (double t = 0; t < 100; ++t) {
    double evaluated = 10 * std::floor(t / 10);
    if (evaluated == 40) evaluated = 30;
    log.at(t).with("loss", falling(t) + noise(t)).with("val_loss", falling(evaluated));
  }
  CHECK(of(log.run(), Role::eval_loss).value.size() == 10);
}

TEST_CASE("an evaluation on every row is left alone") {
  Log log;
  for (double t = 0; t < 100; ++t) log.at(t).with("loss", falling(t) + noise(t)).with("val_loss", falling(t));
  CHECK(of(log.run(), Role::eval_loss).value.size() == 100);
}

TEST_CASE("numbers that stand for unknown") {
  Log log;
  for (double t = 0; t < 20; ++t)
    log.at(t)
        .with("loss", t == 3 ? 9999 : falling(t))
        .with("loss_scale", -1)
        .with("grad_norm", 0)
        .with("val_accuracy", t < 5 ? -1 : 0.1 + 0.01 * t)
        .with("reward", -1);
  const Run run = log.run();
  CHECK(find(run, Role::loss_scale) == nullptr);
  CHECK(find(run, Role::grad_norm) == nullptr);
  CHECK(test::series(run, "val_accuracy")->value.size() == 15);
  CHECK(test::series(run, "reward")->value.size() == 20);
  CHECK(of(run, Role::train_loss).value.size() == 20);
  CHECK(noted(run, "value.suspect")->where.line == 4);
  std::size_t taken_out = 0;
  for (const Note& n : run.notes) taken_out += n.code == "value.sentinel" ? n.count : 0;
  CHECK(taken_out == 45);
}

TEST_CASE("a reward and a correlation of -1 are measured values") {
  Log log;
  for (double t = 0; t < 12; ++t)
    log.at(t).with("eval/reward", t < 4 ? -1 : t / 11).with("eval/spearman", t < 2 ? -1 : t / 12);
  const Run run = log.run();
  CHECK(test::series(run, "eval/reward")->value.size() == 12);
  CHECK(test::series(run, "eval/spearman")->value.size() == 12);
  CHECK(noted(run, "value.sentinel") == nullptr);
  CHECK(noted(run, "value.suspect")->count == 4);
}

TEST_CASE("a gradient norm that is sometimes 0 keeps its values") {
  Log log;
  for (double t = 0; t < 20; ++t) log.at(t).with("loss", falling(t)).with("grad_norm", t < 4 ? 0 : 1 / (1 + t));
  const Run run = log.run();
  CHECK(of(run, Role::grad_norm).value.size() == 20);
  CHECK(noted(run, "value.suspect")->count == 4);
}

TEST_CASE("evaluation rows whose step is the epoch") {
  Log log;
  for (double epoch = 1; epoch <= 3; ++epoch) {
    for (double t = 1; t <= 5; ++t) log.at(50 * (5 * (epoch - 1) + t)).with("loss", falling(epoch * t));
    log.at(epoch).with("val_accuracy", 0.2 * epoch);
  }
  const Run run = log.run();
  CHECK(run.rows[test::series(run, "val_accuracy")->rows].step == std::vector<double>{250, 500, 750});
  CHECK(noted(run, "axis.step.mixed")->count == 3);
}

TEST_CASE("a clock in milliseconds is seen by the timestamps beside it, unless it names its unit") {
  Log unnamed, named;
  for (double t = 0; t < 30; ++t) {
    unnamed.at(t).with("loss", falling(t)).with("elapsed", 1500 * t).with("timestamp", 1.6e9 + 1.5 * t);
    named.at(t).with("loss", falling(t)).with("elapsed_seconds", 1500 * t).with("timestamp", 1.6e9 + 1.5 * t);
  }
  const Run run = unnamed.run();
  CHECK(of(run, Role::wall).value.back() == Approx(43.5));
  CHECK(noted(run, "unit.mended")->count == 30);
  const Run kept = named.run();
  CHECK(of(kept, Role::wall).value.back() == Approx(43500));
  CHECK(noted(kept, "unit.mended") == nullptr);
  CHECK(noted(kept, "unit.contradicted")->count == 30);
}

TEST_CASE("a pause is no change of the clock's unit") {
  Log log;
  for (double t = 0; t < 1000; ++t) {
    const double pause = t < 500 ? 0 : 5 * 86400;
    log.at(t)
        .with("loss", falling(t))
        .with("timestamp", 1.7e9 + 7.2 * t + pause)
        .with("elapsed", 7.2 * t)
        .with("step_time", 7.2);
  }
  const Run run = log.run();
  CHECK(of(run, Role::wall).value.back() == Approx(7.2 * 999));
  CHECK(of(run, Role::step_time).value.back() == 7.2);
  CHECK(noted(run, "unit.mended") == nullptr);
  CHECK(noted(run, "unit.contradicted") == nullptr);
}

TEST_CASE("a final number of another name is a summary") {
  Log log;
  for (double t = 0; t < 10; ++t) log.at(t).with("val_loss", falling(t));
  log.row().with("final_quantised_val_loss", 2.5);
  const Run run = log.run();
  CHECK(of(run, Role::eval_loss).value.size() == 10);
  CHECK(noted(run, "metric.last_is_not_final")->where.line == 11);
  Log single;
  for (double t = 0; t < 10; ++t) single.at(t).with("loss", falling(t));
  single.row().with("val_loss", 3.5);
  single.row().with("final_val_loss", 2.5);
  CHECK(noted(single.run(), "metric.last_is_not_final")->where.line == 12);
}

TEST_CASE("a final number is laid beside the curve of its own name") {
  Log log;
  for (double t = 0; t < 10; ++t)
    log.at(t).with("val_accuracies", 0.01 * t).with("val_perplexities", 100 - t).with("val_losses", falling(t));
  log.row().with("final_metrics/val_perplexity", 91).with("final_metrics/val_loss", 1.5);
  const Run run = log.run();
  CHECK(noted(run, "metric.last_is_not_final")->count == 1);
  CHECK(noted(run, "metric.last_is_not_final")->where.series == "final_metrics/val_loss");
}

TEST_CASE("a dead layer and a model that stands still have a gradient of 0") {
  Log layer, still;
  for (double t = 0; t < 20; ++t) {
    layer.at(t).with("loss", falling(t)).with("grad_norm", 1 / (1 + t)).with("grad_norm_first", 0);
    still.at(t).with("loss", 2.3).with("grad_norm", 0);
  }
  CHECK(test::series(layer.run(), "grad_norm_first") != nullptr);
  CHECK(of(still.run(), Role::grad_norm).value.size() == 20);
}
