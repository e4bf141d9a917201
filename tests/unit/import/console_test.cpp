// The reader of console logs by input and output: styles of the field, and styles that nobody has.
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cmath>

#include "expanalyze/import.hpp"
#include "import/importers.hpp"
#include "io/input.hpp"
#include "store/run_builder.hpp"
#include "support/catch.hpp"
#include "support/run.hpp"

using namespace expanalyze;
using test::noted;
using test::series;

namespace {

const std::filesystem::path kData =
    std::filesystem::path(EXPANALYZE_SOURCE_DIR) / "tests" / "data" / "import" / "console";

Run read_text(std::string_view text) {
  Input input = Input::of(text);
  RunBuilder builder;
  console.read(input, builder);
  Run run = builder.finish(input.lines());
  CHECK(broken_invariant(run) == "");
  return run;
}

Run read_fixture(const char* name) {
  Run run = read_run(kData / name, {});
  INFO(name);
  CHECK(broken_invariant(run) == "");
  CHECK(run.format == "console");
  return run;
}

/// A series by what the log calls it: number of values, first and last value, first and last step.
struct Truth {
  const char* key;
  std::size_t n;
  double first, last, first_step, last_step;
};

void check(const Run& run, const Truth& truth) {
  INFO(run.path << " " << truth.key);
  const Series* s = series(run, truth.key);
  REQUIRE(s != nullptr);
  const auto& step = run.rows[s->rows].step;
  REQUIRE(s->value.size() == truth.n);
  CHECK(s->value.front() == Approx(truth.first));
  CHECK(s->value.back() == Approx(truth.last));
  CHECK(step.front() == Approx(truth.first_step));
  CHECK(step.back() == Approx(truth.last_step));
}

int sure(std::string_view text) { return console.sniff({"x", text}).sure; }

}  // namespace

TEST_CASE("console: styles of the field") {
  struct Case {
    const char* file;
    Truth truth;
  };
  // First and last values as grep shows them; steps by hand.
  const auto cases = std::to_array<Case>({
      {"nanogpt.txt", {"loss", 31, 5.5118, 2.3790, 0, 300}},
      {"nanogpt.txt", {"val loss", 4, 5.6097, 2.5124, 0, 300}},
      {"titan.txt", {"loss", 26, 8.4664, 3.5174, 1, 250}},
      {"titan.txt", {"mfu", 26, 30.32, 32.74, 1, 250}},
      {"nanochat.txt", {"loss", 25, 9.493823, 3.927999, 0, 24}},
      {"nanochat.txt", {"Validation bpb", 4, 2.9137, 1.5120, 0, 24}},
      {"bar.txt", {"loss", 31, 5.492, 2.378, 0, 30}},
      {"glued.txt", {"train_loss", 30, 3.799, 2.053, 1, 30}},
      {"glued.txt", {"val_loss", 3, 3.810, 2.271, 10, 30}},
      {"keras.txt", {"loss", 25, 4.7809, 2.9797, 1, 940}},
      {"keras.txt", {"val_loss", 5, 4.9905, 3.1690, 188, 940}},
      {"fair_text.txt", {"train_inner/loss", 20, 3.913, 1.513, 100, 2000}},
      {"fair_text.txt", {"valid/loss", 4, 2.034, 1.681, 500, 2000}},
      {"fair_text.txt", {"train/loss", 4, 2.648, 1.518, 500, 2000}},
      {"fair_json.txt", {"loss", 20, 4.622, 1.510, 50, 1000}},
      {"mnist.txt", {"Loss", 30, 3.925769, 2.061302, 0, 177600}},
      {"mnist.txt", {"Test/Average loss", 3, 0.1265, 0.0876, 57600, 177600}},
      {"imagenet.txt", {"Loss", 21, 5.4980e+00, 1.5111e+00, 0, 1142}},
      {"imagenet.txt", {"Test/Loss", 6, 5.4914e+00, 1.5728e+00, 360, 1142}},
      {"timm.txt", {"LR", 20, 1.000e-06, 2.504e-03, 0, 2502}},
      {"timm.txt", {"Loss_avg", 20, 5.50, 1.84, 0, 2502}},
      {"mm_text.txt", {"loss", 15, 4.6066, 1.5979, 50, 750}},
      {"mm_text.txt", {"val/bbox_mAP", 3, 0.1000, 0.3000, 250, 750}},
      {"two_columns.txt", {"Training/loss", 4, 5.508, 2.385, 0, 3}},
      {"two_columns.txt", {"Validation/loss", 4, 5.509, 2.551, 0, 3}},
      {"boost.txt", {"train-rmse", 30, 5.50581, 1.73401, 0, 29}},
      {"boost.txt", {"eval-rmse", 30, 5.51707, 1.75521, 0, 29}},
      {"columns.txt", {"valid_loss", 12, 5.590034, 2.349642, 0, 11}},
      {"lab_pipes.txt", {"ce", 21, 5.4810, 1.6902, 0, 600}},
      {"lab_pipes.txt", {"heldout ce", 5, 5.6166, 1.8187, 0, 600}},
      {"lab_blocks.txt", {"valid/loss", 12, 5.1601, 2.3522, 1, 12}},
      {"lab_equals.txt", {"nll", 24, 5.20381, 2.06649, 16, 384}},
      {"lab_equals.txt", {"|g|", 24, 0.2482, 0.2516, 16, 384}},
  });
  for (const auto& c : cases) check(read_fixture(c.file), c.truth);
}

