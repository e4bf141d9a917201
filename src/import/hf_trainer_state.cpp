#include <algorithm>
#include <array>

#include "expanalyze/error.hpp"
#include "import/importers.hpp"
#include "import/json_salvage.hpp"
#include "import/records.hpp"
#include "io/input.hpp"
#include "io/lines.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

/// Fields that report how the run went; the others state how it was set up.
constexpr auto kOutcomes = std::to_array<std::string_view>(
    {"best_metric", "best_model_checkpoint", "best_global_step", "epoch", "global_step", "log_history", "total_flos",
     "num_input_tokens_seen", "is_local_process_zero", "is_world_process_zero", "stateful_callbacks", "trial_name"});

void declare_keys(RunBuilder& builder) {
  builder.declare("step", {Role::step, "step", Unit::steps});
  builder.declare("loss", {Role::train_loss, "train/loss", Unit::nats});
  builder.declare("learning_rate", {Role::lr, "lr"});
  builder.declare("num_input_tokens_seen", {Role::tokens, "tokens", Unit::tokens});
  // Of the last entry, about the run as a whole: `train_loss` is the mean over all steps.
  for (const auto* total : {"train_loss", "train_samples_per_second", "train_steps_per_second"})
    builder.declare(total, {});
  builder.declare("train_runtime", {Role::wall, "wall", Unit::seconds});
}

void read(Input& input, RunBuilder& builder) {
  const Lines lines(input.all());
  const auto document = parse_document(lines.all());
  const Json none = Json::array();
  const bool object = document && document->json.is_object();
  const Json& history = object && document->json.contains("log_history") ? document->json["log_history"] : none;
  if (!object || !history.is_array() || history.empty())
    throw Error(Error::Kind::input, "trainer_state: the document is damaged or its list log_history holds no entry",
                "the file may have been copied while it was written; use an earlier checkpoint's trainer_state.json");
  declare_keys(builder);
  Json settings = Json::object();
  for (const auto& [key, value] : document->json.items()) {
    const bool outcome = std::find(kOutcomes.begin(), kOutcomes.end(), key) != kOutcomes.end();
    // The batch of one device without accumulation: not what a step trains on.
    const bool of_one_device = key == "train_batch_size";
    if (!outcome && value.is_primitive() && !value.is_null())
      settings[of_one_device ? "per_device_train_batch_size" : key] = value;
  }
  read_config(settings, builder, 1);
  if (const auto planned = settings.find("max_steps"); planned != settings.end())
    if (const auto total = json_number(*planned); total && *total > 0) builder.config("total_steps", *total, 1);
  read_records(history, lines.all(), "log_history", builder);
  account_for(*document, lines, builder);
}

Sniff sniff(const Probe& probe) {
  const bool object = trim(probe.head).substr(0, 1) == "{";
  if (!object || probe.head.find("\"log_history\"") == std::string_view::npos) return {};
  return {95, "it is an object with a list log_history"};
}

}  // namespace

constinit const Importer hf_trainer_state{
    "hf_trainer_state", "Hugging Face Trainer: trainer_state.json", sniff, read,
    R"(Reads `trainer_state.json` of the Hugging Face `Trainer`: each entry of `log_history` is a record.
`loss` is the mean since the entry before; `train_loss` in the last entry is the mean over the whole run and never the training
curve. Evaluation sets (`eval_<name>_loss`) stay apart, and may be evaluated before the first step. `max_steps` is the planned total.
`all_results.json` and its like repeat the last entry. A file that breaks off is read up to the last entry that is whole.

**What it cannot know:** the time of an entry (only the total `train_runtime` is logged), and the settings of the optimizer, which
are in `training_args.bin`: give them with `--config`.)"};

}  // namespace expanalyze
