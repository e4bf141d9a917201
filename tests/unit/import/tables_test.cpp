// Dialects of tables and JSON, and folders that are one run, by input and output.
#include <cmath>

#include "expanalyze/error.hpp"
#include "expanalyze/import.hpp"
#include "io/input.hpp"
#include "support/catch.hpp"
#include "support/run.hpp"

using namespace expanalyze;
using test::noted;
using test::series;

namespace {

const std::filesystem::path kFixtures = std::filesystem::path(EXPANALYZE_SOURCE_DIR) / "tests" / "data" / "import";

Run read_made_up(const char* path) {
  Run run = read_run(kFixtures / path, {});
  INFO(path);
  CHECK(broken_invariant(run).empty());
  return run;
}

Run read_as(const char* name, std::string_view text) {
  const test::TemporaryFolder folder("tables_test");
  Run run = read_run(folder.write(name, text), {});
  CHECK(broken_invariant(run).empty());
  return run;
}

const Series& of(const Run& run, Role role) {
  const auto* s = find(run, role);
  INFO(run.path << " " << to_string(role));
  REQUIRE(s != nullptr);
  return *s;
}

const std::vector<double>& steps(const Run& run, const Series& s) { return run.rows[s.rows].step; }

}  // namespace

TEST_CASE("AlgoPerf: the clock is the submission's, an empty cell of an evaluation is NaN") {
  const Run run = read_made_up("algoperf/measurements.csv");
  CHECK(run.format == "algoperf");
  CHECK(of(run, Role::wall).logged_as == "accumulated_submission_time");
  CHECK(of(run, Role::eval_metric).logged_as == "validation/wer");
  const auto& loss = of(run, Role::eval_loss);
  REQUIRE(loss.value.size() == 3);
  CHECK(std::isnan(loss.value[2]));
  CHECK(of(run, Role::train_loss).value.size() == 6);  // not measured in evaluations: that is no NaN
  CHECK(of(run, Role::train_metric).value.size() == 3);
}

TEST_CASE("AlgoPerf: a trial's folder brings its settings, workload and framework") {
  const Run run = read_made_up("algoperf/wmt_jax/trial_2");
  CHECK(run.lines == 6);
  CHECK(run.config.at("learning_rate") == ConfigValue(0.002));
  CHECK(run.config.at("workload") == ConfigValue(std::string("wmt")));
  CHECK(run.config.at("framework") == ConfigValue(std::string("jax")));
  CHECK(run.config.at("workload.validation_target_value") == ConfigValue(30.8));
  CHECK(run.config.count("mem.used") == 0);
  CHECK(of(run, Role::eval_metric).logged_as == "validation/bleu");
  CHECK(of(run, Role::eval_metric).value.back() == 17);
}

TEST_CASE("LLaMA-Factory: the plan is a setting, the clock goes over a day") {
  const Run run = read_made_up("llama_factory/trainer_log.jsonl");
  CHECK(run.config.at("total_steps") == ConfigValue(60.0));
  CHECK(of(run, Role::wall).value.back() == 86400 + 360);
  CHECK(of(run, Role::lr).value.size() == 5);
  CHECK(of(run, Role::train_loss).value.size() == 5);
  CHECK(of(run, Role::eval_loss).value == std::vector<double>{2.4});
  CHECK(steps(run, of(run, Role::eval_loss)) == std::vector<double>{30});
}

TEST_CASE("RLlib: one run in three spellings") {
  const Run json = read_made_up("rllib/result.json"), python = read_made_up("rllib/progress.csv"),
            flat = read_made_up("rllib/flattened.csv");
  for (const Run* run : {&json, &python, &flat}) {
    INFO(run->path);
    const std::size_t rows = run == &python ? 4 : 5;  // the last row was not flushed
    CHECK(run->format == "rllib");
    CHECK(of(*run, Role::samples).value.size() == rows);
    CHECK(of(*run, Role::lr).logged_as == "info/learner/cur_lr");
    CHECK(of(*run, Role::eval_metric).value.size() == rows - 1);  // no episode ended in the first iteration
    CHECK(of(*run, Role::eval_metric).value.front() == -15);
    CHECK(noted(*run, "value.absent") != nullptr);
    CHECK(run->config.at("lr") == ConfigValue(0.0005));
    CHECK(run->config.at("model.dim") == ConfigValue(84.0));
  }
  for (const auto& s : python.series)
    for (std::size_t i = 0; i < s.value.size(); ++i) CHECK(series(json, s.logged_as)->value.at(i) == s.value[i]);
  for (const auto& s : flat.series) CHECK(series(json, s.logged_as)->value == s.value);
  CHECK(python.series.size() == json.series.size());
  CHECK(flat.series.size() == json.series.size());
}

