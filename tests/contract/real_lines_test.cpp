// The text logs among other people's logs, where they are; the expected values are those that the sources state.
#include <cstdlib>
#include <filesystem>
#include <numeric>

#include "expanalyze/error.hpp"
#include "expanalyze/import.hpp"
#include "support/catch.hpp"
#include "support/real_logs.hpp"
#include "support/run.hpp"

using namespace expanalyze;
namespace fs = std::filesystem;

namespace {

Run read_whole(const fs::path& path, std::string_view format) {
  INFO(path);
  auto runs = read_runs(test::real_logs() / path, {});
  REQUIRE_FALSE(runs.empty());
  for (const auto& run : runs) {
    CHECK(broken_invariant(run) == "");
    CHECK(run.format == format);
  }
  return runs.front();
}

const Series& of(const Run& run, Role role) {
  const auto* s = find(run, role);
  INFO(run.path << " " << to_string(role));
  REQUIRE(s != nullptr);
  return *s;
}

double last(const Run& run, Role role) { return of(run, role).value.back(); }
double last(const Run& run, const char* key) {
  const auto* s = test::series(run, key);
  INFO(run.path << " " << key);
  REQUIRE(s != nullptr);
  return s->value.back();
}

}  // namespace

TEST_CASE("real text logs: records of modded-nanogpt") {
  if (test::no_real_logs()) return;
  struct Truth {
    const char* file;
    const char* format;
    double loss, step, seconds;
  };
  for (const auto& t : {Truth{"track1_01_llmc.log", "llm_c", 3.2722, 19560, 0},
                        Truth{"track1_02_AdamW.log", "llm_c", 3.275959, 9536, 0},
                        Truth{"track1_xx_SOAP.txt", "modded_nanogpt", 3.2763, 6000, 36.27 * 60},
                        Truth{"track1_04_Muon.txt", "modded_nanogpt", 3.2785, 6200, 1339.07},
                        Truth{"track1_05_ModernArch.txt", "modded_nanogpt", 3.2741, 5100, 15.2 * 60},
                        Truth{"track1_06_DistributedMuon.txt", "modded_nanogpt", 3.2747, 5100, 13.05 * 60},
                        Truth{"track1_07_PyTorch25.txt", "modded_nanogpt", 3.2755, 5100, 12.03 * 60},
                        Truth{"track1_10_CastBf16.txt", "modded_nanogpt", 3.2781, 3242, 7.79 * 60},
                        Truth{"track1_11_UNetDoubleLr.txt", "modded_nanogpt", 3.2753, 3000, 7.23 * 60},
                        Truth{"track1_12_FlexAttention.txt", "modded_nanogpt", 3.2783, 1875, 5.03 * 60},
                        Truth{"track1_20_Sub3Min.txt", "modded_nanogpt", 3.2785, 1393, 2.992 * 60},
                        Truth{"track1_21_RuleTweak.txt", "modded_nanogpt", 3.2788, 1770, 2.997 * 60}}) {
    INFO(t.file);
    const Run run = read_whole(fs::path("modded-nanogpt") / t.file, t.format);
    CHECK(last(run, Role::eval_loss) == t.loss);
    CHECK(last(run, Role::step) == t.step);
    CHECK(run.lines_understood == run.lines);
    if (t.seconds > 0) CHECK(last(run, Role::wall) == Approx(t.seconds).epsilon(2e-3));
    if (t.seconds > 0) CHECK(run.config.at("total_steps") == ConfigValue(t.step));
  }
  CHECK(last(read_whole("modded-nanogpt/track1_12_FlexAttention.txt", "modded_nanogpt"), Role::step_time) ==
        Approx(0.1618).margin(1e-4));
}

TEST_CASE("real text logs: seeds of track 3") {
  if (test::no_real_logs()) return;
  struct Truth {
    const char* folder;
    std::size_t runs;
    double mean;
  };
  for (const auto& t : {Truth{"20260501_contra_muon", 16, 3.27854}, Truth{"20260501_skylight001", 8, 3.27708}}) {
    const fs::path folder = fs::path("modded-nanogpt/track3_sweep") / t.folder;
    double sum = 0;
    std::size_t n = 0;
    for (const auto& entry : fs::directory_iterator(test::real_logs() / folder)) {
      sum += last(read_whole(folder / entry.path().filename(), "modded_nanogpt"), Role::eval_loss);
      ++n;
    }
    CHECK(n == t.runs);
    CHECK(sum / static_cast<double>(n) == Approx(t.mean).margin(1e-5));
  }
  const Run contra = read_whole(
      "modded-nanogpt/track3_sweep/20260501_contra_muon/08cd60f9-99e2-4e28-b1ac-19136dd42a05.txt", "modded_nanogpt");
  CHECK(contra.config.at("seed") == ConfigValue(9.0));
  CHECK(contra.config.at("muon_lr") == ConfigValue(0.0375));
}

