// What the sources of other people's logs state of their speed, against the review (PAIRS.tsv beside the logs).
// EXPANALYZE_REAL_LOGS or ../shared/data/real; where they are not, this says that it skips.
#include <cstdlib>
#include <filesystem>

#include "expanalyze/import.hpp"
#include "expanalyze/report.hpp"
#include "support/catch.hpp"
#include "support/real_logs.hpp"

using namespace expanalyze;
namespace fs = std::filesystem;

namespace {

std::vector<std::string> seeds(const std::string& folder) {
  std::vector<std::string> out;
  for (const auto& entry : fs::directory_iterator(test::real_logs() / folder))
    if (entry.path().extension() == ".log" || entry.path().extension() == ".txt")
      out.push_back(fs::path(folder) / entry.path().filename());
  std::sort(out.begin(), out.end());
  return out;
}

Review review(const std::vector<std::string>& baseline, const std::vector<std::string>& experiment) {
  RunStore store;
  Comparison comparison;
  for (const auto& path : baseline) {
    comparison.baseline.push_back(store.runs.size());
    store.runs.push_back(read_run(test::real_logs() / path, {}));
  }
  for (const auto& path : experiment) {
    comparison.experiment.push_back(store.runs.size());
    store.runs.push_back(read_run(test::real_logs() / path, {}));
  }
  return review_runs(store, comparison);
}

std::string speed_run(const std::string& name) { return "modded-nanogpt/track1_" + name + ".txt"; }

bool says(const std::vector<std::string>& sentences, const char* words) {
  for (const auto& s : sentences)
    if (s.find(words) != std::string::npos) return true;
  return false;
}

}  // namespace

TEST_CASE("changes of the system alone are faster at unchanged quality") {
  if (test::no_real_logs()) return;
  struct Row {
    const char *baseline, *experiment;
    double before, after;  ///< ms a step, as stated
  };
  for (const Row& row : {Row{"05_ModernArch", "06_DistributedMuon", 178.9, 153.8},
                         Row{"06_DistributedMuon", "07_PyTorch25", 153.8, 141.8}}) {
    const Review r = review({speed_run(row.baseline)}, {speed_run(row.experiment)});
    INFO(row.experiment);
    CHECK(r.wall.baseline_step_seconds.value == Approx(row.before / 1000).epsilon(0.02));
    CHECK(r.wall.experiment_step_seconds.value == Approx(row.after / 1000).epsilon(0.02));
    CHECK(r.wall.ratio.value == Approx(row.after / row.before).epsilon(0.01));
    CHECK(r.wall.ratio.high < 1);
    CHECK(says(r.wall.sentences, "Faster at unchanged quality"));
    CHECK(r.headline.find("Faster at unchanged quality") != std::string::npos);
    CHECK(r.pairing.paired);
  }
}

TEST_CASE("step times of changes that also change the loss") {
  if (test::no_real_logs()) return;
  CHECK(review({speed_run("04_Muon")}, {speed_run("xx_SOAP")}).wall.ratio.value == Approx(363.0 / 216).epsilon(0.02));
  CHECK(review({speed_run("11_UNetDoubleLr")}, {speed_run("12_FlexAttention")}).wall.ratio.value ==
        Approx(162.0 / 145).epsilon(0.01));
  const WallClock same = review({speed_run("10_CastBf16")}, {speed_run("11_UNetDoubleLr")}).wall;
  CHECK(same.ratio.low < 1);
  CHECK(same.ratio.high > 1);
}

TEST_CASE("seconds per iteration of the Megatron runs") {
  if (test::no_real_logs()) return;
  const Review deep_speed =
      review({"bigscience/meg_ds_3d_gpt2_perf_n16-ds-off.out"}, {"bigscience/meg_ds_3d_gpt2_perf_n16-ds-on.out"});
  CHECK(deep_speed.wall.baseline_step_seconds.value == Approx(126).epsilon(0.01));
  CHECK(deep_speed.wall.experiment_step_seconds.value == Approx(137).epsilon(0.01));
  CHECK(deep_speed.wall.ratio.low > 1.02);
  const Review wider = review({"bigscience/meg_gpt2_base_n4_dp1_tp4_pp4-1809579.out"},
                              {"bigscience/meg_gpt2_base_n8_dp1_tp4_pp8-1809562.out"});
  CHECK(wider.wall.baseline_step_seconds.value == Approx(1.381).epsilon(0.002));
  CHECK(wider.wall.experiment_step_seconds.value == Approx(1.618).epsilon(0.002));
}

