#include <fmt/format.h>

#include <algorithm>

#include "import/dialect.hpp"
#include "import/folder_settings.hpp"
#include "import/importers.hpp"
#include "import/table.hpp"
#include "io/folder.hpp"
#include "io/input.hpp"
#include "store/run_builder.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr std::string_view kClock = "accumulated_submission_time";

void declare_columns(RunBuilder& builder) {
  builder.declare("global_step", {Role::step, "step", Unit::steps});
  builder.declare(kClock, {Role::wall, "wall", Unit::seconds});
  // `score` repeats the clock; the others count what the benchmark does not time.
  for (const auto* other : {"score", "total_duration", "accumulated_eval_time", "accumulated_logging_time"})
    builder.declare(other, {Role::mechanism, "", Unit::seconds});
  for (const auto* other : {"preemption_count", "train/num_examples", "validation/num_examples", "test/num_examples"})
    builder.declare(other, {});
}

bool is_measured(std::string_view name) {
  return starts_with(name, "train/") || starts_with(name, "validation/") || starts_with(name, "test/");
}

/// Every evaluation fills all columns of its kind, every training row `loss` and `grad_norm`: what is empty there was a
/// NaN, which pandas writes as nothing.
std::string with_nans(std::string_view text, const TableHead& head, RunBuilder& builder) {
  const auto clock = head.column(kClock);
  return edited_table(text, head, [&](Cells& cells, std::uint32_t line) {
    const bool evaluation = !bare(cells[clock]).empty();
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (!evaluation || !is_measured(head.names[i]) || !bare(cells[i]).empty()) continue;
      cells[i] = "nan";
      if (!builder.noted_again("value.blank_is_nan", head.names[i], 1, line))
        builder.note("value.blank_is_nan",
                     fmt::format("{} is empty where an evaluation was made: read as NaN", code_span(head.names[i])),
                     line, head.names[i]);
    }
  });
}

void read(Input& input, RunBuilder& builder) {
  declare_columns(builder);
  const std::string_view text = input.all();
  const auto head = table_head(text);
  const bool known = head && head->has(kClock);
  const std::string table = known ? with_nans(text, *head, builder) : std::string(text);
  Input edited = Input::of(table, input.name());
  read_table(edited, builder);
}

/// What the machine happened to do when the run began is no setting of it.
bool lasting(std::string_view key) {
  return !starts_with(key, "cpu.") && !starts_with(key, "mem.") && !starts_with(key, "net.") &&
         !starts_with(key, "gpu.");
}

/// <submission>/study_<s>/<workload>_<framework>/trial_<t>
void read_place(const Folder& folder, RunBuilder& builder) {
  std::error_code error;
  const auto whole = std::filesystem::weakly_canonical(folder.path, error);
  const std::string above = whole.parent_path().filename().string();
  for (const std::string_view framework : {"jax", "pytorch"}) {
    if (error || !ends_with(above, fmt::format("_{}", framework))) continue;
    builder.config("workload", above.substr(0, above.size() - framework.size() - 1));
    builder.config("framework", std::string(framework));
  }
}

void read_trial(const Folder& folder, RunBuilder& builder) {
  const bool all = folder.has("measurements.csv");
  Input input = folder.open(all ? "measurements.csv" : "eval_measurements.csv");
  for (const auto* name : {"hparams.json", "flags_0.json", "meta_data_0.json"})
    read_settings(folder, name, builder, lasting);
  read_place(folder, builder);
  read(input, builder);
  builder.counted(input.lines());
  if (all && folder.has("eval_measurements.csv"))
    builder.note("input.other_logs", "eval_measurements.csv is not read: its rows stand in measurements.csv");
}

Sniff sniff(const Probe& probe) {
  if (!probe.entries.empty()) {
    const auto has = [&](std::string_view name) {
      return std::find(probe.entries.begin(), probe.entries.end(), name) != probe.entries.end();
    };
    const bool set_up = has("hparams.json") || has("flags_0.json") || has("meta_data_0.json");
    const bool both = has("measurements.csv") && has("eval_measurements.csv");
    if (both || (set_up && (has("measurements.csv") || has("eval_measurements.csv"))))
      return {93, "it holds measurements.csv and what AlgoPerf writes beside it"};
    return {};
  }
  const auto head = table_head(probe.head);
  if (!head || !head->has_all({"global_step", kClock})) return {};
  return {92, fmt::format("its header names {}", kClock)};
}

}  // namespace

constinit const Importer algoperf{
    "algoperf",
    "MLCommons AlgoPerf: a trial's folder, measurements.csv",
    sniff,
    read,
    R"(Reads `measurements.csv` and `eval_measurements.csv` of the AlgoPerf benchmark, whatever the order of their columns, or
the folder of a trial: then `hparams.json`, `flags_0.json` and `meta_data_0.json` in it are its config, and the folder above names
workload and framework (`ogbg_jax`).

**Axes:** `global_step`; the clock is `accumulated_submission_time` in seconds, which is what the benchmark scores (`score` repeats
it). `total_duration` includes evaluation and logging and is kept, but not taken for the clock.

**An empty cell** of an evaluation is a NaN; a training row has empty cells because nothing was evaluated there.

**What it cannot know:** the target of a workload, unless `meta_data_0.json` states it
(`workload.validation_target_value`).)",
    read_trial};

}  // namespace expanalyze
