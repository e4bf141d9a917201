// Console logs of other people, where they are: see real_logs_test.cpp.
#include <cstdlib>
#include <filesystem>

#include "expanalyze/import.hpp"
#include "support/catch.hpp"
#include "support/real_logs.hpp"
#include "support/run.hpp"

using namespace expanalyze;
namespace fs = std::filesystem;

namespace {

Run read_console(const fs::path& path) {
  ImportOptions options;
  options.format = "console";
  Run run = read_run(test::real_logs() / path, options);
  CHECK(broken_invariant(run) == "");
  return run;
}

}  // namespace

TEST_CASE("console: a lab's logs with bars whose postfix stays at step 0") {
  if (test::no_real_logs()) return;
  struct Truth {
    const char* file;
    double train, val, tokens, planned;
  };
  // What grep shows: only step 0 was ever put into the postfix, so one training loss is known, not fourteen.
  for (const auto& t : {Truth{"origin/train_log_v0.0.txt", 10.7915, 10.7958, 106496, 12},
                        Truth{"origin/train_log_v0.1.txt", 10.7926, 10.7920, 155648, 18}}) {
    const Run run = read_console(t.file);
    REQUIRE(find(run, Role::train_loss) != nullptr);
    CHECK(find(run, Role::train_loss)->value == std::vector<double>{t.train});
    CHECK(find(run, Role::eval_loss)->value == std::vector<double>{t.val});
    CHECK(find(run, Role::tokens)->value.back() == t.tokens);
    CHECK(run.config.at("total_steps") == ConfigValue(t.planned));
    CHECK(run.config.at("muon_lr") == ConfigValue(0.024));
    CHECK(test::series(run, "Final Val Loss") != nullptr);
  }
}

TEST_CASE("console: no loss is found where none was printed") {
  if (test::no_real_logs()) return;
  const Run run = read_console("bigscience/hf_ds_gpt2_perf_n16_bs4-mbs8.out");
  CHECK(find(run, Role::train_loss) == nullptr);
  CHECK(find(run, Role::eval_loss) == nullptr);
  CHECK(test::series(run, "train_runtime")->value.size() == 16);  // once per rank
}

TEST_CASE("console: what other readers claim is read alike") {
  if (test::no_real_logs()) return;
  const Run muon = read_console("modded-nanogpt/track1_04_Muon.txt");
  CHECK(find(muon, Role::eval_loss)->value.back() == Approx(3.2785).margin(5e-5));
  CHECK(muon.rows[find(muon, Role::eval_loss)->rows].step.back() == 6200);
  CHECK(muon.config.at("total_steps") == ConfigValue(6200.0));
  const Run megatron = read_console("bigscience/meg_gpt2_base_n4_dp1_tp4_pp4-1809579.out");
  CHECK(find(megatron, Role::train_loss) != nullptr);
  CHECK(find(megatron, Role::step)->logged_as == "iteration");
}
