#include <algorithm>
#include <array>

#include "expanalyze/error.hpp"
#include "import/importers.hpp"
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

void read(Input& input, RunBuilder& builder) {
  const Lines lines(input.all());
  const auto document = parse_json(lines.all());
  if (!document || !document->is_object() || !document->contains("log_history") ||
      !(*document)["log_history"].is_array())
    throw Error(Error::Kind::input, "trainer_state: the document breaks off or holds no list log_history",
                "the file may have been copied while it was written; use an earlier checkpoint's trainer_state.json");
  Json settings = Json::object();
  for (const auto& [key, value] : document->items()) {
    const bool outcome = std::find(kOutcomes.begin(), kOutcomes.end(), key) != kOutcomes.end();
    if (!outcome && value.is_primitive() && !value.is_null()) settings[key] = value;
  }
  read_config(settings, builder, 1);
  read_records((*document)["log_history"], lines.all(), "log_history", builder);
  builder.one_document(lines.count());
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
curve. Evaluation sets (`eval_<name>_loss`) stay apart.

**What it cannot know:** the time of an entry (only the total `train_runtime` is logged), and the settings of the optimizer, which
are in `training_args.bin`: give them with `--config`.)"};

}  // namespace expanalyze
