// What the README of the real logs states of tables, JSON and folders of them; see real_logs_test.cpp.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <numeric>

#include "expanalyze/import.hpp"
#include "support/catch.hpp"
#include "support/real_logs.hpp"
#include "support/run.hpp"

using namespace expanalyze;
namespace fs = std::filesystem;

namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

Run read_log(const fs::path& path) {
  Run run = read_run(test::real_logs() / path, {});
  INFO(path);
  CHECK(broken_invariant(run) == "");
  return run;
}

const Series& of(const Run& run, std::string_view key) {
  const auto* s = test::series(run, key);
  INFO(run.path << " " << key);
  REQUIRE(s != nullptr);
  return *s;
}

const Series& of(const Run& run, Role role) {
  const auto* s = find(run, role);
  INFO(run.path << " " << to_string(role));
  REQUIRE(s != nullptr);
  return *s;
}

/// The clock when `metric` first reaches `target`; both stand on rows of one step each.
double time_to(const Run& run, const Series& metric, double target) {
  const auto& clock = of(run, Role::wall);
  const auto& metric_step = run.rows[metric.rows].step;
  const auto& clock_step = run.rows[clock.rows].step;
  for (std::size_t i = 0; i < metric.value.size(); ++i) {
    if (!(metric.value[i] >= target)) continue;
    const auto at = std::find(clock_step.begin(), clock_step.end(), metric_step[i]);
    return at == clock_step.end() ? kNever : clock.value[static_cast<std::size_t>(at - clock_step.begin())];
  }
  return kNever;
}

double ogbg(const char* submission, int trial) {
  const fs::path tree = std::string(submission) == "v05_baseline" ? "ogbg_jax" : "ogbg_pytorch";
  const Run run = read_log(fs::path("algoperf") / submission / "study_0" / tree / ("trial_" + std::to_string(trial)));
  CHECK(run.format == "algoperf");
  CHECK(run.config.at("workload") == ConfigValue(std::string("ogbg")));
  CHECK(run.config.count("learning_rate") == 1);
  CHECK(of(run, Role::wall).logged_as == "accumulated_submission_time");
  return time_to(run, of(run, "validation/mean_average_precision"), 0.28098);
}

/// Best `keep` of the values up to a limit of the axis.
double best_until(const Run& run, Role axis, double limit) {
  const auto& reward = of(run, Role::eval_metric);
  const auto& x = of(run, axis);
  double best = -kNever;
  const auto& step = run.rows[x.rows].step;
  for (std::size_t i = 0; i < reward.value.size(); ++i) {
    const auto at = std::find(step.begin(), step.end(), run.rows[reward.rows].step[i]) - step.begin();
    if (x.value[static_cast<std::size_t>(at)] <= limit) best = reward.value[i];
  }
  return best;
}

}  // namespace

TEST_CASE("AlgoPerf: time to target of ten trials") {
  if (test::no_real_logs()) return;
  const double never = kNever;
  const double baseline[] = {never, never, 13938, never, 6497};
  const double shampoo[] = {7185, 4080, never, 3364, 13152};
  for (int trial = 1; trial <= 5; ++trial) {
    CHECK(ogbg("v05_baseline", trial) == Approx(baseline[trial - 1]).margin(1));
    CHECK(ogbg("v05_shampoo_submission", trial) == Approx(shampoo[trial - 1]).margin(1));
  }
}

TEST_CASE("AlgoPerf: what diverged, what went well, one run in two tables") {
  if (test::no_real_logs()) return;
  const fs::path diverged = "algoperf/v05_generalized_adam/study_0";
  for (const auto* workload : {"librispeech_deepspeech_jax", "librispeech_conformer_jax"}) {
    const Run run = read_log(diverged / workload / "trial_1");
    CHECK(of(run, Role::eval_metric).logged_as == "validation/wer");
    CHECK(of(run, Role::eval_metric).value.back() == Approx(0.8966).margin(1e-4));  // frozen
    CHECK(std::isnan(of(run, "train/ctc_loss").value.back()));
  }
  const Run good = read_log("algoperf/v05_shampoo_submission/study_0/wmt_pytorch/trial_1");
  CHECK(time_to(good, of(good, "validation/bleu"), 30.8491) == Approx(42848).margin(1));
  const Run bad = read_log("algoperf/v05_shampoo_submission/study_0/wmt_pytorch/trial_3");
  CHECK(time_to(bad, of(bad, "validation/bleu"), 30.8491) == kNever);
  const fs::path trial = "algoperf/v06_schedule_free_adamw_v2/study_0/ogbg_pytorch/trial_1";
  const Run folder = read_log(trial), table = read_log(trial / "eval_measurements.csv");
  const auto& map = of(folder, "validation/mean_average_precision").value;
  CHECK(map == of(table, "validation/mean_average_precision").value);
  CHECK(*std::max_element(map.begin(), map.end()) == Approx(0.2573).margin(5e-5));
  CHECK(folder.config.at("framework") == ConfigValue(std::string("pytorch")));
  CHECK(folder.config.at("workload.validation_target_value") == ConfigValue(0.28098));
}

