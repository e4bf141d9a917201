// Other people's event files and .wandb files, where they are: EXPANALYZE_REAL_LOGS or ../shared/data/real. The numbers
// are those that the sources state, or the same run in another format.
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "expanalyze/error.hpp"
#include "expanalyze/import.hpp"
#include "support/catch.hpp"
#include "support/real_logs.hpp"
#include "support/run.hpp"

using namespace expanalyze;
namespace fs = std::filesystem;

namespace {

Run read_real(const fs::path& path) {
  INFO(path);
  Run run = read_run(test::real_logs() / path, {});
  CHECK(broken_invariant(run) == "");
  return run;
}

std::string error_of(const fs::path& path) {
  try {
    read_run(test::real_logs() / path, {});
  } catch (const Error& e) {
    return e.what();
  }
  return {};
}

/// Every value of `exact` as the 32-bit float that an event file keeps of it.
std::vector<double> as_floats(const std::vector<double>& exact) {
  std::vector<double> out;
  for (const double v : exact) out.push_back(static_cast<float>(v));
  return out;
}

const fs::path kOgbg = "algoperf/v06_schedule_free_adamw_v2/study_0/ogbg_pytorch/trial_1";
const fs::path kRay = "rllib/IMPALA_Breakout";
const fs::path kLeet = "wandb/leet-fixtures";

}  // namespace

TEST_CASE("AlgoPerf: the event file and the table are one run") {
  if (test::no_real_logs()) return;
  const Run events = read_real(kOgbg / "events.out.tfevents.1742313447.17762b387742.44.0.v2");
  const Run table = read_real(kOgbg / "measurements.csv");
  REQUIRE(events.format == "tfevents");
  REQUIRE(table.format != "tfevents");
  CHECK(read_real(kOgbg).format == table.format);  // doubles go before floats
  std::size_t compared = 0;
  for (const auto& s : table.series) {
    const auto* twin = test::series(events, s.logged_as);
    INFO(s.logged_as);
    REQUIRE(twin != nullptr);
    // The digits of both: seven, less the last place where the table was rounded first.
    REQUIRE(twin->value.size() == s.value.size());
    for (std::size_t i = 0; i < s.value.size(); ++i) CHECK(twin->value[i] == Approx(s.value[i]).epsilon(2e-7));
    CHECK(events.rows[twin->rows].step == table.rows[s.rows].step);
    ++compared;
  }
  CHECK(compared >= 15);
}

TEST_CASE("Ray: the event file and its JSON twin") {
  if (test::no_real_logs()) return;
  const Run events = read_real(kRay / "events.out.tfevents.1534804046.ip-172-30-1-91"), json = read_real(kRay);
  for (const auto* key : {"training_iteration", "timesteps_total", "episode_reward_mean", "info/learner/cur_lr"}) {
    INFO(key);
    CHECK(test::series(events, std::string("ray/tune/") + key)->value == as_floats(test::series(json, key)->value));
  }
  CHECK(find(events, Role::step)->value == find(json, Role::step)->value);
  CHECK(find(events, Role::samples)->value == find(json, Role::samples)->value);  // the event's own step
  CHECK(find(events, Role::grad_norm) != nullptr);
  const Run cut = read_real("rllib/A2C_Breakout/events.out.tfevents.1534819438.ip-172-30-1-23");
  CHECK(test::noted(cut, "record.cut")->where.line == cut.lines);
}

TEST_CASE("Keras: 102 scalars beside a graph of 160 kB") {
  if (test::no_real_logs()) return;
  const Run run = read_real("wandb/events.out.tfevents.1585769947.cvp");
  std::size_t scalars = 0;
  for (const auto& s : run.series)
    if (s.logged_as != "step" && s.logged_as != "wall_time") scalars += s.value.size();
  CHECK(scalars == 102);
  CHECK(run.lines_understood == run.lines);
  for (const auto& rows : run.rows) CHECK(rows.step.back() == 16);
}

TEST_CASE("W&B's own fixtures: readable records") {
  if (test::no_real_logs()) return;
  struct Truth {
    const char* path;
    std::size_t records;
  };
  for (const auto& t : {Truth{"wire/bad-crc.wandb", 2}, Truth{"wire/truncated-tail.wandb", 4},
                        Truth{"wandb/single-tiny/wandb/run-20260102_030405-tiny0001", 74},
                        Truth{"wandb/edge-nan-inf/wandb/run-20260102_030405-nanedge1", 22}}) {
    INFO(t.path);
    const Run run = read_real(kLeet / t.path);
    CHECK(run.format == "wandb");
    CHECK(run.lines_understood == t.records);
    CHECK(run.counted_in == "records");
  }
  CHECK(error_of(kLeet / "wandb/edge-empty/wandb/run-20260102_030405-empty001").find("no history") !=
        std::string::npos);
  CHECK(error_of("wandb/offline-run-20210216_154407-g9dvvkua").find("no history: 0 settings, exit code 0") !=
        std::string::npos);
  const Run edge = read_real(kLeet / "wandb/edge-nan-inf/wandb/run-20260102_030405-nanedge1");
  const auto& value = test::series(edge, "edge/nan_inf")->value;
  CHECK(std::isnan(value[1]));
  CHECK(value[2] == INFINITY);
  CHECK(value[3] == -INFINITY);
  const Run crash = read_real(kLeet / "wandb/workspace-multi/wandb/run-20260102_030305-wm4crash");
  CHECK(test::noted(crash, "run.exit_code")->text.find("RuntimeError: fixture crash at step 17") != std::string::npos);
  const Run live = read_real(kLeet / "wandb/workspace-multi/wandb/run-20260102_030205-wm3live");
  CHECK(test::noted(live, "run.no_exit_record") != nullptr);
  std::vector<Note> notes;
  CHECK(find_runs(test::real_logs() / kLeet / "wandb/workspace-multi", notes).size() == 5);
}

TEST_CASE("W&B: old and new encodings of steps") {
  if (test::no_real_logs()) return;
  const auto steps = [](const std::string& name) {
    const fs::path file = "offline-run-" + name;
    return find(read_real("wandb/compat_logs" / file), Role::step)->value;
  };
  using Values = std::vector<double>;
  for (const auto* name : {"new_auto_steps", "old_auto_steps", "old_auto_steps_flat_keys"})
    CHECK(steps(name) == Values{0, 1, 2});
  for (const auto* name : {"new_explicit_steps", "old_explicit_steps"}) CHECK(steps(name) == Values{0, 5, 10});
  CHECK(steps("old_resumed_run") == Values{5, 6, 7});
  CHECK(error_of("wandb/compat_logs/offline-run-old_bad_step_types").find("no numbers in 6 rows") != std::string::npos);
}
