#include <algorithm>

#include "import/dialect.hpp"
#include "import/importers.hpp"
#include "import/table.hpp"
#include "io/input.hpp"
#include "store/run_builder.hpp"

namespace expanalyze {

namespace {

void read(Input& input, RunBuilder& builder) {
  builder.declare("epoch", {Role::epoch, "epoch", Unit::epochs});
  builder.declare("time", {Role::wall, "wall", Unit::seconds});
  for (const auto* metric : {"metrics/mAP50-95(B)", "metrics/mAP_0.5:0.95", "metrics/accuracy_top1"})
    builder.declare(metric, {Role::eval_metric, ""});
  for (const auto* lr : {"lr/pg0", "x/lr0"}) builder.declare(lr, {Role::lr, "lr"});
  read_table(input, builder);
}

Sniff sniff(const Probe& probe) {
  const auto head = table_head(probe.head);
  if (!head || !head->has("epoch")) return {};
  const auto any = [&](std::string_view prefix) {
    return std::any_of(head->names.begin(), head->names.end(),
                       [&](const std::string& name) { return starts_with(name, prefix); });
  };
  if (any("metrics/") && (any("lr/pg") || any("x/lr"))) return {92, "its header names metrics/… and lr/pg0 or x/lr0"};
  if (any("metrics/") && any("train/") && any("val/")) return {86, "its header names train/…, metrics/… and val/…"};
  return {};
}

}  // namespace

constinit const Importer ultralytics{
    "ultralytics", "Ultralytics YOLO: results.csv", sniff, read,
    R"(Reads `results.csv` of Ultralytics YOLO and of YOLOv5, whose names are padded with blanks in older versions, with
`args.yaml` beside it.

**Axes:** `epoch`, from 1 (older: from 0); `time` is seconds since the start, in newer versions. `metrics/mAP50-95(B)` (older:
`metrics/mAP_0.5:0.95`, of a classifier `metrics/accuracy_top1`) is the figure of merit, from 0 to 1, higher is better; `lr/pg0` the
learning rate of the first group of parameters.

**What it cannot know:** the whole loss: `train/box_loss`, `train/cls_loss` and `train/dfl_loss` are its weighted terms, and the sum is
not logged.)"};

}  // namespace expanalyze
