// The quirks that real logs have and that a reader must survive, one test a quirk: first on a small log of our own,
// then on the real ones where they are (EXPANALYZE_REAL_LOGS or ../shared/data/real).
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "expanalyze/error.hpp"
#include "expanalyze/import.hpp"
#include "expanalyze/render.hpp"
#include "expanalyze/report.hpp"
#include "pipeline/seed_groups.hpp"
#include "store/trajectory.hpp"
#include "support/catch.hpp"
#include "support/real_logs.hpp"
#include "support/run.hpp"

using namespace expanalyze;
using test::noted;
using test::TemporaryFolder;
namespace fs = std::filesystem;

namespace {

/// The runs of a real log; none, and a warning, where the logs or the importer are not there.
std::vector<Run> real(const fs::path& path, std::string_view importer) {
  const fs::path logs = test::real_logs();
  const auto all = importers();
  const bool known = std::any_of(all.begin(), all.end(), [&](const Importer* i) { return i->id == importer; });
  if (!known || !fs::exists(logs / path)) {
    WARN("skipped: " << path << (known ? " is not here" : " has no importer yet"));
    return {};
  }
  auto runs = read_runs(logs / path, {});
  for (const Run& run : runs) {
    INFO(path);
    CHECK(run.format == importer);
    CHECK(broken_invariant(run) == "");
  }
  return runs;
}

std::vector<Run> read(const TemporaryFolder& folder, const std::string& name, const std::string& text) {
  auto runs = read_runs(folder.write(name, text), {});
  for (const Run& run : runs) CHECK(broken_invariant(run) == "");
  return runs;
}

const Series& of(const Run& run, Role role) {
  const Series* s = find(run, role);
  INFO(run.path << " " << to_string(role));
  REQUIRE(s != nullptr);
  return *s;
}

std::string text_of(double v) { return std::to_string(v); }

/// One JSON line a step.
std::string curve(double from, double to, double by, double (*loss)(double), double shift = 0) {
  std::string out;
  for (double t = from; t <= to; t += by)
    out += "{\"step\": " + text_of(t) + ", \"val_loss\": " + text_of(loss(t) + shift) + "}\n";
  return out;
}

double falling(double t) { return 2 + 2 / std::sqrt(1 + t / 10); }

Report compared(std::vector<Run> baseline, std::vector<Run> experiment) {
  RunStore store;
  Comparison sides;
  for (Run& run : baseline) sides.baseline.push_back((store.runs.push_back(std::move(run)), store.runs.size() - 1));
  for (Run& run : experiment) sides.experiment.push_back((store.runs.push_back(std::move(run)), store.runs.size() - 1));
  make_labels_unique(store.runs);
  return analyze(store, sides, {}, {});
}

}  // namespace

TEST_CASE("quirk 1: program text before the log, with look-alikes and boxes") {
  const TemporaryFolder folder("quirk_1");
  const std::string script =
      "import torch\nprint0(f\"step:{step}/{n} val_loss:{val_loss:.4f} train_time:{t:.0f}ms step_avg:{a}ms\")\n" +
      std::string(100, '=') + "\n| GPU  Name | 45C |\n" + std::string(100, '=') + "\n";
  std::string log = script;
  for (int t = 0; t <= 50; t += 10)
    log += "step:" + std::to_string(t) + "/50 val_loss:" + text_of(falling(t)) +
           " train_time:" + std::to_string(100 * t) + "ms step_avg:100.00ms\n";
  const auto runs = read(folder, "a.txt", log);
  REQUIRE(runs.size() == 1);
  CHECK(of(runs[0], Role::eval_loss).value.size() == 6);
  for (const Run& run : real("modded-nanogpt/track1_04_Muon.txt", "modded_nanogpt")) {
    CHECK(of(run, Role::eval_loss).value.back() == 3.2785);
    CHECK(last_step(run) == 6200);
  }
}

