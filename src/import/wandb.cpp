#include <fmt/format.h>

#include <algorithm>

#include "expanalyze/error.hpp"
#include "import/config_file.hpp"
#include "import/importers.hpp"
#include "import/json_text.hpp"
#include "import/wandb_log.hpp"
#include "import/wandb_run.hpp"
#include "io/folder.hpp"
#include "io/input.hpp"
#include "store/run_builder.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr std::string_view kConfig = "files/config.yaml", kSummary = "files/wandb-summary.json",
                           kMetadata = "files/wandb-metadata.json";

void read(Input& input, RunBuilder& builder) {
  WandbRun run(builder);
  run.read(input);
  run.finish();
}

/// The .wandb file right in the folder; empty if there is none, or more than one.
std::string log_of(std::span<const std::string> entries) {
  constexpr std::string_view kEnd = ".wandb";
  std::string log;
  for (const auto& entry : entries) {
    const bool ends = entry.size() > kEnd.size() && entry.compare(entry.size() - kEnd.size(), kEnd.size(), kEnd) == 0;
    if (!ends || entry.find('/') != std::string::npos) continue;
    if (!log.empty()) return {};
    log = entry;
  }
  return log;
}

std::optional<Json> json_in(const Folder& folder, std::string_view entry) {
  return folder.has(entry) ? parse_json(read_file(folder.path / entry)) : std::nullopt;
}

void add_config(const Folder& folder, WandbRun& run, RunBuilder& builder) {
  if (!folder.has(kConfig)) return;
  try {
    for (auto& [key, value] : read_config_file(folder.path / kConfig))
      if (key != "wandb_version") run.setting(key, value);
    builder.config_source("the records of the run and files/config.yaml");
  } catch (const Error& e) {
    builder.note("config.unreadable", one_line(e.what()));
  }
}

void add_metadata(const Folder& folder, WandbRun& run) {
  const auto metadata = json_in(folder, kMetadata);
  if (!metadata || !metadata->is_object()) return;
  for (const auto* key : {"program", "args"})
    if (const auto at = metadata->find(key); at != metadata->end() && !at->empty())
      run.setting(fmt::format("wandb.{}", key), config_value(*at));
}

void compare_summary(const Folder& folder, const WandbRun& run, RunBuilder& builder) {
  const auto summary = json_in(folder, kSummary);
  if (!summary || !summary->is_object()) return;
  const auto at = summary->find("_step");
  const auto step = at == summary->end() ? std::nullopt : json_number(*at);
  if (step && *step > run.last_step())
    builder.note("summary.ahead",
                 fmt::format("the summary stands at step {}, the history ends at step {}: the file was copied while it "
                             "grew, or lost its end",
                             number(*step), number(run.last_step())));
}

void read_folder(const Folder& folder, RunBuilder& builder) {
  Input input = folder.open(log_of(folder.entries));
  WandbRun run(builder);
  run.read(input);
  add_config(folder, run, builder);
  add_metadata(folder, run);
  run.finish();
  compare_summary(folder, run, builder);
}

Sniff sniff(const Probe& probe) {
  if (!probe.entries.empty()) {
    const std::string log = log_of(probe.entries);
    return log.empty() ? Sniff{} : Sniff{96, fmt::format("{} lies in it", code_span(log))};
  }
  if (probe.head.substr(0, kWandbHeader.size()) == kWandbHeader)
    return {97, "it begins with the header of a .wandb file"};
  return probe.head.substr(0, 6) == kWandbHeader.substr(0, 6)
             ? Sniff{60, "it begins with the header of a .wandb file of another version"}
             : Sniff{};
}

}  // namespace

constinit const Importer wandb{
    "wandb",
    "Weights & Biases run files (.wandb) and run folders",
    sniff,
    read,
    R"(Reads the `.wandb` file that W&B writes beside every run, online or offline, and the run's folder (`run-…`, `offline-run-…`) with
`files/config.yaml`, `files/wandb-metadata.json` and `files/wandb-summary.json`.

**Axes:** `_step` counts calls of `wandb.log`; where the program named another step metric for all of its metrics, that is the step.
Files that store no steps get them counted. `_timestamp` is Unix time, `_runtime` seconds since the start. NaN and infinities are
kept; nested keys are joined with `/`.

**Damage:** every chunk's checksum is checked. From a wrong one up to the next block of 32 KiB nothing can be read, which is counted
as one record; a file that breaks off is read up to there. Media, tables, histograms and the machine's state are counted and left out.

**The end of the run:** an exit code other than 0, or none, is noted, with the last exception that the run printed.

**What it cannot know:** whether a run without an exit record was killed or is still going on; how many records a damaged block
held; what was logged before a run was resumed in another file.)",
    read_folder,
    true};

}  // namespace expanalyze