TEST_CASE("console: units and roles") {
  const Run titan = read_fixture("titan.txt");
  CHECK(find(titan, Role::memory)->value[0] == Approx(3.31 * 1073741824));
  CHECK(find(titan, Role::memory)->unit == Unit::bytes);
  CHECK(series(titan, "tps")->role == Role::throughput);
  const auto* stamp = find(titan, Role::timestamp);
  REQUIRE(stamp != nullptr);
  CHECK(stamp->value[0] == Approx(1740823200.12));
  CHECK(stamp->value[25] - stamp->value[0] == Approx(250));
  const Run nano = read_fixture("nanogpt.txt");
  CHECK(find(nano, Role::step_time)->unit == Unit::seconds);
  CHECK(find(nano, Role::step_time)->value[0] < 0.07);
  CHECK(find(nano, Role::eval_loss)->logged_as == "val loss");
  CHECK(noted(nano, "percent.as_logged") != nullptr);
  CHECK(noted(nano, "line.not_understood")->count == 3);
  const Run images = read_fixture("imagenet.txt");
  CHECK(find(images, Role::train_loss)->logged_as == "Loss");
  CHECK(find(images, Role::eval_loss)->logged_as == "Test/Loss");
  CHECK(series(images, "Loss_avg") != nullptr);
  CHECK(series(images, "Test/Acc@5")->value == std::vector<double>{50, 60, 70});  // " * Acc@1 … Acc@5 …" below the loop
}

TEST_CASE("console: settings before the first record, planned steps") {
  const Run pipes = read_fixture("lab_pipes.txt");
  CHECK(pipes.config.at("lr") == ConfigValue(0.003));
  CHECK(pipes.config.at("optimizer") == ConfigValue(std::string("muon")));
  CHECK(pipes.config.at("compile") == ConfigValue(true));
  CHECK(pipes.config.at("name") == ConfigValue(std::monostate{}));
  CHECK(pipes.config_source == "line 1 of the log");
  const Run blocks = read_fixture("lab_blocks.txt");
  CHECK(blocks.config.size() == 4);
  CHECK(blocks.config.at("name") == ConfigValue(std::string("second_try")));
  CHECK(read_fixture("nanochat.txt").config.at("total_steps") == ConfigValue(21400.0));
  CHECK(read_fixture("keras.txt").config.at("total_steps") == ConfigValue(940.0));
  // Two lines are no block, and a sentence is no setting.
  CHECK(read_text("note: this\nlr: 3\nstep 1 loss 2.5\nstep 2 loss 2.4\nstep 3 loss 2.25\n").config.empty());
}