TEST_CASE("quirk 2: many runs in one file, a run printed twice, a copy under another seed") {
  const TemporaryFolder folder("quirk_2");
  std::string log;
  for (const int seed : {0, 0, 1, 2})
    for (int t = 0; t <= 100; t += 25)
      log += "{\"step\": " + std::to_string(t) + ", \"val_loss\": " + text_of(falling(t) + 0.01 * seed) +
             ", \"elapsed_seconds\": " + std::to_string(2 * t) + "}\n";
  const auto runs = read(folder, "sweep.jsonl", log);
  REQUIRE(runs.size() == 3);
  CHECK(runs[1].label == "sweep#2");
  CHECK(noted(runs[0], "run.repeated")->where.line == 6);
  RunStore store;
  store.runs = runs;
  CHECK(seed_groups(store).size() == 1);
  const std::string page = render_markdown(compared(runs, runs));
  CHECK(page.find("**Data:**") != std::string::npos);

  CHECK(real("modded-nanogpt/track3_multirun_12_muon_lr035_n20.txt", "modded_nanogpt").size() % 20 == 0);
  for (const auto* path :
       {"modded-nanogpt/track3_multirun_06_muon_wd025_n20.txt", "modded-nanogpt/track3_multirun_12_muon_lr035_n20.txt"})
    for (const Run& run : real(path, "modded_nanogpt")) {
      CHECK(run.parts == 20);
      CHECK(std::is_sorted(run.rows[of(run, Role::eval_loss).rows].step.begin(),
                           run.rows[of(run, Role::eval_loss).rows].step.end()));
    }
  const auto batch = real("modded-nanogpt/track3_batch_combined_stdout.txt", "modded_nanogpt");
  if (!batch.empty()) CHECK(batch.size() == 7);  // and the end of each once more

  store.runs = runs;
  store.runs.push_back(runs[0]);
  store.runs.back().path = "train.log";
  store.runs.back().config["seed"] = 7.0;
  std::vector<Note> notes;
  CHECK(without_duplicates(store, {0, 1, 2, 3}, notes) == std::vector<RunId>{0, 1, 2});
  CHECK(notes.size() == 1);
}

TEST_CASE("quirk 3: a clock that falls back, stands still, or is not a number yet") {
  const TemporaryFolder folder("quirk_3");
  std::string log;
  for (int t = 0; t < 100; ++t)
    log += "{\"step\": " + std::to_string(t) + ", \"loss\": " + text_of(falling(t)) +
           ", \"train_time\": " + std::to_string(t <= 10 ? 3000 * t : 100 * (t - 10)) +
           ", \"step_avg\": " + (t < 13 ? "NaN" : "100") + "}\n";
  const auto runs = read(folder, "a.jsonl", log);
  REQUIRE(runs.size() == 1);  // only the clock fell back
  for (const Run& run : real("modded-nanogpt/track1_04_Muon.txt", "modded_nanogpt")) {
    const Curve clock = spent(run, Axis::wall).curve;
    CHECK(std::is_sorted(clock.value.begin(), clock.value.end()));
    CHECK(clock.value.back() == Approx(1339.07).epsilon(0.01));
    CHECK(noted(run, "clock.restarted") != nullptr);
  }
}

TEST_CASE("quirk 4: other hardware moves the clock, not the loss") {
  const TemporaryFolder folder("quirk_4");
  const auto log = [](int pace) {
    std::string out;
    for (int t = 0; t <= 400; t += 10)
      out += "{\"step\": " + std::to_string(t) + ", \"val_loss\": " + text_of(falling(t)) +
             ", \"elapsed_seconds\": " + std::to_string(pace * t) + "}\n";
    return out;
  };
  const Report report = compared(read(folder, "fast.jsonl", log(1)), read(folder, "slow.jsonl", log(7)));
  CHECK(on(report.review, Axis::step).verdict == Verdict::neutral);
  CHECK_FALSE(report.review.wall.hardware_verified);
}