TEST_CASE("MMEngine: the step of an evaluation is no iteration, its time no step time") {
  const Run run = read_made_up("mmengine/scalars.json");
  CHECK(of(run, Role::step).logged_as == "iter");
  const auto& map = of(run, Role::eval_metric);
  CHECK(map.logged_as == "coco/bbox_mAP");
  CHECK(steps(run, map) == std::vector<double>{200, 400});
  CHECK(of(run, Role::step_time).value.size() == 8);
  CHECK(series(run, "val/time")->value == std::vector<double>{0.125, 0.125});
  CHECK(of(run, Role::memory).value.front() == 2048.0 * 1024 * 1024);
}

TEST_CASE("MMCV: iterations within the epoch become steps") {
  const Run run = read_made_up("mmcv/20200101_000000.log.json");
  const auto& loss = of(run, Role::train_loss);
  CHECK(steps(run, loss) == std::vector<double>{50, 100, 150, 230, 280, 330, 410, 460, 510});
  CHECK(steps(run, of(run, Role::eval_metric)) == std::vector<double>{180, 360, 540});
  CHECK(of(run, Role::eval_metric).logged_as == "val/bbox_mAP");
  CHECK(run.config.at("mmdet_version") == ConfigValue(std::string("2.25.0")));
  CHECK(noted(run, "axis.step.combined") != nullptr);
}

TEST_CASE("MMCV: iterations that go on over the epochs are the step") {
  const Run run = read_as("x.log.json",
                          "{\"env_info\": \"x\", \"seed\": 1}\n"
                          "{\"mode\": \"train\", \"epoch\": 1, \"iter\": 100, \"loss\": 2}\n"
                          "{\"mode\": \"val\", \"epoch\": 1, \"iter\": 40, \"mIoU\": 0.5}\n"
                          "{\"mode\": \"train\", \"epoch\": 2, \"iter\": 200, \"loss\": 1}\n");
  CHECK(run.format == "mmcv");
  CHECK(steps(run, of(run, Role::train_loss)) == std::vector<double>{100, 200});
  CHECK(steps(run, of(run, Role::eval_metric)) == std::vector<double>{100});
  CHECK(noted(run, "axis.step.combined") == nullptr);
}

TEST_CASE("Lightning: rows of one step that each hold what one call logged") {
  const Run run = read_made_up("lightning/metrics.csv");
  CHECK(run.format == "lightning");
  CHECK(of(run, Role::eval_loss).value == std::vector<double>{2.25, 2, 1.75});
  CHECK(steps(run, of(run, Role::eval_loss)) == std::vector<double>{99, 199, 299});
  CHECK(of(run, Role::train_loss).logged_as == "train_loss_step");
  CHECK(of(run, Role::lr).value.size() == 3);
}

TEST_CASE("a table with step and epoch and nothing else of Lightning's is a table") {
  CHECK(read_as("a.csv", "step,epoch,loss\n1,0,3\n2,0,2\n3,1,1\n").format == "csv");
}

TEST_CASE("Chainer: a log that was copied while it grew") {
  const Run run = read_made_up("chainer/log");
  CHECK(std::isnan(of(run, Role::eval_loss).value[3]));
  CHECK(of(run, Role::step).logged_as == "iteration");
  const Run cut = read_as("log",
                          "[\n {\"epoch\": 1, \"iteration\": 9, \"main/loss\": 2.5, \"elapsed_time\": 4},\n"
                          " {\"epoch\": 2, \"iteration\": 18, \"main/loss\": 1.5, \"elapsed_time\": 8},\n"
                          " {\"epoch\": 3, \"iteration\": 27, \"main/lo");
  CHECK(cut.format == "chainer");
  CHECK(of(cut, Role::train_loss).value == std::vector<double>{2.5, 1.5});
  CHECK(noted(cut, "line.cut")->where.line == 4);
}

TEST_CASE("DETR: the first number of COCOeval is AP, -1 is none") {
  const Run run = read_made_up("detr/log.txt");
  CHECK(of(run, Role::eval_metric).logged_as == "test_coco_eval_bbox/AP");
  CHECK(of(run, Role::eval_metric).value.back() == Approx(0.3));
  CHECK(series(run, "test_coco_eval_bbox/AP_small") == nullptr);
  CHECK(noted(run, "value.absent")->count == 4);
  CHECK(of(run, Role::lr).logged_as == "train_lr");
  CHECK(run.config.at("n_parameters") == ConfigValue(41000000.0));
}

