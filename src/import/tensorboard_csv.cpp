#include "import/dialect.hpp"
#include "import/importers.hpp"
#include "import/table.hpp"
#include "io/input.hpp"
#include "store/run_builder.hpp"

namespace expanalyze {

namespace {

bool is_export(const TableHead& head) { return head.names.size() == 3 && head.has_all({"Wall time", "Step", "Value"}); }

/// "epoch_loss" of "run-train-tag-epoch_loss.csv"; a file that was renamed says what it holds by its stem.
std::string tag_of(std::string_view name) {
  if (ends_with(name, ".csv")) name.remove_suffix(4);
  const auto tag = name.rfind("-tag-");
  return std::string(tag == std::string_view::npos ? name : name.substr(tag + 5));
}

/// "val" of "run-val-tag-loss.csv": which data the run was about, where it says so.
std::string side_of_run(std::string_view name) {
  for (const auto* side : {"validation", "val", "eval", "test"})
    if (starts_with(name, std::string("run-") + side + "-") ||
        name.find(std::string("_") + side + "-tag-") < name.size())
      return std::string(side) + "/";
  return {};
}

void read(Input& input, RunBuilder& builder) {
  builder.declare("Step", {Role::step, "step", Unit::steps});
  builder.declare("Wall time", {Role::timestamp, "timestamp", Unit::seconds});
  std::string text(input.all());
  const std::string tag = tag_of(input.name());
  const auto value = text.find("Value");
  const bool safe =
      !tag.empty() && tag.find_first_of(",\"\n") == std::string::npos && tag != "Step" && tag != "Wall time";
  if (safe && value < text.find('\n')) text.replace(value, 5, side_of_run(input.name()) + tag);
  Input named = Input::of(text, input.name());
  read_table(named, builder);
}

Sniff sniff(const Probe& probe) {
  const auto head = table_head(probe.head);
  return head && is_export(*head) ? Sniff{91, "its header is Wall time, Step, Value"} : Sniff{};
}

}  // namespace

constinit const Importer tensorboard_csv{
    "tensorboard_csv", "one scalar that TensorBoard downloaded as CSV", sniff, read,
    R"(Reads the CSV that TensorBoard offers for one scalar: `Wall time`, `Step`, `Value`. What the value is, is said by the file's name
only: `run-<run>-tag-<tag>.csv`, where `/` in the tag has become `_`; a run called `validation` or the like is an evaluation.

**Axes:** `Step`; `Wall time` is Unix time in seconds.

**What it cannot know:** the tag of a file that was renamed: its name is taken; and what TensorBoard left out, which thins long
curves to 1000 points by default. The event files hold all of them.)"};

}  // namespace expanalyze