TEST_CASE("quirk 5: a metric called accuracy that is a loss; run_stop before the end; an aborted run") {
  const TemporaryFolder folder("quirk_5");
  const auto line = [](int ms, const char* type, const char* key, const std::string& value, const std::string& more) {
    return ":::MLLOG {\"namespace\": \"\", \"time_ms\": " + std::to_string(1700000000000 + ms) +
           ", \"event_type\": \"" + type + "\", \"key\": \"" + key + "\", \"value\": " + value +
           ", \"metadata\": {\"file\": \"t.py\", \"lineno\": 1" + more + "}}\n";
  };
  std::string log = line(0, "POINT_IN_TIME", "submission_benchmark", "\"llama2_70b_lora\"", "") +
                    line(1, "INTERVAL_START", "run_start", "null", "");
  for (int k = 1; k <= 4; ++k)
    log += line(1000 * k, "POINT_IN_TIME", "eval_accuracy", text_of(1.0 - 0.02 * k),
                ", \"samples_count\": " + std::to_string(384 * k));
  log += line(5000, "INTERVAL_END", "run_stop", "null", ", \"status\": \"aborted\"");
  log += line(6000, "POINT_IN_TIME", "train_samples", "1536", "");
  CHECK(read(folder, "result_0.txt", log).size() == 1);
  for (const Run& run : real("mlperf-v5.0/AMD/MI300X_EPYC_9575F_pytorch/llama2_70b_lora/result_0.txt", "mlperf_mllog"))
    CHECK(of(run, Role::eval_loss).value.back() <= 0.925);
}

TEST_CASE("quirk 6: NaN in its spellings, and a value frozen for ever after divergence") {
  const TemporaryFolder folder("quirk_6");
  std::string log = "global_step,loss,validation/wer\n";
  for (int t = 0; t < 60; ++t)
    log += std::to_string(t) + "," +
           (t < 20       ? text_of(falling(t))
            : t % 2 == 0 ? ""
                         : "nan") +
           "," + (t < 20 ? text_of(falling(t) / 4) : "0.8966") + "\n";
  const auto runs = read(folder, "measurements.csv", log);
  REQUIRE(runs.size() == 1);
  CHECK(noted(runs[0], "value.frozen")->count == 40);
  CHECK(std::isnan(of(runs[0], Role::train_loss).value.back()));
  for (const auto* workload : {"librispeech_deepspeech_jax", "librispeech_conformer_jax"})
    for (const Run& run : real(fs::path("algoperf/v05_generalized_adam/study_0") / workload / "trial_1", "algoperf")) {
      const Note* frozen = noted(run, "value.frozen");
      REQUIRE(frozen != nullptr);
      CHECK(frozen->where.series.find("wer") != std::string::npos);
      CHECK(frozen->count >= 31);
    }
}

TEST_CASE("quirk 7: sentinels, two spellings of one key, losses that are missing while iterations are skipped") {
  const TemporaryFolder folder("quirk_7");
  std::string log;
  for (int t = 1; t <= 40; ++t)
    log += "{\"iteration\": " + std::to_string(t) + (t > 10 ? ", \"lm-loss\": " + text_of(falling(t)) : "") +
           ", \"loss scale\": -1.0, \"grad norm\": 0.000}\n";
  const auto runs = read(folder, "a.jsonl", log);
  REQUIRE(runs.size() == 1);
  CHECK(find(runs[0], Role::loss_scale) == nullptr);
  CHECK(find(runs[0], Role::grad_norm) == nullptr);
  CHECK(of(runs[0], Role::train_loss).value.size() == 30);
  CHECK(noted(runs[0], "value.sentinel") != nullptr);
  for (const auto* path :
       {"bigscience/meg_ds_3d_gpt2_perf_n16-ds-off.out", "bigscience/meg_ds_3d_gpt2_perf_n16-ds-on.out"})
    for (const Run& run : real(path, "megatron")) {
      CHECK(find(run, Role::train_loss) != nullptr);
      if (const Series* scale = find(run, Role::loss_scale))
        CHECK(std::all_of(scale->value.begin(), scale->value.end(), [](double v) { return v > 0; }));
    }
}