TEST_CASE("Detectron2") {
  const Run run = read_made_up("detectron2/metrics.json");
  CHECK(of(run, Role::train_loss).logged_as == "total_loss");
  CHECK(of(run, Role::step_time).value.size() == 5);
  CHECK(find(run, Role::wall) == nullptr);  // eta_seconds falls, it is no clock
  CHECK(steps(run, of(run, Role::eval_metric)) == std::vector<double>{39, 79});
}

TEST_CASE("Ultralytics: padded and plain names") {
  const Run run = read_made_up("ultralytics/results.csv"), older = read_made_up("ultralytics/older.csv");
  CHECK(of(run, Role::wall).value.back() == 152.5);
  CHECK(of(run, Role::eval_metric).logged_as == "metrics/mAP50-95(B)");
  CHECK(of(run, Role::lr).logged_as == "lr/pg0");
  CHECK(of(older, Role::eval_metric).logged_as == "metrics/mAP_0.5:0.95");
  CHECK(of(older, Role::epoch).value.front() == 0);
}

TEST_CASE("Keras: what has no val_ is of training") {
  const Run run = read_made_up("keras_csv/training.log");
  CHECK(of(run, Role::train_metric).logged_as == "accuracy");
  CHECK(of(run, Role::eval_metric).logged_as == "val_accuracy");
  CHECK(of(run, Role::eval_loss).value.size() == 5);  // NA after training was stopped
  const Run alone = read_as("training.log", "epoch,acc,loss\n0,0.5,2\n1,0.6,1\n2,0.7,0.5\n");
  CHECK(alone.format == "keras_csv");
  CHECK(find(alone, Role::eval_metric) == nullptr);
}

TEST_CASE("DAWNBench: hours, a byte order mark, no last newline") {
  const Run run = read_made_up("dawnbench/made_up.tsv");
  CHECK(of(run, Role::wall).value.back() == 9000);
  CHECK(of(run, Role::epoch).value == std::vector<double>{0, 1.00096, 3, 7.5});
  CHECK(of(run, Role::eval_metric).value.back() == 90.75);
}

TEST_CASE("a W&B chart: bounds are no metric") {
  const Run run = read_made_up("wandb_csv/chart.csv");
  CHECK(of(run, Role::train_loss).logged_as == "brisk-sun-4 - train/loss");
  CHECK(find_all(run, Role::train_loss).size() == 1);
  CHECK(of(run, Role::eval_metric).value.back() == 0.9);
  CHECK(find_all(run, Role::eval_metric).size() == 1);
}

TEST_CASE("AllenNLP: epochs in the order of their numbers") {
  const Run run = read_made_up("allennlp/made_up_run");
  CHECK(run.lines == 11);
  CHECK(run.counted_in == "files");
  CHECK(of(run, Role::epoch).value.back() == 10);  // "10" stands before "2" in the folder
  CHECK(of(run, Role::wall).value.back() == 3600 + 40 * 60 + 5.25);
  CHECK(of(run, Role::eval_loss).logged_as == "validation_loss");
  CHECK(find_all(run, Role::eval_loss).size() == 1);
  CHECK(run.config.at("trainer.optimizer.lr") == ConfigValue(0.001));
  CHECK(read_made_up("allennlp/one_epoch.json").format == "allennlp");
}

TEST_CASE("DVCLive: a table a metric") {
  const Run run = read_made_up("dvclive/made_up_run");
  CHECK(run.format == "dvclive");
  CHECK(of(run, Role::train_loss).value.size() == 6);
  CHECK(of(run, Role::eval_loss).value == std::vector<double>{2.25, 1.75, 1.25});
  CHECK(steps(run, of(run, Role::eval_loss)) == std::vector<double>{0, 2, 4});
  CHECK(run.config.at("batch_size") == ConfigValue(32.0));
}

