#include "import/dialect.hpp"
#include "import/importers.hpp"
#include "io/input.hpp"
#include "io/lines.hpp"
#include "store/run_builder.hpp"

namespace expanalyze {

namespace {

/// `time` and `data_time` of an evaluation are seconds per batch of it, not of training.
void read_evaluation(const Json& object, RunBuilder& builder, std::uint32_t line) {
  for (const auto& [key, value] : object.items()) {
    const bool timed = key == "time" || key == "data_time";
    if (key != "step") read_value(timed ? "val/" + key : key, value, builder, line);
  }
  if (object.contains("step"))
    builder.note("axis.step.other",
                 "`step` of an evaluation is its epoch, or 0: it stands at the iteration of the row before it", line,
                 "step");
}

void read(Input& input, RunBuilder& builder) {
  builder.declare("iter", {Role::step, "step", Unit::steps});
  builder.declare("epoch", {Role::epoch, "epoch", Unit::epochs});
  builder.declare("time", {Role::step_time, "step_time", Unit::seconds});
  builder.declare("loss", {Role::train_loss, "train/loss", Unit::nats});
  builder.declare("lr", {Role::lr, "lr"});
  builder.declare("memory", {Role::memory, "memory", Unit::bytes, 1024.0 * 1024.0});
  for (const auto* part : {"data_time", "val/time", "val/data_time"})
    builder.declare(part, {Role::mechanism, "", Unit::seconds});
  for (const auto* other : {"step", "base_lr"}) builder.declare(other, {});
  each_object(input, builder, [&](const Json& object, std::uint32_t line) {
    builder.begin_record(line);
    object.contains("iter") ? read_values(object, builder, line) : read_evaluation(object, builder, line);
  });
}

/// A training row, or the row of an evaluation that nothing was trained before.
bool is_row(const Json& object) {
  const auto has = [&](const char* key) { return object.contains(key); };
  return has("step") && has("data_time") && has("time") && !has("mode") && !has("iteration");
}

Sniff sniff(const Probe& probe) {
  const auto first = first_object(probe.head, {"step", "data_time", "time"});
  if (!first || !is_row(*first)) return {};
  return {88, "line 1 is an object with step, time and data_time"};
}

}  // namespace

constinit const Importer mmengine{
    "mmengine", "OpenMMLab MMEngine: vis_data/scalars.json", sniff, read,
    R"(Reads `vis_data/scalars.json` and `vis_data/<time>.json` of OpenMMLab's MMEngine (MMDetection 3, MMSegmentation 1, …):
JSON Lines of training rows and evaluations.

**Axes:** `iter`, counted over the whole run; `epoch`. `step` repeats `iter` in training rows, but is the epoch (or 0) in those of
evaluations: an evaluation is placed at the iteration of the row before it. **Units:** `time` and `data_time` are seconds an
iteration, and in evaluations seconds a batch of the evaluation: these are kept as `val/time` and `val/data_time`. `memory` is in MiB.

**What it cannot know:** the wall clock, and, of `scalars.json`, to which run a row belongs where several were appended and the
iterations did not start again.)"};

}  // namespace expanalyze