TEST_CASE("quirk 8: the last metric line is not the score") {
  const TemporaryFolder folder("quirk_8");
  const auto runs = read(folder, "a.jsonl", curve(0, 100, 10, falling) + "{\"final_int8_val_loss\": 3.5}\n");
  REQUIRE(runs.size() == 1);
  CHECK(of(runs[0], Role::eval_loss).value.size() == 11);
  CHECK(noted(runs[0], "metric.last_is_not_final")->where.line == 12);
  const auto all = real("parameter-golf/2026-03-17_NaiveBaseline/train.log", "parameter_golf");
  for (const Run& run : all) CHECK(of(run, Role::eval_loss).value.size() > 10);
}

TEST_CASE("quirk 9: a cut-off tail loses its record and nothing else") {
  const TemporaryFolder folder("quirk_9");
  const std::string whole = curve(0, 100, 10, falling);
  const auto runs = read(folder, "a.jsonl", whole.substr(0, whole.size() - 8));
  REQUIRE(runs.size() == 1);
  CHECK(of(runs[0], Role::eval_loss).value.size() == 10);
  CHECK(noted(runs[0], "line.cut") != nullptr);
}

TEST_CASE("quirk 10: two encodings of a scalar, an absent step that is 0") {
  const TemporaryFolder folder("quirk_10");
  std::string log = "{\"loss\": 5.0}\n";  // before the first step nothing was trained yet
  for (int t = 1; t < 10; ++t) log += "{\"step\": " + std::to_string(t) + ", \"loss\": " + text_of(falling(t)) + "}\n";
  const auto runs = read(folder, "a.jsonl", log);
  REQUIRE(runs.size() == 1);
  CHECK(trajectory(runs[0], Role::train_loss).step.front() == 0);
  CHECK(trajectory(runs[0], Role::train_loss).size() == 10);
  for (const Run& run : real("wandb/events.out.tfevents.1585769947.cvp", "tfevents")) CHECK(last_step(run) == 16);
}

TEST_CASE("quirk 11: evaluation rows whose step is the epoch; several runs appended to one file") {
  const TemporaryFolder folder("quirk_11");
  std::string log;
  for (int run = 0; run < 2; ++run)
    for (int epoch = 1; epoch <= 2; ++epoch) {
      for (int i = 1; i <= 5; ++i)
        log += "{\"step\": " + std::to_string(50 * (5 * (epoch - 1) + i)) + ", \"epoch\": " + std::to_string(epoch) +
               ", \"loss\": " + text_of(falling(5 * epoch + i) + 0.1 * run) + "}\n";
      log += "{\"step\": " + std::to_string(epoch) + ", \"val_accuracy\": " + text_of(0.2 * epoch) + "}\n";
    }
  const auto runs = read(folder, "metrics.json", log);
  REQUIRE(runs.size() == 2);
  for (const Run& run : runs) CHECK(trajectory(run, Role::eval_metric).step == std::vector<double>{250, 500});
  const auto six = real("mmengine/vis_data/scalars.json", "mmengine");
  if (!six.empty()) REQUIRE(six.size() == 6);
  const char* apart[] = {"20241205_142148", "20241205_142419", "20241205_144938",
                         "20241205_152037", "20241205_160504", "20241205_161234"};
  for (std::size_t i = 0; i < six.size(); ++i) {
    const auto one = real(fs::path("mmengine/vis_data") / (std::string(apart[i]) + ".json"), "mmengine");
    REQUIRE(one.size() == 1);
    CHECK(of(one[0], Role::train_loss).value == of(six[i], Role::train_loss).value);
  }
  if (six.size() == 6) CHECK(noted(six[2], "run.split")->where.line == 153);
}

