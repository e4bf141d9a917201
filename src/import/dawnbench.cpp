#include "import/dialect.hpp"
#include "import/importers.hpp"
#include "import/table.hpp"
#include "io/input.hpp"
#include "io/lines.hpp"
#include "store/run_builder.hpp"

namespace expanalyze {

namespace {

void read(Input& input, RunBuilder& builder) {
  builder.declare("epoch", {Role::epoch, "epoch", Unit::epochs});
  builder.declare("hours", {Role::wall, "wall", Unit::seconds, 3600});
  builder.declare("top1Accuracy", {Role::eval_metric, "eval/accuracy"});
  builder.declare("top5Accuracy", {Role::eval_metric, ""});
  std::string text(input.all());
  if (const Lines lines(text); lines.cut()) {
    builder.note("table.no_final_newline", "the last row has no newline, as is usual here: it is taken as whole",
                 lines.count());
    text += '\n';
  }
  Input ended = Input::of(text, input.name());
  read_table(ended, builder);
}

Sniff sniff(const Probe& probe) {
  const auto head = table_head(probe.head);
  if (!head || !head->has_all({"epoch", "hours"})) return {};
  const bool accuracy = head->has("top1Accuracy") || head->has("top5Accuracy");
  return accuracy ? Sniff{92, "its header names epoch, hours and top1Accuracy"} : Sniff{};
}

}  // namespace

constinit const Importer dawnbench{
    "dawnbench", "DAWNBench: tab-separated epoch, hours, accuracy", sniff, read,
    R"(Reads the tables of DAWNBench entries, in any order of columns, with or without a byte order mark and CRLF.

**Axes:** `epoch`, which may be a fraction, start at 0 and leave some out; `hours` since the start. `top1Accuracy` and `top5Accuracy` are of
the validation set, in per cent as the benchmark asks.

**What it cannot know:** whether a last row without a newline is whole: the entries usually end so, and it is taken as whole, with a
note.)"};

}  // namespace expanalyze