TEST_CASE("console: what stands between names and numbers") {
  const auto values = [](const char* line, const char* key) {
    std::string text;
    for (int i = 1; i <= 3; ++i) text += fmt::format("step {} {} z=1\n", i, line);
    const Run run = read_text(text);
    const Series* s = series(run, key);
    return s == nullptr ? std::vector<double>{} : s->value;
  };
  const std::vector<double> want(3, 0.25);
  for (const char* line : {"loss 0.25", "loss: 0.25", "loss=0.25", "loss = 0.25", "loss -> 0.25", "loss | 0.25 |",
                           "loss (0.25)", "loss is 0.25", "the loss was 0.25", "loss: tensor(0.25, device='cuda:0')",
                           "{'loss': 0.25}", R"({"loss": "0.25"})", "with loss=np.float64(0.25)", "loss .... 0.25",
                           "loss: [0.25, 0.75]", "loss\t0.25", "loss: 2.5e-1", "loss: .25", "loss: +0.25"}) {
    INFO(line);
    CHECK(values(line, "loss") == want);
  }
  CHECK(values("| 0.25 loss,", "loss") == want);
  CHECK(values("grad norm: 0.25", "grad norm") == want);
  CHECK(values("elapsed time per iteration (ms): 250", "elapsed time per iteration (ms)") == want);
  CHECK(values("time 250ms loss 1", "time") == want);
  CHECK(values("time 250 ms loss 1", "time") == want);
  CHECK(values("best: 9.5 (290)", "best_avg").empty());  // the place of the value
  CHECK(values("loss 9.5 (0.25)", "loss_avg") == want);
  CHECK(values("Accuracy: 25/100 (25%)", "Accuracy") == want);
  CHECK(values("|g|=0.25", "|g|") == want);
  CHECK(values("val: loss 0.25", "val/loss") == want);
  CHECK(values("loss 1.5 | val | loss 0.25", "val/loss") == want);
  CHECK(values("tokens 1.2B", "tokens") == std::vector<double>(3, 1.2e9));
  CHECK(values("took 1m 30s, took time 1m 30s", "time") == std::vector<double>(3, 90));
  CHECK(values("eta: 1:02:03", "eta") == std::vector<double>(3, 3723));
  CHECK(values("tokens 1,234,567", "tokens") == std::vector<double>(3, 1234567));
  const auto nan = values("loss nan", "loss");
  REQUIRE(nan.size() == 3);
  CHECK(std::isnan(nan[0]));
  CHECK(values("loss: -inf", "loss") == std::vector<double>(3, -std::numeric_limits<double>::infinity()));
  const auto no_time = values("step_avg:nanms", "step_avg");
  REQUIRE(no_time.size() == 3);
  CHECK(std::isnan(no_time[0]));
}

