// JSON, as lines and as one document: what is a section, a setting, a clock, a missing value.
#include "expanalyze/import.hpp"
#include "support/catch.hpp"
#include "support/run.hpp"

using namespace expanalyze;
using test::noted;
using test::series;

namespace {

Run read_as(const char* name, std::string_view text) {
  const test::TemporaryFolder folder("json_test");
  Run run = read_run(folder.write(name, text), {});
  INFO(text);
  CHECK(broken_invariant(run).empty());
  return run;
}

const Series& of(const Run& run, std::string_view key) {
  const auto* s = series(run, key);
  INFO(key);
  REQUIRE(s != nullptr);
  return *s;
}

std::string lines(std::initializer_list<const char*> all) {
  std::string text;
  for (const auto* line : all) text += std::string(line) + "\n";
  return text;
}

}  // namespace

TEST_CASE("sections of a document that use the same keys are told apart") {
  const Run run = read_as(
      "r.json", R"({"train": {"loss": [3, 2, 1], "lr": [1, 1, 1]}, "val": {"loss": [4, 3, 2]}, "step": [0, 5, 9]})");
  CHECK(of(run, "train/loss").role == Role::train_loss);
  CHECK(of(run, "val/loss").role == Role::eval_loss);
  CHECK(of(run, "val/loss").value == std::vector<double>{4, 3, 2});
  CHECK(of(run, "lr").value.size() == 3);
}

TEST_CASE("sections of a document with steps of their own keep them") {
  const Run run = read_as("r.json", R"({
    "metrics": {
      "train": {
        "step": [0,
          10,
          20],
        "loss": [3, 2, 1]},
      "val": {
        "step": [0,
          20],
        "loss": [4, 2]}}})");
  const Series& eval = of(run, "val/loss");
  CHECK(run.rows[eval.rows].step == std::vector<double>{0, 20});
  CHECK(run.rows[eval.rows].line == std::vector<std::uint32_t>{9, 10});
  CHECK(run.rows[of(run, "train/loss").rows].step == std::vector<double>{0, 10, 20});
}

TEST_CASE("parameters beside a loss are measured, before all records they are settings") {
  const Run measured = read_as("m.jsonl", lines({R"({"step": 0, "loss": 3, "params": {"norm": 5}})",
                                                 R"({"step": 1, "loss": 2, "params": {"norm": 6}})"}));
  CHECK(of(measured, "params/norm").value == std::vector<double>{5, 6});
  CHECK(measured.config.empty());
  const Run settings = read_as("s.jsonl", lines({R"({"params": {"lr": 0.1}})", R"({"step": 0, "loss": 3})"}));
  CHECK(settings.config.at("lr") == ConfigValue(0.1));
}

TEST_CASE("a first line like the second one is no header") {
  const Run run = read_as("r.jsonl", lines({R"({"grad_norm": 4, "lr": 0.1})", R"({"grad_norm": 3, "lr": 0.2})"}));
  CHECK(of(run, "lr").value == std::vector<double>{0.1, 0.2});
  const Run header = read_as("h.jsonl", lines({R"({"width": 4, "lr": 0.1})", R"({"step": 0, "loss": 3, "lr": 0.2})"}));
  CHECK(header.config.at("lr") == ConfigValue(0.1));
}

TEST_CASE("Unix time in any unit, and a clock in microseconds that is none") {
  for (const char* zeros : {"", "000", "000000", "000000000"}) {
    std::string text;
    for (int i = 0; i < 5; ++i)
      text += R"({"step": )" + std::to_string(i) + R"(, "timestamp": 170000000)" + std::to_string(i) + zeros +
              R"(, "loss": 3})" + "\n";
    const Run run = read_as("t.jsonl", text);
    const Series& wall = of(run, "timestamp");
    CHECK(wall.value.back() - wall.value.front() == Approx(4));
  }
  const Run run = read_as("u.jsonl", lines({R"({"step": 0, "elapsed_us": 150000000, "loss": 3})",
                                            R"({"step": 1, "elapsed_us": 152000000, "loss": 2})"}));
  CHECK(of(run, "elapsed_us").role == Role::wall);
  CHECK(of(run, "elapsed_us").value == std::vector<double>{150, 152});
}

TEST_CASE("null in an array is counted, and the last place of a note is the last one") {
  const Run run = read_as("n.jsonl", lines({R"({"step": 0, "loss": [3, null]})", R"({"step": 1, "loss": [2, 1]})",
                                            R"({"step": 2, "loss": [1, null]})"}));
  const Note* note = noted(run, "value.null");
  REQUIRE(note != nullptr);
  CHECK(note->count == 2);
  CHECK(note->where.line == 1);
  CHECK(note->last_line == 3);
}

TEST_CASE("RLlib: settings in columns that change are told") {
  std::string text = "training_iteration,time_total_s,timesteps_total,episode_reward_mean,config/lr\n";
  for (int i = 1; i <= 6; ++i)
    text += std::to_string(i) + "," + std::to_string(i * 2) + "," + std::to_string(i * 100) + ",1.5," +
            (i < 4 ? "0.1" : "0.05") + "\n";
  const Run run = read_as("progress.csv", text);
  CHECK(run.config.at("lr") == ConfigValue(0.1));
  const Note* note = noted(run, "config.changed");
  REQUIRE(note != nullptr);
  CHECK(note->where.line == 5);
}

TEST_CASE("logs that are numbered like the usual one beside them are runs of their own, those of ranks are not") {
  const test::TemporaryFolder folder("numbered");
  for (const char* name : {"metrics.jsonl", "metrics_seed2.jsonl", "metrics_rank1.jsonl", "metrics_old.jsonl"})
    folder.write(name, lines({R"({"step": 0, "loss": 3})", R"({"step": 1, "loss": 2})"}));
  std::vector<Note> notes;
  CHECK(find_runs(folder.path(), notes).size() == 2);
  const auto runs = read_runs(folder.path(), {});
  REQUIRE(runs.size() == 2);
  CHECK(runs[1].path.find("metrics_seed2.jsonl") != std::string::npos);
}