TEST_CASE("RLlib: time to reward 18, and two algorithms at equal samples and equal time") {
  if (test::no_real_logs()) return;
  struct Truth {
    const char* workers;
    double seconds, best;
  };
  for (const auto& t : {Truth{"32", 425, 18.85}, Truth{"64", 256, 20.01}, Truth{"128", 184, 18.63}}) {
    std::vector<Note> notes;
    const auto runs = find_runs(
        test::real_logs() / "rllib" / "pong-speedrun" / ("pong-impala-lowlatency-" + std::string(t.workers)), notes);
    REQUIRE(runs.size() >= 1);
    const Run run = read_run(runs.front().parent_path() / "result.json", {});
    CHECK(run.format == "rllib");
    CHECK(run.config.at("num_workers") == ConfigValue(std::stod(t.workers)));
    const auto& reward = of(run, Role::eval_metric);
    CHECK(time_to(run, reward, 18) == Approx(t.seconds).margin(1));
    INFO(t.workers);
    const double best = *std::max_element(reward.value.begin(), reward.value.end());
    CHECK(best >= 18.6);
  }
  const Run impala = read_log("rllib/IMPALA_Breakout/result.json"), a2c = read_log("rllib/A2C_Breakout/result.json");
  CHECK(best_until(impala, Role::wall, 3600) == Approx(547.3).margin(0.1));
  CHECK(best_until(a2c, Role::wall, 3600) == Approx(273.1).margin(0.1));
  CHECK(best_until(impala, Role::samples, 1e7) == Approx(397.6).margin(0.1));
  CHECK(best_until(a2c, Role::samples, 1e7) == Approx(374.9).margin(0.1));
}

TEST_CASE("RLlib: the table of Python dictionaries holds the numbers of the JSON lines") {
  if (test::no_real_logs()) return;
  for (const auto* trial : {"IMPALA_Breakout", "A2C_Breakout"}) {
    const Run json = read_log(fs::path("rllib") / trial / "result.json");
    const Run csv = read_log(fs::path("rllib") / trial / "progress.csv");
    CHECK(csv.series.size() == json.series.size());
    CHECK(csv.config.size() == json.config.size());
    for (const auto& s : csv.series) {
      INFO(trial << " " << s.logged_as);
      const auto& twin = of(json, s.logged_as).value;
      REQUIRE(twin.size() >= s.value.size());
      CHECK(std::equal(s.value.begin(), s.value.end(), twin.begin()));
    }
  }
  CHECK(of(read_log("rllib/A2C_Breakout/progress.csv"), Role::step).value.size() <
        of(read_log("rllib/A2C_Breakout/result.json"), Role::step).value.size());
}

TEST_CASE("MMEngine: nothing is detected at any evaluation") {
  if (test::no_real_logs()) return;
  const Run run = read_log("mmengine/vis_data/20241205_144938.json");
  CHECK(run.format == "mmengine");
  const auto& map = of(run, "coco/bbox_mAP").value;
  CHECK(std::all_of(map.begin(), map.end(), [](double v) { return v == 0; }));
  const auto& loss = of(run, Role::train_loss).value;
  CHECK(loss.front() == Approx(43.316).margin(0.001));
  CHECK(loss.back() == Approx(8.487).margin(0.001));
  const auto& step = run.rows[of(run, "coco/bbox_mAP").rows].step;
  const auto& iter = of(run, "iter").value;
  CHECK(std::all_of(step.begin(), step.end(), [&](double s) { return s >= iter.front() && s <= iter.back(); }));
  CHECK(of(run, Role::memory).value.front() == 740.0 * 1024 * 1024);
}

TEST_CASE("Lightning: which of sixteen runs blow up") {
  if (test::no_real_logs()) return;
  for (int v = 0; v < 16; ++v) {
    const Run run = read_log("lightning/lightning_logs/version_" + std::to_string(v));
    INFO(run.path);
    CHECK(run.format == "lightning");
    CHECK(run.label == "version_" + std::to_string(v));
    const auto& loss = of(run, "train_disc_loss").value;
    const bool blown = v == 0 || v == 1 || v == 5;
    CHECK(std::isnan(loss.back()) == blown);
    if (v == 0 || v == 5) CHECK(std::abs(loss.front()) > 1e24);  // version 1 is NaN from the first step on
    if (v >= 2 && v <= 4) CHECK(loss.back() == Approx(11.6).margin(0.2));
    CHECK(of(run, Role::step).value.size() == loss.size());
  }
}