TEST_CASE("console: counters") {
  // Epoch and batch without names, as tutorials print them; the epoch's length is the largest batch seen.
  const Run pair = read_text(
      "[1,  2000] loss: 2.17\n[1,  4000] loss: 1.85\n[1,  6000] loss: 1.67\n[2,  2000] loss: 1.41\n[2,  4000] loss: "
      "1.37\n[2,  6000] loss: 1.30\n");
  check(pair, {"loss", 6, 2.17, 1.30, 2000, 12000});
  REQUIRE(noted(pair, "axis.step.combined") != nullptr);
  // Nobody knows the word: the whole number that rises from line to line counts.
  const Run unknown = read_text(
      "Ep. 1 : Up. 100 : Cost 5.5\nEp. 1 : Up. 200 : Cost 4.5\n[valid] Ep. 1 : Up. 200 : nll : 4.75\nEp. 2 : Up. 300 : "
      "Cost 4.0\nEp. 2 : Up. 400 : Cost 3.5\n[valid] Ep. 2 : Up. 400 : nll : 3.75\n");
  check(unknown, {"Cost", 4, 5.5, 3.5, 100, 400});
  check(unknown, {"valid/nll", 2, 4.75, 3.75, 200, 400});
  // A guess beside a name, and a guess that counts something else.
  const Run both = read_text(
      "[0] loss=5.5\n[100] loss=4.5\neval at step: 100, loss: 4.75\n[200] loss=4\n[300] loss=3.5\neval at step: 300, "
      "loss: 3.75\neval at step: 300, loss: 3.5\n");
  check(both, {"loss", 4, 5.5, 3.5, 0, 300});
  check(both, {"eval/loss", 3, 4.75, 3.5, 100, 300});
  // A restart within a file is no epoch.
  const Run twice = read_text("step 1 loss 3.5\nstep 2 loss 2.5\nstep 3 loss 1.5\nstep 1 loss 3.25\nstep 2 loss 2\n");
  check(twice, {"loss", 5, 3.5, 2, 1, 2});
  // Two parts of a program with counters of their own: each record stands where its own counter does.
  std::string parts;
  for (int i = 0; i < 12; ++i) parts += fmt::format("Step {}: Loss={}\n", 5 * i, 0.25 / (1 + i));
  for (int i = 0; i < 6; ++i) parts += fmt::format("Iteration {}, Loss: {}\n", 1000 * i, 3.5 + 0.5 / (1 + i));
  const Run two = read_text(parts);
  check(two, {"Loss", 18, 0.25, 3.5 + 0.5 / 6, 0, 5000});
  CHECK(noted(two, "axis.step.carried") == nullptr);
  // Ranks that print the same: the first one.
  const Run ranks = read_text(
      "[rank0]: step 1 loss 2.5\n[rank1]: step 1 loss 2.75\n[rank0]: step 2 loss 1.5\n[rank1]: step 2 loss "
      "1.75\n[rank0]: step 3 loss 1.25\n[rank1]: step 3 loss 1.5\n");
  check(ranks, {"loss", 3, 2.5, 1.25, 1, 3});
  CHECK(noted(ranks, "line.other_rank")->count == 3);
}

TEST_CASE("console: tables") {
  const Run boxed = read_text(
      "+------+--------+--------+\n| step |  loss  |  val   |\n+------+--------+--------+\n|    0 | 5.5000 | 5.7500 "
      "|\n|  "
      " 50 | 4.5000 |      - |\n|  100 | 3.5000 | 3.7500 |\n");
  check(boxed, {"loss", 3, 5.5, 3.5, 0, 100});
  check(boxed, {"val", 2, 5.75, 3.75, 0, 100});
  const Run again = read_text("epoch  loss  time\n0  2.5  00:05\n1  2.25  00:06\nepoch  loss  time\n2  2  01:00\n");
  check(again, {"loss", 3, 2.5, 2, 0, 2});
  check(again, {"time", 3, 5, 60, 0, 2});
}

// Found with styles that were written after the reader: each showed a gap in the mechanism.
TEST_CASE("console: styles written afterwards") {
  const Run twofold = read_text(
      "|  Epoch  |  Iteration  |  Mini-batch  |  Mini-batch  |\n|         |             |   Accuracy   |     Loss     "
      "|\n|=====|\n|  1  |  1  |  12.50%  |  2.5  |\n|  1  |  50  |  25.00%  |  2.25  |\n|  2  |  100  |  50.00%  |  2 "
      " "
      "|\n");
  check(twofold, {"Mini-batch Loss", 3, 2.5, 2, 1, 100});
  const Run behind = read_text("loss[val]=2.5 @ 0\nloss[val]=2.25 @ 500\nloss[val]=2 @ 1000\n");
  check(behind, {"loss[val]", 3, 2.5, 2, 0, 1000});
  const Run sentence = read_text(
      "After 100 batches: 2.5 loss, 40% accuracy, 0.5 s per batch\nAfter 200 batches: 2.25 loss, 45% accuracy, 0.25 s "
      "per "
      "batch\nAfter 300 batches: 2 loss, 50% accuracy, 0.5 s per batch\n");
  check(sentence, {"loss", 3, 2.5, 2, 100, 300});
  CHECK(find(sentence, Role::step_time)->value == std::vector<double>{0.5, 0.25, 0.5});
  const Run rows = read_text(
      "  Epoch  box_loss  Size\n  1/2  2.5  640:   0%|  | 0/2 [00:00<?, ?it/s]\r  1/2  2.25  640: 100%|##| 2/2 "
      "[00:01<00:00, 2it/s]\n  Class  Images  mAP50\n  all  64  0.25\n  Epoch  box_loss  Size\n  2/2  2  640: 100%|##| "
      "2/2 [00:01<00:00, 2it/s]\n  Class  Images  mAP50\n  all  64  0.5\n");
  check(rows, {"box_loss", 3, 2.5, 2, 0, 4});
  check(rows, {"mAP50", 2, 0.25, 0.5, 2, 4});
  const Run shell = read_text("Killing subprocess 4711\nKilling subprocess 4712\nKilling subprocess 4713\nloss: 0.5\n");
  CHECK(series(shell, "Killing subprocess") == nullptr);
  CHECK(series(shell, "loss") != nullptr);
}