TEST_CASE("MLflow: a folder that is a run") {
  const Run run = read_made_up("mlflow/made_up_run");
  CHECK(run.format == "mlflow");
  CHECK(run.label == "brave-owl-12");
  CHECK(of(run, Role::train_loss).value == std::vector<double>{2, 1.75, 1.5, 1.25, 1, 0.75});
  CHECK(noted(run, "order.sorted")->count == 1);
  CHECK(of(run, Role::eval_metric).logged_as == "val/accuracy");
  CHECK(std::isnan(of(run, Role::eval_metric).value.back()));
  CHECK(steps(run, *series(run, "test_f1")) == std::vector<double>{50});  // logged without a step, near the end
  CHECK(of(run, Role::timestamp).value.front() == 1600000000);
  CHECK(run.config.at("model/name") == ConfigValue(std::string("made_up")));
  CHECK(run.config.at("nesterov") == ConfigValue(true));
  CHECK(noted(run, "run.status") != nullptr);
  const Run metric = read_made_up("mlflow/accuracy");
  CHECK(of(metric, Role::step).value == std::vector<double>{0, 1, 2, 3, 4});
}

TEST_CASE("folders that are a run are found as one") {
  std::vector<Note> notes;
  for (const auto* id : {"mlflow", "allennlp", "dvclive"}) {
    const auto runs = find_runs(kFixtures / id, notes);
    CHECK(std::count(runs.begin(), runs.end(), kFixtures / id / "made_up_run") == 1);
    for (const auto& run : runs) CHECK(run.parent_path() == kFixtures / id);
  }
}

TEST_CASE("a JSON document that breaks off") {
  SECTION("trainer_state.json loses the unfinished entry") {
    const Run run = read_as("trainer_state.json",
                            "{\n \"global_step\": 3,\n \"log_history\": [\n  {\"loss\": 3, \"step\": 1},\n"
                            "  {\"loss\": NaN, \"step\": 2},\n  {\"loss\": 1.5");
    CHECK(run.format == "hf_trainer_state");
    CHECK(of(run, Role::train_loss).value.size() == 2);
    CHECK(noted(run, "line.cut")->where.line == 6);
    CHECK(run.lines_understood == 5);
  }
  SECTION("lists side by side: the last one is short, its last number could be cut itself") {
    const Run run = read_as("m.json",
                            "{\"history\": {\"steps\": [10, 20, 30, 40],\n \"val_losses\": [4.5, 3.5, 2.5, 1.5],\n"
                            " \"train_losses\": [4.25, 3.2, 2.1");
    CHECK(of(run, Role::eval_loss).value == std::vector<double>{4.5, 3.5, 2.5, 1.5});
    CHECK(of(run, Role::train_loss).value == std::vector<double>{4.25, 3.2});
    CHECK(steps(run, of(run, Role::train_loss)) == std::vector<double>{10, 20});
    CHECK(noted(run, "value.array_length") != nullptr);
    CHECK(noted(run, "line.cut") != nullptr);
  }
  SECTION("lists side by side: the steps are short") {
    const Run run =
        read_as("m.json", "{\"history\": {\"val_losses\": [4.5, 3.5, 2.5],\n\"lr\": [1, 2, 3],\n\"steps\": [10, 20,");
    CHECK(of(run, Role::eval_loss).value == std::vector<double>{4.5, 3.5});
  }
  SECTION("a clock whose unit may have stood behind the cut is no clock") {
    const Run run =
        read_as("m.json", "{\"history\": {\"steps\": [10, 20],\n\"elapsed_times\": [1.5, 2.5],\n\"loss\": [2, 1");
    CHECK(find(run, Role::wall) == nullptr);
    CHECK(noted(run, "unit.unknown") != nullptr);
  }
  SECTION("within a word, a key, an escape") {
    for (const auto* end : {"\"ab", "\"a\\", "\"c\": ", "\"c\"", "\"c\": tr", "\"c\": [[1", "{", ""}) {
      INFO(end);
      const Run run =
          read_as("l.json", "[\n{\"step\": 1, \"loss\": 2},\n{\"step\": 2, \"loss\": 1},\n{" + std::string(end));
      CHECK(of(run, Role::train_loss).value == std::vector<double>{2, 1});
    }
  }
}

TEST_CASE("pretty-printed records one after another") {
  const Run run = read_as("log.json", "{\n \"step\": 1,\n \"loss\": 3\n}\n{\n \"step\": 2,\n \"loss\": 2\n}\n{\n \"st");
  CHECK(of(run, Role::train_loss).value == std::vector<double>{3, 2});
  CHECK(run.rows[0].line == std::vector<std::uint32_t>{1, 5});
  CHECK(noted(run, "line.cut")->where.line == 10);
}

