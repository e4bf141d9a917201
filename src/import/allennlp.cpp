#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "expanalyze/error.hpp"
#include "import/dialect.hpp"
#include "import/folder_settings.hpp"
#include "import/importers.hpp"
#include "io/folder.hpp"
#include "io/input.hpp"
#include "io/lines.hpp"
#include "store/run_builder.hpp"
#include "text/format.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

constexpr std::string_view kBefore = "metrics_epoch_", kAfter = ".json";

/// 12 of "metrics_epoch_12.json".
std::optional<double> epoch_of(std::string_view entry) {
  if (!starts_with(entry, kBefore) || !ends_with(entry, kAfter)) return std::nullopt;
  entry = entry.substr(kBefore.size(), entry.size() - kBefore.size() - kAfter.size());
  if (entry.empty() || entry.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  return number_from(entry);
}

void declare_keys(RunBuilder& builder) {
  builder.declare("epoch", {Role::epoch, "epoch", Unit::epochs});
  builder.declare("training_duration", {Role::wall, "wall", Unit::seconds});
  builder.declare("training_loss", {Role::train_loss, "train/loss", Unit::nats});
  builder.declare("validation_loss", {Role::eval_loss, "eval/loss", Unit::nats});
  for (const auto* other : {"training_start_epoch", "training_epochs", "best_epoch"}) builder.declare(other, {});
}

/// best_* repeat an earlier epoch: no curve of their own.
void read_epoch(const Json& object, RunBuilder& builder, std::uint32_t line) {
  builder.begin_record(line);
  for (const auto& [key, value] : object.items()) {
    if (starts_with(key, "best_")) builder.declare(key, {});
    read_value(key, value, builder, line);
  }
}

void read(Input& input, RunBuilder& builder) {
  const Lines lines(input.all());
  const auto object = parse_json(lines.all());
  if (!object || !object->is_object())
    throw Error(Error::Kind::input, "the metrics of this epoch break off", "read the folder with the other epochs");
  declare_keys(builder);
  read_epoch(*object, builder, 1);
  builder.one_document(lines.count());
}

void read_run(const Folder& folder, RunBuilder& builder) {
  declare_keys(builder);
  std::vector<std::pair<double, std::string>> epochs;
  for (const auto& entry : folder.entries)
    if (const auto epoch = epoch_of(entry)) epochs.emplace_back(*epoch, entry);
  std::sort(epochs.begin(), epochs.end());
  builder.counted(epochs.size(), "files");
  for (std::size_t i = 0; i < epochs.size(); ++i) {
    const auto file = static_cast<std::uint32_t>(i + 1);
    Input input = folder.open(epochs[i].second);
    const auto object = parse_json(input.all());
    if (object && object->is_object())
      read_epoch(*object, builder, file);
    else
      builder.note("line.unreadable",
                   fmt::format("files that hold no JSON object, first {}", code_span(epochs[i].second)), file);
  }
  read_settings(folder, "config.json", builder);
}

Sniff sniff(const Probe& probe) {
  const auto epochs = std::count_if(probe.entries.begin(), probe.entries.end(),
                                    [](const std::string& entry) { return epoch_of(entry).has_value(); });
  if (epochs > 0) return {94, fmt::format("it holds {} files metrics_epoch_<k>.json", epochs)};
  const bool object = trim(probe.head).substr(0, 1) == "{";
  for (const auto* key : {"\"training_duration\"", "\"epoch\"", "\"training_loss\""})
    if (!object || probe.head.find(key) == std::string_view::npos) return {};
  return {86, "it is one object with training_duration, training_loss and epoch"};
}

}  // namespace

constinit const Importer allennlp{
    "allennlp",
    "AllenNLP: a folder of metrics_epoch_<k>.json",
    sniff,
    read,
    R"(Reads the serialization folder of AllenNLP, which has a `metrics_epoch_<k>.json` for each epoch, or one such file alone.
`config.json` beside them holds the settings.

**Axes:** `epoch`, from 0; the clock is `training_duration`, `H:MM:SS.ffffff` since training began. `training_*` are means over
the epoch, `validation_*` were measured after it. `best_*` repeat the best epoch so far and are no curves.

**What it cannot know:** optimizer steps; whether a file that cannot be read was the best epoch: it is left out and noted.)",
    read_run};

}  // namespace expanalyze
