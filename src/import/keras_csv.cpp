#include <algorithm>

#include "import/dialect.hpp"
#include "import/importers.hpp"
#include "import/table.hpp"
#include "io/input.hpp"
#include "store/roles.hpp"
#include "store/run_builder.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

void read(Input& input, RunBuilder& builder) {
  builder.declare("epoch", {Role::epoch, "epoch", Unit::epochs});
  builder.declare("loss", {Role::train_loss, "train/loss", Unit::nats});
  builder.declare("val_loss", {Role::eval_loss, "eval/loss", Unit::nats});
  if (const auto head = table_head(input.head()))
    for (const auto& name : head->names) {
      const Meaning said = meaning(name);
      if (said.role == Role::eval_metric && !starts_with(name, "val_"))
        builder.declare(name, {Role::train_metric, "", said.unit});
    }
  read_table(input, builder);
}

/// CSVLogger writes `epoch` and then the keys of the logs in alphabetical order.
Sniff sniff(const Probe& probe) {
  const auto head = table_head(probe.head);
  if (!head || head->rows.empty() || head->names.front() != "epoch" || !head->has("loss")) return {};
  if (!std::is_sorted(head->names.begin() + 1, head->names.end())) return {};
  const bool whole = std::all_of(head->rows.begin(), head->rows.end(), [](const Cells& row) {
    const auto epoch = number_from(row.front());
    return epoch && *epoch >= 0 && *epoch == static_cast<double>(static_cast<long>(*epoch));
  });
  if (!whole) return {};
  if (head->has("val_loss"))
    return {80, "its header is epoch, then loss and val_loss among names in alphabetical order"};
  const bool from_zero = number_from(head->rows.front().front()) == 0.0;
  return from_zero ? Sniff{74, "its header is epoch, then names in alphabetical order, and epochs count from 0"}
                   : Sniff{};
}

}  // namespace

constinit const Importer keras_csv{"keras_csv", "Keras CSVLogger: training.log", sniff, read,
                                   R"(Reads the table of Keras' `CSVLogger`: `epoch` and then the logs by name.

**Axis:** `epoch`, from 0. What is called `val_…` was measured on the validation data at the end of the epoch; the others, `accuracy`
too, are running means over the epoch's training batches. `NA` in a row after training was stopped means that the value was not
logged.

**What it cannot know:** optimizer steps and time, which are not logged.)"};

}  // namespace expanalyze