TEST_CASE("console: bars") {
  // Redrawn for the same update: the last one counts; a bar without metrics is chatter.
  const Run run = read_text(
      "Map: 100%|####| 96/96 [00:00<00:00, 1399.35 examples/s]\n"
      "train:  0%|    | 0/3 [00:00<?, ?it/s]\rtrain: 33%|#   | 1/3 [00:01<00:02, 1.0it/s, loss=3.5]\rtrain: 33%|#   | "
      "1/3 "
      "[00:01<00:02, 1.0it/s, loss=3.25]train: 67%|##  | 2/3 [00:02<00:01, 1.0it/s, loss=2.5]train: 100%|####| 3/3 "
      "[00:03<00:00, 1.0it/s, loss=1.5] done: val loss 1.75\n");
  check(run, {"loss", 3, 3.25, 1.5, 1, 3});
  check(run, {"val loss", 1, 1.75, 1.75, 3, 3});
  CHECK(noted(run, "console.repeated")->count == 1);
  CHECK(run.config.at("total_steps") == ConfigValue(3.0));
}

TEST_CASE("console: the clock of a bar is one also where the last kind of bar shows it once") {
  const Run run = read_text(
      "\rRun:  8%|#  | 100/1200 [00:15<04:26, 5.2tokens/s, iter=1, loss=3.5]"
      "\rRun: 50%|#  | 600/1200 [00:26<04:26, 5.2tokens/s, iter=2, loss=3.2]"
      "\rRun: 75%|#  | 900/1200 [00:31<04:14, 5.3tokens/s, iter=3, loss=3.1]\n"
      "\rRun: 1300tokens [00:55, 6.1tokens/s, iter=4, loss=3.0]    \n"
      "\rRun: 1300tokens [00:55, 6.1tokens/s, iter=5, loss=3.0]\n");
  CHECK(find(run, Role::step_time) == nullptr);
  REQUIRE(find(run, Role::wall) != nullptr);
  CHECK(find(run, Role::wall)->logged_as == "elapsed");
}

TEST_CASE("console: whose number it is, and a best line said once more at the end") {
  const auto line = [](int i) {
    return fmt::format(
        "[{0}]\ttraining's binary_logloss: 0.{1}1\ttraining's auc: 0.{0}5\t"
        "valid_0's binary_logloss: 0.{1}2\tvalid_0's auc: 0.{0}4\n",
        i, 99 - i);
  };
  std::string text;
  for (int i = 10; i <= 80; i += 5) text += line(i);
  const Run run = read_text(text + "Early stopping, best iteration is:\n" + line(40));
  check(run, {"valid_0's auc", 15, 0.104, 0.804, 10, 80});
  CHECK(find(run, Role::eval_metric)->logged_as == "valid_0's auc");
  CHECK(find(run, Role::eval_loss)->logged_as == "valid_0's binary_logloss");
  CHECK(find(run, Role::train_loss)->logged_as == "training's binary_logloss");
  CHECK(noted(run, "console.echo")->where.line == 17);
  // A program that starts anew says the same lines and goes on.
  const Run again = read_text(text + text);
  CHECK(series(again, "valid_0's auc")->value.size() == 30);
  CHECK(noted(again, "console.echo") == nullptr);
}

