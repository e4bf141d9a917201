#include <algorithm>

#include "import/dialect.hpp"
#include "import/importers.hpp"
#include "import/table.hpp"
#include "io/input.hpp"
#include "store/run_builder.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

void read(Input& input, RunBuilder& builder) {
  builder.declare("step", {Role::step, "step", Unit::steps});
  builder.declare("epoch", {Role::epoch, "epoch", Unit::epochs});
  read_table(input, builder);
}

/// CSVLogger writes floats and nothing else.
bool only_numbers(const TableHead& head) {
  const auto number = [](std::string_view cell) { return bare(cell).empty() || number_from(cell).has_value(); };
  return std::all_of(head.rows.begin(), head.rows.end(),
                     [&](const Cells& row) { return std::all_of(row.begin(), row.end(), number); });
}

bool says_lightning(const std::string& name) {
  return ends_with(name, "_step") || ends_with(name, "_epoch") || starts_with(name, "lr-") || name == "hp_metric";
}

/// A row holds what one call logged: no other tool of this shape leaves some cells of every row empty.
bool has_gaps(const TableHead& head) {
  return std::any_of(head.rows.begin(), head.rows.end(), [](const Cells& row) {
    return std::any_of(row.begin(), row.end(), [](std::string_view cell) { return bare(cell).empty(); });
  });
}

Sniff sniff(const Probe& probe) {
  const auto head = table_head(probe.head);
  if (!head || head->delimiter != ',' || !head->has_all({"step", "epoch"}) || head->rows.empty()) return {};
  if (!only_numbers(*head)) return {};
  const auto& names = head->names;
  if (std::any_of(names.begin(), names.end(), says_lightning))
    return {87, "its header names step, epoch and what Lightning adds to the names of metrics"};
  if (has_gaps(*head)) return {84, "its header names step and epoch, and a row has only what one call logged"};
  // All columns are logged at each call: nothing else tells it from another table.
  const bool called_so = probe.name == "metrics.csv";
  return called_so ? Sniff{76, "it is called metrics.csv and its header names step and epoch"} : Sniff{};
}

}  // namespace

constinit const Importer lightning{
    "lightning", "PyTorch Lightning CSVLogger: version_N/metrics.csv", sniff, read,
    R"(Reads `metrics.csv` of PyTorch Lightning's `CSVLogger`, whose folder `version_N` is one run, with `hparams.yaml` beside it.

**Axes:** `step` counts optimizer steps from 0, `epoch` epochs from 0. A row holds what one call logged and is empty elsewhere:
the rows of training and validation that share a step belong to the same step. `nan` and `inf` are values that were logged so.

**What it cannot know:** whether a metric is a mean over an epoch, unless its name ends in `_epoch`; the time, which is not
logged.)"};

}  // namespace expanalyze
