#include <fmt/format.h>

#include "import/importers.hpp"
#include "import/speedrun.hpp"
#include "io/input.hpp"
#include "store/run_builder.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

/// "Using muon_lr=0.0375", "Using seed=9"
bool read_setting(std::string_view text, std::uint32_t line, Speedrun& run) {
  if (!take(text, "Using ")) return false;
  const auto pairs = key_values(text);
  if (!pairs || pairs->size() != 1 || text.find('=') == std::string_view::npos) return false;
  run.setting(pairs->front().key, pairs->front().value, line);
  return true;
}

void read_line(const LogLine& line, Speedrun& run, RunBuilder& builder) {
  if (run.read(line)) return;
  if (!line.cut && read_setting(line.text, line.number, run)) return builder.understood(line.number);
  run.started() ? skip_line(line, builder) : run.preamble(line);
}

void read(Input& input, RunBuilder& builder) {
  Speedrun run(builder);
  each_line(input, [&](const LogLine& line) { read_line(line, run, builder); });
  run.finish();
}

bool is_record(std::string_view text) { return text.starts_with("step:") && step_line(text).has_value(); }

Sniff sniff(const Probe& probe) {
  const auto seen = matching_lines(probe, is_record);
  if (seen.count > 0) return {88, fmt::format("line {} is `step:<i>/<N>` with losses or times", seen.first)};
  return {};
}

}  // namespace

constinit const Importer modded_nanogpt{
    "modded_nanogpt", "modded-nanogpt: step:<i>/<N> val_loss:<f> train_time:<t>", sniff, read,
    R"(Reads the logs of the modded-nanogpt speedrun (tracks 1 and 3) and of scripts derived from it: records
`step:<i>/<N> train_loss:<f> train_time:<t> step_avg:<t>` and the same with `val_loss`; newer scripts leave the training loss out.
In front stand, in most logs, the whole training script and the output of nvidia-smi: only lines that begin with `step:` and a
number are records, so the `print` statements of the script are none. `Using <name>=<value>` and the versions and devices in
`Running PyTorch …` are settings, N is `total_steps`.

**Time:** `train_time` in ms, s or m is read in seconds. It is training time: the clock stands still during validation. Until
January 2025 it was set back after the first 10 steps, so that it falls once; the step average is `nan` until then. `step_avg` is
the mean over the steps since the timer was set back, or since the last line, as the script has it.

**Several runs in one file** stand one after another: steps and time begin again. Records that repeat an earlier one word for word,
with the same running clock, were printed twice by a batch script and count once.

**What it cannot know:** the settings of track 1, which stand in the script only; the rule of timing, which changed in February
2025: times before and after it are not comparable. Losses have four or five decimals.)"};

}  // namespace expanalyze
