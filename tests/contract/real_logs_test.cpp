// Other people's logs, where they are: EXPANALYZE_REAL_LOGS or ../shared/data/real. They are never part of the
// repository. The expected values are those that the sources state or that wc, head and tail show.
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "expanalyze/import.hpp"
#include "support/catch.hpp"
#include "support/real_logs.hpp"
#include "support/run.hpp"

using namespace expanalyze;
namespace fs = std::filesystem;

namespace {

Run read_real(const fs::path& path, const ImportOptions& options = {}) {
  Run run = read_run(test::real_logs() / path, options);
  INFO(path);
  CHECK(broken_invariant(run) == "");
  return run;
}

const Series& of(const Run& run, Role role) {
  const auto* s = find(run, role);
  INFO(run.path << " " << to_string(role));
  REQUIRE(s != nullptr);
  return *s;
}

}  // namespace

TEST_CASE("a research lab's JSON documents") {
  if (test::no_real_logs()) return;
  std::vector<Note> notes;
  const auto runs = find_runs(test::real_logs() / "origin", notes);
  std::size_t documents = 0;
  for (const auto& path : runs) {
    if (path.filename() != "metrics.json") continue;
    ++documents;
    INFO(path);
    const Run run = read_run(path, {});
    CHECK(broken_invariant(run) == "");
    CHECK(find(run, Role::eval_loss) != nullptr);
    CHECK(find(run, Role::wall) != nullptr);
  }
  CHECK(documents >= 118);  // two more hold final numbers only: no curve to compare
  const auto muon = [](const char* seed) { return read_real(fs::path("origin/muon_vs_adamw") / seed); };
  CHECK(of(muon("muon_seed42"), Role::eval_loss).value.back() == Approx(3.3154).margin(5e-5));
  CHECK(of(muon("muon_seed137"), Role::eval_loss).value.back() == Approx(3.3098).margin(5e-5));
  const Run run = muon("muon_seed256");
  CHECK(of(run, Role::step).value.back() == 103760);
  CHECK(of(run, Role::eval_loss).value.size() == 9);
  CHECK(of(run, Role::tokens).value.back() == 1700003840);
  // active_training_time_seconds says 20893.
  CHECK(of(run, Role::wall).value.back() == Approx(20893).epsilon(1e-3));
  CHECK(run.config.at("optimizer_type") == ConfigValue(std::string("muon")));
  CHECK(read_real("origin/muon_vs_adamw/muon_seed256/metrics.json").label == "muon_seed256");
}

TEST_CASE("one row a layer and projection") {
  if (test::no_real_logs()) return;
  // Four runs were appended to the file: the last two stop at other steps and had other tokens at step 5.
  const auto runs = read_runs(test::real_logs() / "origin/muon_dry_run/norms.jsonl", {});
  REQUIRE(runs.size() == 4);
  CHECK(test::noted(runs[3], "run.split")->where.line == 3169);
  for (const Run& run : runs) CHECK(broken_invariant(run) == "");
  const Run& run = runs.front();
  const auto* s = test::series(run, "effective_rank", {{"layer", "0"}, {"proj", "q"}});
  REQUIRE(s != nullptr);
  CHECK(s->value.front() == 412.4607238769531);
  CHECK(find_all(run, Role::layer_grad_norm).size() * 4 + 2 == run.series.size());
}

TEST_CASE("RLlib: the JSON and its CSV twin") {
  if (test::no_real_logs()) return;
  const Run json = read_real("rllib/IMPALA_Breakout"), csv = read_real("rllib/IMPALA_Breakout/progress.csv");
  CHECK(json.format == "rllib");
  for (const Role role : {Role::step, Role::samples, Role::wall, Role::eval_metric, Role::timestamp}) {
    CHECK(of(json, role).logged_as == of(csv, role).logged_as);
    CHECK(of(json, role).value == of(csv, role).value);
  }
  CHECK(of(json, Role::eval_metric).logged_as == "episode_reward_mean");
  CHECK(of(json, Role::eval_metric).value.back() == 547.33);
  CHECK(json.config.at("grad_clip") == ConfigValue(40.0));
  CHECK(csv.config.at("num_workers") == ConfigValue(32.0));
  CHECK(of(read_real("rllib/A2C_Breakout"), Role::eval_metric).value.size() ==
        934);  // null until the first episode ends
}

TEST_CASE("Hugging Face: one run in two formats, and six evaluation sets") {
  if (test::no_real_logs()) return;
  const Run state = read_real("hf-llamafactory-nsllm"), log = read_real("hf-llamafactory-nsllm/trainer_log.jsonl");
  CHECK(state.format == "hf_trainer_state");
  CHECK(of(state, Role::train_loss).value == of(log, Role::train_loss).value);
  CHECK(of(state, Role::train_loss).value.back() == 1.9787);  // not 1.9951, the mean over the run
  CHECK(of(log, Role::step).value.back() == 2178);
  CHECK(of(log, Role::wall).value.back() == Approx(857595.0988).margin(1));  // train_runtime of the other file
  const Run multi = read_real("hf-trainer-multi-eval");
  CHECK(find_all(multi, Role::eval_loss).size() == 6);
  CHECK(of(multi, Role::eval_loss).logged_as == "eval_g0_loss");
}