TEST_CASE("console: an evaluation that counts its own batches stands where the training does") {
  for (const bool totals : {true, false}) {
    std::string text;
    for (int epoch = 1; epoch <= 3; ++epoch) {
      const auto line = [&](int second, const char* loop, int at, int of, double loss) {
        text += fmt::format("2024/05/06 12:{:02}:{:02} [{}][Epoch {}/3][Iter: {}{}] loss: {:.4f}, top1: {:.4f}\n",
                            epoch, second, loop, epoch, at, totals ? fmt::format("/{}", of) : "", loss, 1 / loss);
      };
      for (int at = 0; at < 100; at += 10) line(at / 10, "Train", at, 100, 9.0 - epoch - 0.01 * at);
      text += fmt::format("2024/05/06 12:{:02}:20 [Train][Epoch {}/3][Avg] loss: {}, top1: 0.1\n", epoch, epoch,
                          9.5 - epoch);
      for (int at = 0; at < 20; at += 10) line(30 + at / 10, "Eval", at, 20, 9.3 - epoch);
      text += fmt::format("2024/05/06 12:{:02}:40 [Eval][Epoch {}/3][Avg] loss: {}, top1: 0.2\n", epoch, epoch,
                          9.2 - epoch);
    }
    INFO(text);
    const Run run = read_text(text);
    const Series& eval = *find(run, Role::eval_loss);
    CHECK(eval.logged_as == "Eval/loss");
    const auto& step = run.rows[eval.rows].step;
    const double epoch = totals ? 100 : 90;  // where no line says how many there are, as far as it was counted
    CHECK(step == std::vector<double>{90, 90, 90, epoch + 90, epoch + 90, epoch + 90, 2 * epoch + 90, 2 * epoch + 90,
                                      2 * epoch + 90});
    CHECK(find(run, Role::train_loss)->logged_as == "loss");
    CHECK(find(run, Role::train_loss)->value.size() == 30);
    check(run, {"epoch/loss", 3, 8.5, 6.5, 90, 2 * epoch + 90});
    CHECK(std::is_sorted(find(run, Role::timestamp)->value.begin(), find(run, Role::timestamp)->value.end()));
  }
  // It may count what the training counts.
  const Run same = read_text(
      "Train epoch 1 batch 100 loss 3.5\nTrain epoch 1 batch 200 loss 3.25\nValid epoch 1 batch 200 loss 3.3\n"
      "Train epoch 2 batch 100 loss 3.0\nTrain epoch 2 batch 200 loss 2.75\nValid epoch 2 batch 200 loss 2.9\n");
  check(same, {"Valid/loss", 2, 3.3, 2.9, 200, 400});
}

TEST_CASE("console: a step in brackets in front of every kind of line, an evaluation told late") {
  std::string text;
  for (int i = 100; i <= 1000; i += 100) {
    text += fmt::format(
        "I0612 01:{:02}:03.222222 1402 writer.py:66] [{}] train/loss={} train/timing/seconds_per_step=0.5\n", i / 100,
        i, 10 - i / 200.0);
    if (i == 600 || i == 1000)
      text +=
          fmt::format("I0612 01:{:02}:33.222222 1402 writer.py:66] [{}] eval/loss={}\n", i / 100, i - 100, i / 300.0);
  }
  const Run run = read_text(text);
  check(run, {"eval/loss", 2, 2, 3.33333, 500, 900});
  check(run, {"clock", 10, 0, 540, 100, 1000});
  CHECK(find(run, Role::step_time)->logged_as == "train/timing/seconds_per_step");
  CHECK(find(run, Role::throughput) == nullptr);
}