TEST_CASE("Hugging Face: a mean over the run is no last loss; six sets move apart") {
  if (test::no_real_logs()) return;
  const Run state = read_log("hf-llamafactory-nsllm/trainer_state.json");
  const Run log = read_log("hf-llamafactory-nsllm/trainer_log.jsonl");
  CHECK(log.format == "llama_factory");
  CHECK(of(state, "train_loss").role == Role::mechanism);
  CHECK(of(state, "train_loss").value == std::vector<double>{1.9950996404180186});
  CHECK(of(state, Role::flops).value.back() == 6.222496637658207e+20);
  CHECK(state.config.at("total_steps") == ConfigValue(2178.0));
  CHECK(log.config.at("total_steps") == ConfigValue(2178.0));
  CHECK(of(log, Role::wall).value.back() == 9 * 86400 + 22 * 3600 + 13 * 60 + 15);
  CHECK(of(log, Role::lr).value == of(state, Role::lr).value);
  const Run sets = read_log("hf-trainer-multi-eval/trainer_state.json");
  CHECK(of(sets, "eval_g0_loss").value.front() == 5.741583347320557);
  CHECK(of(sets, "eval_g5_loss").value.back() > of(sets, "eval_g5_loss").value.front());
  CHECK(of(sets, "eval_g0_loss").value.back() < of(sets, "eval_g0_loss").value.front());
  CHECK(sets.rows[of(sets, "eval_g0_loss").rows].step.front() == 0);
}

TEST_CASE("Chainer: the loss rises while the accuracy creeps up") {
  if (test::no_real_logs()) return;
  const Run run = read_log("chainer-adda/result/log");
  CHECK(run.format == "chainer");
  CHECK(of(run, Role::epoch).value.back() == 119);
  CHECK(of(run, Role::eval_metric).value.front() == Approx(0.51).margin(0.005));
  CHECK(of(run, Role::eval_metric).value.back() == Approx(0.59).margin(0.005));
  CHECK(of(run, Role::wall).value.front() == Approx(8.951).margin(1e-3));
}

TEST_CASE("DETR: four epochs, overfitting from the second") {
  if (test::no_real_logs()) return;
  const Run run = read_log("detr/out/log.txt");
  CHECK(run.format == "detr");
  CHECK(of(run, Role::train_loss).value.front() == Approx(25.4).margin(0.05));
  CHECK(of(run, Role::train_loss).value.back() == Approx(19.3).margin(0.05));
  CHECK(of(run, Role::eval_metric).logged_as == "test_coco_eval_bbox/AP");
  CHECK(run.config.at("n_parameters") == ConfigValue(41302368.0));
}

TEST_CASE("Efficient-3DCNNs and MultiPowerLaw: tables of their own") {
  if (test::no_real_logs()) return;
  const Run train = read_log("efficient-3dcnns/results/train.log");
  CHECK(of(train, Role::epoch).value.front() == 42);  // resumed
  CHECK(of(train, Role::train_loss).value.front() == 2.2720224857330322);
  for (const auto& file : fs::directory_iterator(test::real_logs() / "multipowerlaw" / "csv_25")) {
    const Run run = read_log(fs::path("multipowerlaw") / "csv_25" / file.path().filename());
    const auto& step = of(run, Role::step).value;
    CHECK(step.front() >= 2160);
    CHECK(step.front() <= 2176);
    std::size_t uneven = 0;
    for (std::size_t i = 1; i < step.size(); ++i) uneven += step[i] - step[i - 1] != 128 ? 1 : 0;
    CHECK(uneven <= 1);  // where the schedule turns
    CHECK(of(run, Role::lr).value.front() <= 3.01e-4);
  }
}

TEST_CASE("origin: Muon ends where its authors say, minutes become seconds") {
  if (test::no_real_logs()) return;
  for (const auto* seed : {"42", "137", "256"}) {
    const Run muon = read_log("origin/muon_vs_adamw/muon_seed" + std::string(seed));
    const Run adamw = read_log("origin/muon_vs_adamw/adamw_seed" + std::string(seed));
    CHECK(of(muon, Role::eval_loss).value.back() < of(adamw, Role::eval_loss).value.back());
    CHECK(of(muon, Role::wall).value.back() > 3600);
  }
}

TEST_CASE("a real document that is cut anywhere keeps what stood before") {
  if (test::no_real_logs()) return;
  const test::TemporaryFolder folder("real_cut");
  const std::vector<fs::path> documents{"hf-llamafactory-nsllm/trainer_state.json", "chainer-adda/result/log",
                                        "origin/muon_vs_adamw/muon_seed42/metrics.json"};
  for (const auto& path : documents) {
    std::ifstream file(test::real_logs() / path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const Run whole = read_log(path);
    for (const std::size_t percent : {40, 63, 88}) {
      INFO(path << " cut at " << percent << " %");
      const Run cut = read_run(folder.write(path.filename().string(), text.substr(0, text.size() * percent / 100)), {});
      CHECK(cut.format == whole.format);
      CHECK(broken_invariant(cut) == "");
      CHECK(test::noted(cut, "line.cut") != nullptr);
      for (const auto& s : cut.series) {
        const auto* full = test::series(whole, s.logged_as, s.labels);
        REQUIRE(full != nullptr);
        REQUIRE(full->value.size() >= s.value.size());
        if (s.unit != full->unit) continue;  // a clock whose unit stood behind the cut
        for (std::size_t i = 0; i < s.value.size(); ++i)
          CHECK((s.value[i] == full->value[i] || (std::isnan(s.value[i]) && std::isnan(full->value[i]))));
      }
    }
  }
}
