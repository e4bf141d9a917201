#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "import/dialect.hpp"
#include "import/importers.hpp"
#include "import/json_lines.hpp"
#include "import/table.hpp"
#include "io/input.hpp"
#include "store/run_builder.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

/// Means over the episodes that ended in an iteration: the first in each row is RLlib's headline.
constexpr auto kRewards =
    std::to_array<std::string_view>({"episode_reward_mean", "env_runners/episode_return_mean",
                                     "env_runners/episode_reward_mean", "sampler_results/episode_reward_mean"});
constexpr auto kSpread = std::to_array<std::string_view>(
    {"episode_reward_min", "episode_reward_max", "episode_len_mean", "env_runners/episode_return_min",
     "env_runners/episode_return_max", "env_runners/episode_len_mean", "env_runners/episode_reward_min",
     "env_runners/episode_reward_max", "sampler_results/episode_reward_min", "sampler_results/episode_reward_max",
     "sampler_results/episode_len_mean"});

void declare_keys(RunBuilder& builder) {
  builder.declare("training_iteration", {Role::step, "step", Unit::steps});
  builder.declare("timesteps_total", {Role::samples, "samples", Unit::samples});
  builder.declare("num_env_steps_sampled_lifetime", {Role::samples, "samples", Unit::samples});
  builder.declare("time_total_s", {Role::wall, "wall", Unit::seconds});
  builder.declare("time_this_iter_s", {Role::step_time, "step_time", Unit::seconds});
  builder.declare("timestamp", {Role::timestamp, "timestamp", Unit::seconds});
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  for (const auto reward : kRewards) {
    builder.declare(reward, {Role::eval_metric, "eval/reward"});
    builder.absent(reward, nan, "no episode ended");
  }
  for (const auto spread : kSpread) {
    builder.declare(spread, {});
    builder.absent(spread, nan, "no episode ended");
  }
  for (const auto* other : {"timesteps_this_iter", "time_since_restore", "timesteps_since_restore", "episodes_total",
                            "iterations_since_restore", "episodes_this_iter", "pid", "done"})
    builder.declare(other, {});
}

/// Newer versions spread the config over columns: it belongs with the settings, not with the curves.
std::string without_settings(std::string_view text, const TableHead& head, RunBuilder& builder) {
  std::vector<std::string> before(head.names.size());
  builder.config_source("the columns `config/…` of the log");
  return edited_table(text, head, [&](Cells& cells, std::uint32_t line) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (!starts_with(head.names[i], "config/")) continue;
      std::string key = head.names[i].substr(7);
      std::replace(key.begin(), key.end(), '/', '.');
      const auto cell = bare(cells[i]);
      const auto value = number_from(cell);
      if (cell != before[i] && !is_blank_word(cell)) {
        builder.config(key, value ? ConfigValue(*value) : std::string(cell), line);
        before[i] = cell;
      }
      cells[i] = {};
    }
  });
}

void read_progress(Input& input, RunBuilder& builder) {
  const std::string_view text = input.all();
  const auto head = table_head(text);
  const bool spread = head && std::any_of(head->names.begin(), head->names.end(),
                                          [](const std::string& name) { return starts_with(name, "config/"); });
  const std::string table = spread ? without_settings(text, *head, builder) : std::string(text);
  Input edited = Input::of(table, input.name());
  read_table(edited, builder);
}

void read(Input& input, RunBuilder& builder) {
  declare_keys(builder);
  if (trim(input.head()).substr(0, 1) == "{") return read_json_lines(input, builder);
  read_progress(input, builder);
}

Sniff sniff(const Probe& probe) {
  for (const std::string_view clock : {"time_total_s", "timesteps_total"}) {
    const auto head = table_head(probe.head);
    if (head && head->has_all({"training_iteration", clock}))
      return {91, fmt::format("its header names training_iteration and {}", clock)};
    if (first_object(probe.head, {"training_iteration", clock}))
      return {91, fmt::format("line 1 is an object with training_iteration and {}", clock)};
  }
  return {};
}

}  // namespace

constinit const Importer rllib{
    "rllib", "Ray Tune and RLlib: result.json, progress.csv", sniff, read,
    R"(Reads what Ray Tune writes for each trial: `result.json`, which is JSON Lines despite its name, and `progress.csv`, whose
cells hold Python dictionaries or whose columns are flattened (`info/learner/…`). Both give the same series; the table can have fewer
rows, as its last ones may not have been flushed: where both lie in a folder, `result.json` is read.

**Axes:** `training_iteration`, `timesteps_total` in samples of the environment, `time_total_s` for the clock, `timestamp`.
`episode_reward_mean` (newer: `env_runners/episode_return_mean`) is the figure of merit; higher is better. **NaN or null** there means
that no episode ended in the iteration: it is left out and counted, not taken for a divergence.

**Settings** are the `config` of the first line, in full. `params.json` beside the log holds those that were set by hand.

**What it cannot know:** the number of optimizer steps an iteration made; an iteration is the step.)"};

}  // namespace expanalyze
