#include "import/dialect.hpp"
#include "import/importers.hpp"
#include "import/json_lines.hpp"
#include "io/input.hpp"
#include "store/run_builder.hpp"

namespace expanalyze {

namespace {

void read(Input& input, RunBuilder& builder) {
  builder.declare("current_steps", {Role::step, "step", Unit::steps});
  builder.declare("elapsed_time", {Role::wall, "wall", Unit::seconds});
  builder.declare("remaining_time", {Role::mechanism, "", Unit::seconds});
  builder.declare("loss", {Role::train_loss, "train/loss", Unit::nats});
  builder.declare("eval_loss", {Role::eval_loss, "eval/loss", Unit::nats});
  for (const auto* lr : {"lr", "learning_rate"}) builder.declare(lr, {Role::lr, "lr"});
  for (const auto* plan : {"total_steps", "percentage"}) builder.declare(plan, {});
  if (const auto first = first_object(input.head(), {"total_steps"}))
    if (const auto total = json_number((*first)["total_steps"])) builder.config("total_steps", *total, 1);
  read_json_lines(input, builder);
}

Sniff sniff(const Probe& probe) {
  if (!first_object(probe.head, {"current_steps", "total_steps"})) return {};
  return {92, "line 1 is an object with current_steps and total_steps"};
}

}  // namespace

constinit const Importer llama_factory{"llama_factory", "LLaMA-Factory: trainer_log.jsonl", sniff, read,
                                       R"(Reads `trainer_log.jsonl` of LLaMA-Factory.

**Axes:** `current_steps`; the clock is `elapsed_time`, written as `H:MM:SS` or `N days, H:MM:SS`, since training began.
`total_steps` is the plan and goes to the config. `loss` is the mean since the line before, `lr` (older: `learning_rate`) the
learning rate. The last line has neither.

**What it cannot know:** the settings, which are in the YAML file that training was started with: give it with `--config`. The
clock has whole seconds.)"};

}  // namespace expanalyze
