#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <map>

#include "expanalyze/error.hpp"
#include "import/dialect.hpp"
#include "import/folder_settings.hpp"
#include "import/importers.hpp"
#include "import/table.hpp"
#include "io/folder.hpp"
#include "io/input.hpp"
#include "io/lines.hpp"
#include "store/run_builder.hpp"
#include "text/format.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// Where the tables lie below the folder; `plots/scalars` and `scalars` in versions before 1.0.
constexpr const char* kPlaces[] = {"plots/metrics/",         "plots/scalars/",         "scalars/",
                                   "dvclive/plots/metrics/", "dvclive/plots/scalars/", "dvclive/scalars/"};

/// "train/loss" of "plots/metrics/train/loss.tsv"; empty: it is no metric.
std::string metric_of(std::string_view entry) {
  for (const auto* place : kPlaces)
    if (starts_with(entry, place) && ends_with(entry, ".tsv")) {
      entry.remove_prefix(std::string_view(place).size());
      return std::string(entry.substr(0, entry.size() - 4));
    }
  return {};
}

/// All metrics of one step; a step that a table holds twice stands twice.
using Steps = std::map<std::pair<double, std::size_t>, std::vector<std::pair<std::string, double>>>;

void read_metric(const std::string& key, std::string_view text, Steps& steps, RunBuilder& builder) {
  Lines lines(text);
  const auto head = table_head(text);
  if (!head || !head->has("step")) {
    builder.note("input.not_a_log", fmt::format("tables without a column step, first {}", code_span(key)));
    return;
  }
  const auto step_at = head->column("step"), value_at = head->names.size() - 1;
  std::map<double, std::size_t> times;
  std::string_view row;
  std::uint32_t line = 0;
  while (lines.next(row, line)) {
    const auto cells = raw_cells(row, head->delimiter);
    if (trim(row).empty() || bare(cells[0]) == head->names[0]) continue;
    const bool fits = cells.size() == head->names.size();
    const double step = fits ? number_from(bare(cells[step_at])).value_or(kNone) : kNone;
    const auto value = fits ? number_from(bare(cells[value_at])) : std::nullopt;
    const bool cut = lines.cut_here();
    if (std::isfinite(step) && value && !cut)
      steps[{step, times[step]++}].emplace_back(key, *value);
    else
      builder.note(cut ? "line.cut" : "line.unreadable",
                   fmt::format("rows of {} that {}", code_span(key), cut ? "break off" : "hold no step and number"),
                   line, key);
  }
}

void read_run(const Folder& folder, RunBuilder& builder) {
  Steps steps;
  for (const auto& entry : folder.entries)
    if (const auto key = metric_of(entry); !key.empty()) read_metric(key, folder.open(entry).all(), steps, builder);
  builder.declare("step", {Role::step, "step", Unit::steps});
  builder.counted(steps.size(), "steps");
  std::uint32_t number = 0;
  for (const auto& [at, values] : steps) {
    builder.begin_record(++number);
    builder.value("step", at.first);
    for (const auto& [key, value] : values) builder.value(key == "step" ? "metrics/step" : key, value);
  }
  for (const auto* name : {"params.yaml", "dvclive/params.yaml"}) read_settings(folder, name, builder);
}

/// A table alone is a table; only the folder tells whose it is.
Sniff sniff(const Probe& probe) {
  std::size_t own = 0, below = 0;
  for (const auto& entry : probe.entries)
    if (!metric_of(entry).empty()) ++(starts_with(entry, "dvclive/") ? below : own);
  if (own > 0 && !starts_with(probe.entries.front(), "scalars/")) return {93, "it holds plots/metrics/<name>.tsv"};
  return own + below > 0 ? Sniff{60, "it holds tables of DVCLive"} : Sniff{};
}

}  // namespace

constinit const Importer dvclive{
    "dvclive",
    "DVCLive: a folder with plots/metrics/<name>.tsv",
    sniff,
    read_table,
    R"(Reads the folder of DVCLive: each `plots/metrics/<name>.tsv` is a table of `step` and one metric, whose name is the path
(`train/loss`). The metrics of a step become one record; `params.yaml` holds the settings.

**Axis:** `step`, which counts what the script calls a step: often epochs. `metrics.json` repeats the last values and is not read.

**What it cannot know:** the time, and whether a step is an epoch.)",
    read_run};

}  // namespace expanalyze
