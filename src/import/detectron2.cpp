#include "import/dialect.hpp"
#include "import/importers.hpp"
#include "import/json_lines.hpp"
#include "io/input.hpp"
#include "io/lines.hpp"
#include "store/run_builder.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

void read(Input& input, RunBuilder& builder) {
  builder.declare("iteration", {Role::step, "step", Unit::steps});
  builder.declare("total_loss", {Role::train_loss, "train/loss", Unit::nats});
  builder.declare("validation_loss", {Role::eval_loss, "eval/loss", Unit::nats});
  builder.declare("time", {Role::step_time, "step_time", Unit::seconds});
  builder.declare("lr", {Role::lr, "lr"});
  for (const auto* part : {"data_time", "eta_seconds", "rank_data_time"})
    builder.declare(part, {Role::mechanism, "", Unit::seconds});
  // The headline of each task; boxes first, as every model of detectron2 that has masks has boxes too.
  for (const auto* metric : {"bbox/AP", "segm/AP", "keypoints/AP", "sem_seg/mIoU", "panoptic_seg/PQ"})
    builder.declare(metric, {Role::eval_metric, ""});
  read_json_lines(input, builder);
}

Sniff sniff(const Probe& probe) {
  Lines lines(probe.head);
  std::string_view text;
  std::uint32_t line = 0;
  while (lines.next(text, line) && line <= 3) {  // the first row can be that of an evaluation
    const auto row = first_object(text, {"iteration"});
    if (row && (row->contains("total_loss") || row->contains("eta_seconds")))
      return {89, "its rows are objects with iteration and total_loss"};
  }
  return {};
}

}  // namespace

constinit const Importer detectron2{"detectron2", "Detectron2: metrics.json", sniff, read,
                                    R"(Reads `metrics.json` of Detectron2, which is JSON Lines despite its name.

**Axes:** `iteration` from 0; evaluations (`bbox/AP`, in per cent, higher is better) carry it too. `total_loss` is the loss, medians of
the last 20 iterations by Detectron2's writer; `loss_*` are its terms. **Units:** `time` and `data_time` are seconds an iteration,
`eta_seconds` is what remains.

**What it cannot know:** the settings, which are in `config.yaml` of the output folder; the wall clock. The file is appended to when
a folder is used again.)"};

}  // namespace expanalyze