TEST_CASE("tables: Lightning, AlgoPerf, MultiPowerLaw, Efficient-3DCNNs") {
  if (test::no_real_logs()) return;
  const Run gan = read_real("lightning/lightning_logs/version_0");
  CHECK(of(gan, Role::train_loss).value.front() == 1.6226933508321501e+24);
  CHECK(std::isnan(of(gan, Role::train_loss).value.back()));
  const Run ogbg = read_real("algoperf/v05_baseline/study_0/ogbg_jax/trial_5");
  CHECK(of(ogbg, Role::wall).logged_as == "accumulated_submission_time");
  CHECK(of(ogbg, Role::eval_loss).logged_as == "validation/loss");
  CHECK(of(ogbg, Role::train_loss).logged_as == "loss");
  CHECK(of(ogbg, Role::grad_norm).value.size() == of(ogbg, Role::train_loss).value.size());
  CHECK(test::series(ogbg, "validation/mean_average_precision")->value.back() == 0.3001707093408799);
  const Run diverged = read_real("algoperf/v05_generalized_adam/study_0/librispeech_deepspeech_jax/trial_1");
  CHECK(std::isnan(of(diverged, Role::eval_loss).value.back()));  // empty cells, while the word error rate goes on
  const Run law = read_real("multipowerlaw/csv_25/wsdcon_3.csv");
  CHECK(of(law, Role::train_loss).value.size() == 95);
  CHECK(of(law, Role::step).value.front() == 2176);
  CHECK(of(law, Role::lr).value.back() == 3.0000000000000004e-05);
  const Run batches = read_real("efficient-3dcnns/results/train_batch.log");
  CHECK(of(batches, Role::step).logged_as == "iter");
  CHECK(of(batches, Role::train_loss).value.size() == 5959);
}

TEST_CASE("JSON Lines: DETR and MMEngine; a list: Chainer") {
  if (test::no_real_logs()) return;
  const Run detr = read_real("detr/out/log.txt");
  CHECK(of(detr, Role::train_loss).logged_as == "train_loss");
  CHECK(of(detr, Role::eval_loss).value.front() == Approx(24.63).margin(0.01));
  CHECK(of(detr, Role::eval_loss).value.back() == Approx(27.90).margin(0.01));
  CHECK(of(detr, Role::lr).logged_as == "train_lr");
  CHECK(test::series(detr, "test_coco_eval_bbox/AP_small") == nullptr);  // -1 four times: no small objects
  CHECK(test::noted(detr, "value.absent")->count == 4);
  const auto six = read_runs(test::real_logs() / "mmengine/vis_data/scalars.json", {});
  REQUIRE(six.size() == 6);
  std::size_t carried = 0;
  for (const Run& mm : six) {
    CHECK(broken_invariant(mm) == "");
    CHECK(of(mm, Role::step).logged_as == "iter");  // `step` holds the epoch in evaluation rows
    CHECK(of(mm, Role::lr).logged_as == "lr");
    CHECK(of(mm, Role::step_time).logged_as == "time");
    if (const Series* map = find(mm, Role::eval_metric)) carried += map->value.size();
  }
  CHECK(carried == 7);
  const Run adda = read_real("chainer-adda/result/log");
  CHECK(of(adda, Role::eval_loss).value.front() == Approx(7.2541).margin(1e-4));
  CHECK(of(adda, Role::eval_loss).value.back() == Approx(10.7583).margin(1e-4));
  CHECK(of(adda, Role::eval_metric).value.size() == 119);
}

TEST_CASE("a fit of parameters and an optimization behind it in one console log") {
  if (test::no_real_logs()) return;
  const auto runs = read_runs(test::real_logs() / "multipowerlaw/logs_25.log", {});
  REQUIRE(runs.size() == 2);
  // grep -c 'Step ', tail of each kind of line.
  CHECK(of(runs[0], Role::train_loss).value.size() == 20);
  CHECK(of(runs[0], Role::train_loss).value.back() == Approx(0.000283));
  CHECK(of(runs[1], Role::train_loss).value.size() == 11);
  CHECK(runs[1].rows[of(runs[1], Role::train_loss).rows].step.back() == 9999);
}

TEST_CASE("every run that is found below the real logs is read whole") {
  if (test::no_real_logs()) return;
  std::vector<Note> notes;
  for (const auto* folder : {"algoperf", "lightning", "multipowerlaw", "rllib"})
    for (const auto& path : find_runs(test::real_logs() / folder, notes)) {
      INFO(path);
      for (const Run& run : read_runs(path, {})) {
        CHECK(broken_invariant(run) == "");
        CHECK(find(run, Role::step) != nullptr);
      }
    }
}
