#include <fmt/format.h>

#include "expanalyze/error.hpp"
#include "import/dialect.hpp"
#include "import/importers.hpp"
#include "import/json_salvage.hpp"
#include "import/records.hpp"
#include "io/input.hpp"
#include "io/lines.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

void declare_keys(RunBuilder& builder) {
  builder.declare("iteration", {Role::step, "step", Unit::steps});
  builder.declare("epoch", {Role::epoch, "epoch", Unit::epochs});
  builder.declare("elapsed_time", {Role::wall, "wall", Unit::seconds});
  builder.declare("main/loss", {Role::train_loss, "train/loss", Unit::nats});
  builder.declare("validation/main/loss", {Role::eval_loss, "eval/loss", Unit::nats});
  builder.declare("main/accuracy", {Role::train_metric, "train/accuracy"});
  builder.declare("validation/main/accuracy", {Role::eval_metric, "eval/accuracy"});
}

void read(Input& input, RunBuilder& builder) {
  const Lines lines(input.all());
  const auto document = parse_document(lines.all());
  if (!document || !document->json.is_array())
    throw Error(Error::Kind::input, "the log of Chainer's LogReport is no list of records",
                "it is one JSON list; check its beginning");
  declare_keys(builder);
  read_records(document->json, lines.all(), {}, builder);
  account_for(*document, lines, builder);
}

Sniff sniff(const Probe& probe) {
  const auto text = trim(probe.head);
  if (text.empty() || text.front() != '[') return {};
  const auto first = text.substr(0, text.find('}'));
  for (const auto* key : {"\"epoch\"", "\"iteration\"", "\"elapsed_time\""})
    if (first.find(key) == std::string_view::npos) return {};
  return {90, "it is a list of objects with epoch, iteration and elapsed_time"};
}

}  // namespace

constinit const Importer chainer{
    "chainer", "Chainer LogReport: log", sniff, read,
    R"(Reads `log`, the file of Chainer's `LogReport` extension (also of ESPnet 1 and pytorch-trainer): one JSON list with a record each
time it reported, means since the report before.

**Axes:** `iteration`; `epoch`; the clock is `elapsed_time` in seconds since training began, and goes on over a resume.
`main/…` was measured on the training batches, `validation/main/…` by the `Evaluator`. A file that breaks off is read up to its
last record that is whole; NaN stands bare.

**What it cannot know:** which of several losses of a trainer of one's own (`loss/encoder`) counts; the settings, which `LogReport`
does not write.)"};

}  // namespace expanalyze