TEST_CASE("one JSON object that is no log is not taken for a run of a directory") {
  const test::TemporaryFolder folder("no_log");
  for (const auto* name : {"manifest.json", "submission.json", "all_results.json", "wandb-summary.json"})
    folder.write(name, "{\n \"loss\": 1.5,\n \"epoch\": 3,\n \"name\": \"x\"\n}\n");
  std::vector<Note> notes;
  CHECK(find_runs(folder.path(), notes).empty());
}

TEST_CASE("tidy tables: a column names what another holds") {
  const Run run = read_as("tidy.csv",
                          "step,name,value\n1,train/loss,3\n1,val/accuracy,0.5\n2,train/loss,2\n2,val/accuracy,0.6\n"
                          "3,train/loss,1\n3,val/accuracy,0.7\n");
  CHECK(of(run, Role::train_loss).value == std::vector<double>{3, 2, 1});
  CHECK(of(run, Role::eval_metric).logged_as == "val/accuracy");
  CHECK(steps(run, of(run, Role::eval_metric)) == std::vector<double>{1, 2, 3});
  const Run lines = read_as("tidy.jsonl",
                            "{\"step\": 1, \"metric\": \"loss\", \"value\": 3}\n"
                            "{\"step\": 1, \"metric\": \"step\", \"value\": 9}\n"
                            "{\"step\": 2, \"metric\": \"loss\", \"value\": 2}\n");
  CHECK(of(lines, Role::train_loss).value == std::vector<double>{3, 2});
  CHECK(of(lines, Role::step).value == std::vector<double>{1, 1, 2});
  CHECK(series(lines, "value/step")->value == std::vector<double>{9});
}

TEST_CASE("long rows with layers stay labelled") {
  const Run run =
      read_as("long.csv", "step,layer,proj,value\n1,0,q,3\n1,0,k,4\n1,1,q,5\n1,1,k,6\n2,0,q,3\n2,0,k,4\n2,1,q,5\n");
  CHECK(series(run, "value", {{"layer", "1"}, {"proj", "q"}})->value == std::vector<double>{5, 5});
}

TEST_CASE("a Git LFS pointer says which file it stands for") {
  constexpr const char* kPointer =
      "version https://git-lfs.github.com/spec/v1\n"
      "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n";
  const test::TemporaryFolder folder("lfs");
  const auto pointer = folder.write("metrics.csv", kPointer);
  try {
    read_run(pointer, {});
    FAIL("no error");
  } catch (const Error& e) {
    const std::string what = e.what();
    CHECK(what.find("12345 bytes") != std::string::npos);
    CHECK(what.find("4d7a214614ab") != std::string::npos);
  }
  CHECK_THROWS_AS(read_run(folder.path(), {}), Error);
  folder.write("sub/a.csv", "step,loss\n1,2\n2,1\n3,1\n");
  folder.write("sub/b.csv", kPointer);
  std::vector<Note> notes;
  CHECK(find_runs(folder.path(), notes).size() == 1);
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].code == "input.lfs_pointer");
  CHECK(notes[0].count == 2);
  CHECK(noted(read_run(folder.path() / "sub", {}), "input.lfs_pointer") != nullptr);
}

TEST_CASE("TensorBoard's CSV is called after its file") {
  const Run run = read_made_up("tensorboard_csv/run-validation-tag-epoch_loss.csv");
  CHECK(of(run, Role::eval_loss).logged_as == "validation/epoch_loss");
  CHECK(of(run, Role::timestamp).value.front() == 1600000000.25);
}

TEST_CASE("folders whose files are cut or damaged are read as far as they go") {
  for (const auto* path :
       {"mlflow/made_up_run", "allennlp/made_up_run", "dvclive/made_up_run", "algoperf/wmt_jax/trial_2"})
    for (std::size_t share = 0; share < 20; ++share)
      for (const char* tail : {"", "\n", "\xFF\x01{", " nan nan nan\n"}) {
        const test::TemporaryFolder folder("damaged_folder");
        for (const auto& entry : std::filesystem::recursive_directory_iterator(kFixtures / path)) {
          if (!entry.is_regular_file()) continue;
          const std::string text = read_file(entry.path());
          folder.write(entry.path().lexically_relative(kFixtures / path).string(),
                       text.substr(0, text.size() * share / 20) + tail);
        }
        INFO(path << " " << share << " " << tail);
        try {
          const Run run = read_run(folder.path(), {});
          CHECK(broken_invariant(run) == "");
        } catch (const Error&) {
          SUCCEED();
        }
      }
}