TEST_CASE("quirk 12: tables with a byte order mark, other line ends, empty cells, columns in any order") {
  const TemporaryFolder folder("quirk_12");
  const auto runs = read(folder, "a.csv",
                         "\xEF\xBB\xBFval_loss,epoch,step,loss\r\n,0.5,10,2.5\r\n2.6,0.5,10,\r\n,1.00096,20,2.2\r\n"
                         "2.3,1.00096,20,\r\n,1.5,30,2.1\r\n2.2,1.5,30,\r\n");
  REQUIRE(runs.size() == 1);
  CHECK(of(runs[0], Role::eval_loss).value == std::vector<double>{2.6, 2.3, 2.2});
  CHECK(of(runs[0], Role::train_loss).value == std::vector<double>{2.5, 2.2, 2.1});
  CHECK(noted(runs[0], "record.same_step") == nullptr);
}

TEST_CASE("quirk 13: a failed run that holds the lowest loss of its sweep does not lead it") {
  const TemporaryFolder folder("quirk_13");
  std::string diverged;  // it dips below all others and then is no number any more
  for (int t = 0; t <= 400; t += 10)
    diverged +=
        "{\"step\": " + std::to_string(t) + ", \"val_loss\": " + (t <= 50 ? text_of(0.02 * (60 - t)) : "NaN") + "}\n";
  RunStore store;
  for (auto& [name, text] :
       std::vector<std::pair<std::string, std::string>>{{"base.jsonl", curve(0, 400, 10, falling)},
                                                        {"better.jsonl", curve(0, 400, 10, falling, -0.3)},
                                                        {"failed.jsonl", diverged}})
    for (Run& run : read(folder, name, text)) store.runs.push_back(std::move(run));
  const SweepReport sweep = analyze_sweep(store, "base", {}, {});
  REQUIRE(sweep.groups.size() == 2);
  CHECK(sweep.groups[0].label == "better");
  CHECK(sweep.groups[1].verdict == Verdict::failed);
  CHECK(!sweep.groups[1].failure.empty());
}

TEST_CASE("quirk 14: two curves that share no step are compared all the same") {
  const TemporaryFolder folder("quirk_14");
  const Report report = compared(read(folder, "a.jsonl", curve(2160, 24000, 128, falling)),
                                 read(folder, "b.jsonl", curve(2176, 24000, 128, falling, 0.2)));
  CHECK(report.review.final_quality.difference.value == Approx(0.2).margin(0.01));
  const auto cosine = real("multipowerlaw/csv_25/cosine_24000.csv", "csv");
  const auto wsd = real("multipowerlaw/csv_25/wsd_20000_24000.csv", "csv");
  if (cosine.empty() || wsd.empty()) return;
  const double a = trajectory(cosine[0], Role::train_loss).value.back();
  const double b = trajectory(wsd[0], Role::train_loss).value.back();
  CHECK(compared(cosine, wsd).review.final_quality.difference.value == Approx(b - a).margin(0.02));
}

TEST_CASE("quirk 15: a train_loss in the summary that is the mean over the run") {
  const TemporaryFolder folder("quirk_15");
  std::string history;
  for (int t = 10; t <= 100; t += 10)
    history += "{\"loss\": " + text_of(falling(t)) + ", \"epoch\": 1, \"step\": " + std::to_string(t) + "},\n";
  const auto runs = read(folder, "trainer_state.json",
                         "{\"global_step\": 100, \"max_steps\": 100, \"log_history\": [\n" + history +
                             "{\"epoch\": 1, \"step\": 100, \"train_loss\": 3.1, \"train_runtime\": 50}]}\n");
  REQUIRE(runs.size() == 1);
  CHECK(of(runs[0], Role::train_loss).value.size() == 10);
  CHECK(noted(runs[0], "metric.last_is_not_final")->where.series == "train_loss");
  for (const Run& run : real("hf-llamafactory-nsllm", "hf_trainer_state")) {
    CHECK(of(run, Role::train_loss).value.back() == 1.9787);
    CHECK(noted(run, "metric.last_is_not_final") != nullptr);
  }
}
