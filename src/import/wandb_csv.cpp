#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "import/dialect.hpp"
#include "import/importers.hpp"
#include "import/table.hpp"
#include "io/input.hpp"
#include "store/roles.hpp"
#include "store/run_builder.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

/// "<run> - <metric>", split at the last " - ": metrics have no blanks around a dash, names of runs do.
struct Column {
  std::string run, metric;
  bool bound = false;  ///< least or most within the span that a point of the chart stands for
};

std::optional<Column> column_of(std::string_view name) {
  const bool bound = ends_with(name, "__MIN") || ends_with(name, "__MAX");
  if (bound) name.remove_suffix(5);
  const auto dash = name.rfind(" - ");
  if (bound && dash == std::string_view::npos) return Column{{}, std::string(name), true};
  if (dash == std::string_view::npos || dash == 0) return std::nullopt;
  return Column{std::string(name.substr(0, dash)), std::string(name.substr(dash + 3)), bound};
}

void read(Input& input, RunBuilder& builder) {
  std::set<std::string> runs;
  std::string first;
  const auto head = table_head(input.head());
  for (const auto& name : head ? head->names : std::vector<std::string>{}) {
    const auto column = column_of(name);
    if (!column) continue;
    if (first.empty()) first = column->run;
    if (!column->run.empty()) runs.insert(column->run);
    // W&B logs its own step under "_step" beside each metric.
    const bool curve = !column->bound && column->run == first && column->metric != "_step";
    builder.declare(name, curve ? meaning(column->metric) : Meaning{});
  }
  if (runs.size() > 1)
    builder.note("input.other_runs",
                 fmt::format("the table holds {} runs side by side: the roles are those of the first, {}", runs.size(),
                             code_span(first)),
                 1);
  read_table(input, builder);
}

Sniff sniff(const Probe& probe) {
  const auto head = table_head(probe.head);
  if (!head) return {};
  const auto is_bound = [](const std::string& name) {
    const auto column = column_of(name);
    return column && column->bound;
  };
  if (!std::any_of(head->names.begin(), head->names.end(), is_bound)) return {};
  return {90, "its header names `<run> - <metric>` beside `…__MIN` and `…__MAX`"};
}

}  // namespace

constinit const Importer wandb_csv{
    "wandb_csv", "a chart of Weights & Biases exported as CSV", sniff, read,
    R"(Reads the CSV that a chart of Weights & Biases is exported to: `Step` (or another axis), then `<run> - <metric>` with
`…__MIN` and `…__MAX` beside it, for each run in the chart.

**The metric** is the plain column; `__MIN` and `__MAX` bound what a point of a sampled or grouped chart stands for and take no role.

**What it cannot know:** what the chart left out: it may be sampled or smoothed. Of several runs in one table the first has the
roles; the columns of the others are kept under their names. Export a chart for each run to compare them.)"};

}  // namespace expanalyze