/// Of all runs in a file, however many runs the rest of the program takes it for: the values at one step.
double mean_at_step(const fs::path& path, double step, std::size_t& n) {
  double sum = 0;
  n = 0;
  for (const auto& run : read_runs(test::real_logs() / path, {})) {
    const auto& loss = of(run, Role::eval_loss);
    for (std::size_t i = 0; i < loss.value.size(); ++i)
      if (run.rows[loss.rows].step[i] == step) {
        sum += loss.value[i];
        ++n;
      }
  }
  return sum / static_cast<double>(n);
}

TEST_CASE("real text logs: many runs in one file") {
  if (test::no_real_logs()) return;
  std::size_t n = 0;
  CHECK(mean_at_step("modded-nanogpt/track3_multirun_06_muon_wd025_n20.txt", 3375, n) == Approx(3.27893).margin(1e-5));
  CHECK(n == 20);
  CHECK(mean_at_step("modded-nanogpt/track3_multirun_12_muon_lr035_n20.txt", 3325, n) == Approx(3.27905).margin(1e-5));
  CHECK(n == 20);
  CHECK(mean_at_step("modded-nanogpt/track3_multirun_12_muon_lr035_n20.txt", 3350, n) == Approx(3.27847).margin(1e-5));
  mean_at_step("modded-nanogpt/track3_batch_combined_stdout.txt", 3000, n);
  CHECK(n == 7);  // the recapitulations repeat lines of the seven runs
}

TEST_CASE("real text logs: parameter-golf") {
  if (test::no_real_logs()) return;
  const Run base = read_whole("parameter-golf/2026-03-17_NaiveBaseline/train.log", "parameter_golf");
  CHECK(last(base, "val_bpb") == 1.2172);
  CHECK(last(base, "final_int8_zlib_roundtrip_exact/val_bpb") == 1.22436570);
  CHECK(base.config.at("total_steps") == ConfigValue(13780.0));
  CHECK(base.config.at("iterations") == ConfigValue(20000.0));
  CHECK(last(base, Role::wall) == Approx(600.038));
  const Run later = read_whole(
      "parameter-golf/2026-04-04_SP4096_DepthRecurrence_ParallelResid_MuonEqR/train_seed42.log", "parameter_golf");
  CHECK(last(later, "final_int6_sliding_window/val_bpb") == Approx(1.0894).margin(5e-5));
  CHECK(last(later, "final_int6_ttt/val_bpb") == Approx(1.3360).margin(5e-5));
  CHECK(last(later, "val_bpb") == 1.0976);
  CHECK(last(later, Role::wall) == Approx(590.026));
  const Run int6 =
      read_whole("parameter-golf/2026-03-22_11L_EMA_GPTQ-lite_warmdown3500_QAT015_1.1233/train.log", "parameter_golf");
  CHECK(last(int6, "final_int6_sliding_window_exact/val_bpb") == Approx(1.1228).margin(5e-5));
}

TEST_CASE("real text logs: MLPerf result files") {
  if (test::no_real_logs()) return;
  const auto minutes = [](const fs::path& path) { return last(read_whole(path, "mlperf_mllog"), Role::wall) / 60; };
  struct Machine {
    const char* name;
    std::vector<double> minutes;
  };
  for (const auto& machine : {Machine{"tinybox_green", {227.8, 228.3, 218.6, 187.9, 207.8}},
                              Machine{"tinybox_red", {309.1, 297.0, 291.1, 309.9, 312.8}},
                              Machine{"tinybox_8xMI300X", {111.0, 98.2, 104.2, 107.3, 111.8}}})
    for (std::size_t i = 0; i < machine.minutes.size(); ++i) {
      const auto file =
          fs::path("mlperf-v5.0/tinycorp") / machine.name / "bert" / ("result_" + std::to_string(i) + ".txt");
      CHECK(minutes(file) == Approx(machine.minutes[i]).margin(0.051));
      CHECK(last(read_whole(file, "mlperf_mllog"), Role::eval_metric) >= 0.72);
    }
  const auto olympic = [&](const char* system) {
    std::vector<double> all;
    for (int i = 0; i < 10; ++i)
      all.push_back(
          minutes(fs::path("mlperf-v5.0/AMD") / system / "llama2_70b_lora" / ("result_" + std::to_string(i) + ".txt")));
    std::sort(all.begin(), all.end());
    return std::accumulate(all.begin() + 1, all.end() - 1, 0.0) / 8;
  };
  CHECK(olympic("MI300X_EPYC_9575F_pytorch") == Approx(28.268).margin(1e-3));
  CHECK(olympic("MI325X_EPYC_9575F_pytorch") == Approx(20.965).margin(1e-3));
  CHECK(minutes("mlperf-v5.0/Oracle/1xBM.GPU.H200.8/llama2_70b_lora/result_0.txt") == Approx(22.548).margin(5e-4));
  CHECK(minutes("mlperf-v5.0/NVIDIA/nyx_n1_ngc25.04_nemo/llama2_70b_lora/result_0.txt") == Approx(11.065).margin(5e-4));
  const fs::path tyche = "mlperf-v5.0/NVIDIA/tyche_ngpu64_ngc25.04_pytorch/bert";
  CHECK(minutes(tyche / "result_3.txt") == Approx(0.634).margin(5e-4));
  CHECK(minutes(tyche / "result_4.txt") == Approx(0.702).margin(5e-4));
  const Run aborted = read_whole(tyche / "result_4.txt", "mlperf_mllog");
  CHECK(aborted.config.at("run_status") == ConfigValue(std::string("aborted")));
  CHECK(last(aborted, Role::eval_metric) == Approx(0.7197).margin(5e-5));
  const Run lora = read_whole("mlperf-v5.0/AMD/MI300X_EPYC_9575F_pytorch/llama2_70b_lora/result_0.txt", "mlperf_mllog");
  CHECK(of(lora, Role::eval_loss).logged_as == "eval_accuracy");
  CHECK(last(lora, Role::eval_loss) <= 0.925);
  CHECK(last(lora, Role::step) == 384);
}