TEST_CASE("console: what the steps are made of, and a final number beside a single evaluation") {
  const auto why = [](const Run& run) {
    for (const auto& choice : run.roles)
      if (choice.role == Role::step) return choice.why;
    return std::string();
  };
  std::string epochs, bare, named;
  for (int i = 0; i < 6; ++i) {
    epochs += fmt::format("Epoch {} Iter {}/20 loss {:.2f}\n", 1 + i / 2, 10 + i % 2 * 10, 3 - 0.1 * i);
    bare += fmt::format("[{}] loss={:.2f}\n", 100 * i, 3 - 0.1 * i);
    named += fmt::format("step {0} loss {1:.2f}\n eval @ {0} -> val_loss {1:.2f}\n", 20 * i, 3 - 0.1 * i);
  }
  CHECK(why(read_text(epochs)) == "made of the epoch and `Iter`");
  CHECK(why(read_text(bare)) == "made of a number without a name");
  const Run run = read_text(named);
  CHECK(why(run) == "made of `step` and a number that rises with it");
  CHECK(noted(run, "axis.step.guessed")->text.find("no name counts the steps of some lines") == 0);
  const Run once = read_text(bare + "[500] val loss=2.75\nFinal Val Loss:      2.5\n");
  CHECK(series(once, "Final Val Loss")->unit == Unit::nats);
  CHECK(series(once, "Final Val Loss")->role == Role::mechanism);
}

TEST_CASE("console: prose, programs and settings are no logs") {
  CHECK(sure("") == 0);
  CHECK(
      sure("This is a text about training.\nIt has 3 parts.\n\nStep 1: install it.\nStep 2: run it.\nStep 3: wait.\n") <
      15);
  CHECK(
      sure("lr: 0.1\nbatch_size: 32\nlayers: 12\nloss: mse\noptimizer:\n  name: sgd\n  momentum: 0.9\n  decay: 0.1\n") <
      15);
  CHECK(sure("import torch\n\nx = 1\ny = 2\nfor i in range(10):\n    loss = 0.5 * x\n    print(f'step {i} loss "
             "{loss}')\n") < 15);
  for (const char* file : {"README.md", "CMakeLists.txt", "src/import/console.cpp", "tests/golden/run_golden.py",
                           "docs/changelog.md", "CMakePresets.json"}) {
    INFO(file);
    CHECK(sure(read_file(std::filesystem::path(EXPANALYZE_SOURCE_DIR) / file)) < 15);
  }
}

TEST_CASE("console: a cut loses the last line and nothing else") {
  for (const char* name :
       {"nanogpt.txt", "boost.txt", "imagenet.txt", "lab_equals.txt", "fair_json.txt", "glued.txt"}) {
    const std::string text = read_file(kData / name);
    const Run whole = read_text(text);
    for (std::size_t at = text.size() * 3 / 4; at < text.size(); ++at) {
      const Run cut = read_text(std::string_view(text).substr(0, at));
      for (const auto& s : cut.series) {
        const Series* full = series(whole, s.logged_as.c_str());
        INFO(name << " cut at " << at << ": " << s.logged_as);
        REQUIRE(full != nullptr);
        REQUIRE(s.value.size() <= full->value.size());
        for (std::size_t i = 0; i < s.value.size(); ++i) {
          const bool same = s.value[i] == full->value[i];
          if (!same) FAIL("value " << i << " is " << s.value[i] << ", not " << full->value[i]);
        }
      }
    }
  }
}

TEST_CASE("console: hostile text takes linear time") {
  const auto seconds = [](const std::string& text) {
    const auto start = std::chrono::steady_clock::now();
    const Run run = read_text(text + "\nstep 1 loss 2.5\nstep 2 loss 2.25\nstep 3 loss 2\n");
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  std::string kinds, keys, brackets(200000, '['), percents, pipes;
  for (int i = 0; i < 20000; ++i) {
    kinds += fmt::format("k{}x a{}b {} c{}d={}\n", i, i, i, i, i * 2);
    keys += fmt::format("q{}={} ", i, i);
    percents += "9%|";
    pipes += "| a | 1 ";
  }
  // Generous: the machine may be busy; quadratic behaviour would take minutes.
  for (const auto& text : {kinds, keys, brackets, percents, pipes, std::string(300000, '\b'), std::string(200000, '('),
                           std::string(100000, '9'), std::string(50000, '\x1b')})
    CHECK(seconds(text) < 10);
  std::string longest = "step 4 loss " + std::string(100000, 'x') + " 3\n";
  CHECK(noted(read_text(longest + "step 1 loss 2.5\nstep 2 loss 2\nstep 3 loss 1.5\n"), "line.too_long") != nullptr);
}