TEST_CASE("MLPerf pairs are compared by one definition") {
  if (test::no_real_logs()) return;
  const Review r = review(seeds("mlperf-v5.0/Oracle/1xBM.GPU.H200.8/llama2_70b_lora"),
                          seeds("mlperf-v5.0/NVIDIA/nyx_n1_ngc25.04_nemo/llama2_70b_lora"));
  CHECK(1 / r.wall.ratio.value == Approx(5.184 / 2.555).epsilon(0.01));  // the two sides' own throughputs
}

TEST_CASE("workers of one algorithm are compared per sample, not per slice of time") {
  if (test::no_real_logs()) return;
  const auto pong = [](const char* n) { return std::string("rllib/pong-speedrun/pong-impala-lowlatency-") + n; };
  const WallClock w = review({pong("32")}, {pong("64")}).wall;
  CHECK(w.ratio.value == Approx(1).epsilon(0.01));  // an iteration is ten seconds
  CHECK(w.sample_ratio.value == Approx(0.54).epsilon(0.02));
  CHECK(w.sample_ratio.high < 0.6);
}

TEST_CASE("a side that was evaluated at its end only is compared") {
  if (test::no_real_logs()) return;
  const Review r = review(seeds("parameter-golf/2026-03-19_SlidingWindow_FP16Emb_10L_MuonWD_OvertoneInit"),
                          seeds("parameter-golf/2026-03-20_Int6_MLP3x_SmearGate_BigramHash_MuonWD_SWA"));
  CHECK(r.overall == Verdict::improved);
  CHECK(on(r, Axis::step).verdict == Verdict::improved);
  CHECK(on(r, Axis::wall).experiment.n == 3);
  CHECK(on(r, Axis::wall).baseline.n == 3);
  CHECK(std::isfinite(r.final_quality.difference.value));
}

TEST_CASE("one order of the data, four times another recipe (B1.2)") {
  if (test::no_real_logs()) return;
  CHECK(review({speed_run("04_Muon")}, {speed_run("xx_SOAP")}).pairing.correlation > 0.9966);
  CHECK(review({speed_run("05_ModernArch")}, {speed_run("06_DistributedMuon")}).pairing.correlation > 0.9966);
  CHECK(review({speed_run("10_CastBf16")}, {speed_run("11_UNetDoubleLr")}).pairing.correlation > 0.9966);
  const Pairing shifted = review({speed_run("11_UNetDoubleLr")}, {speed_run("12_FlexAttention")}).pairing;
  CHECK(shifted.paired);
  CHECK(shifted.lag == -1);
  CHECK_FALSE(review({"modded-nanogpt/track1_01_llmc.log"}, {"modded-nanogpt/track1_02_AdamW.log"}).pairing.paired);
}

TEST_CASE("pairs get the verdict that their sources state, or none") {
  if (test::no_real_logs()) return;
  struct Row {
    std::vector<std::string> baseline, experiment;
    Verdict on_steps, on_wall;
  };
  using enum Verdict;
  const std::string wmt = "algoperf/v05_shampoo_submission/study_0/wmt_pytorch/",
                    tyche = "mlperf-v5.0/NVIDIA/tyche_ngpu64_ngc25.04_pytorch/bert/";
  for (const Row& row : {
           Row{{speed_run("04_Muon")}, {speed_run("05_ModernArch")}, improved, improved},
           Row{{speed_run("10_CastBf16")}, {speed_run("11_UNetDoubleLr")}, improved, inconclusive},
           Row{{speed_run("11_UNetDoubleLr")}, {speed_run("12_FlexAttention")}, improved, improved},
           // Fewer steps to the target, but 1.7 times the time for each.
           Row{{speed_run("04_Muon")}, {speed_run("xx_SOAP")}, inconclusive, regressed},
           Row{{wmt + "trial_1"}, {wmt + "trial_3"}, regressed, regressed},
           // It aborted: its log says so.
           Row{{tyche + "result_3.txt"}, {tyche + "result_4.txt"}, failed, failed},
       }) {
    const Review r = review(row.baseline, row.experiment);
    INFO(row.experiment.front() << ": " << r.headline);
    CHECK(on(r, Axis::step).verdict == row.on_steps);
    CHECK(on(r, Axis::wall).verdict == row.on_wall);
    const Review swapped = review(row.experiment, row.baseline);
    if (row.on_steps == improved) CHECK(on(swapped, Axis::step).verdict == regressed);
  }
}