TEST_CASE("real text logs: Megatron-LM, Megatron-DeepSpeed, Hugging Face") {
  if (test::no_real_logs()) return;
  const Run off = read_whole("bigscience/meg_ds_3d_gpt2_perf_n16-ds-off.out", "megatron");
  const Run on = read_whole("bigscience/meg_ds_3d_gpt2_perf_n16-ds-on.out", "megatron");
  const auto at_49 = [](const Run& run) {
    const auto& loss = of(run, Role::train_loss);
    for (std::size_t i = 0; i < loss.value.size(); ++i)
      if (run.rows[loss.rows].step[i] == 49) return loss.value[i];
    return 0.0;
  };
  CHECK(at_49(off) == Approx(17.92).margin(5e-3));
  CHECK(at_49(on) == Approx(7.75).margin(5e-3));
  CHECK(find(on, Role::grad_norm) == nullptr);  // 0.000 throughout: not known
  CHECK(find(off, Role::grad_norm)->value.front() == 67.593);
  CHECK(on.config.at("total_steps") == ConfigValue(1000.0));
  CHECK(last(off, Role::step_time) == Approx(125.2478));
  const Run n4 = read_whole("bigscience/meg_gpt2_base_n4_dp1_tp4_pp4-1809579.out", "megatron");
  CHECK(of(n4, Role::train_loss).value.front() == 12.03115);
  CHECK(of(n4, Role::train_loss).value.size() + 1 ==
        of(n4, Role::lr).value.size());  // all of the first ten were skipped
  CHECK(n4.config.at("lr") == ConfigValue(0.00015));
  CHECK(test::noted(n4, "run.cancelled") != nullptr);
  for (const auto* file : {"meg_gpt2_base_n16_dp1_tp4_pp16-1809577.out", "meg_gpt2_base_n8_dp1_tp4_pp8-1809562.out",
                           "meg_ds_zero_gpt2_perf_n16_nbs48_ms48.out"})
    CHECK(find(read_whole(fs::path("bigscience") / file, "megatron"), Role::train_loss) != nullptr);
  const Run hf = read_whole("bigscience/hf_ds_gpt2_perf_n16_bs4-mbs8.out", "hf_stdout");
  CHECK(find(hf, Role::train_loss) == nullptr);
  CHECK(test::noted(hf, "loss.missing") != nullptr);
  CHECK(test::series(hf, "train_runtime")->value == std::vector<double>{273.0148});
}

TEST_CASE("real text logs: AlgoPerf's text log and its CSV hold the same numbers") {
  if (test::no_real_logs()) return;
  const fs::path folder = "algoperf/v06_schedule_free_adamw_v2/study_0/ogbg_pytorch";
  const Run text = read_whole(folder / "ogbg_pytorch_03-18-2025-15-57-12.log", "algoperf_text");
  const Run table = read_run(test::real_logs() / folder / "trial_1" / "eval_measurements.csv", {});
  for (const auto* key : {"validation/loss", "validation/mean_average_precision", "accumulated_submission_time"}) {
    const auto *a = test::series(text, key), *b = test::series(table, key);
    REQUIRE(a != nullptr);
    REQUIRE(b != nullptr);
    REQUIRE(a->value.size() == b->value.size());
    for (std::size_t i = 0; i < a->value.size(); ++i) CHECK(a->value[i] == Approx(b->value[i]).epsilon(1e-12));
    CHECK(text.rows[a->rows].step == table.rows[b->rows].step);
  }
  const auto best = test::series(text, "validation/mean_average_precision")->value;
  CHECK(*std::max_element(best.begin(), best.end()) == Approx(0.2573).margin(5e-5));
  CHECK_THROWS_AS(read_run(test::real_logs() / folder / "ogbg_pytorch_03-18-2025-06-17-35.log", {}),
                  Error);  // it never began
}
