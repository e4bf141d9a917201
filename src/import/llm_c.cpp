#include <fmt/format.h>

#include "import/importers.hpp"
#include "import/text_log.hpp"
#include "io/input.hpp"
#include "store/roles.hpp"
#include "store/run_builder.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

/// What stands behind "s:<step>", or nullopt.
std::optional<std::vector<KeyValue>> record(std::string_view text, double& step) {
  if (!take(text, "s:")) return std::nullopt;
  const auto count = take_count(text);
  if (!count || text.substr(0, 1) != " ") return std::nullopt;
  step = *count;
  auto pairs = key_values(text);
  for (const auto& pair : pairs.value_or(std::vector<KeyValue>{}))
    if (!number_from(pair.value)) return std::nullopt;
  return pairs;
}

void read_line(const LogLine& line, RunBuilder& builder) {
  double step = 0;
  const auto pairs = record(line.text, step);
  // Without the line end nobody knows whether the last number has all of its digits.
  if (!pairs || line.cut) return skip_line(line, builder);
  builder.begin_record(line.number);
  builder.value("s", step);
  for (const auto& pair : *pairs) builder.value(pair.key, *number_from(pair.value));
}

void read(Input& input, RunBuilder& builder) {
  builder.declare("s", {Role::step, "step", Unit::steps});
  builder.declare("tel", {Role::eval_loss, "eval/loss", Unit::nats});
  builder.declare("trl", {Role::train_loss, "train/loss", Unit::nats});
  builder.declare("eval", {Role::eval_metric, "eval/accuracy", Unit::one});
  builder.declare("norm", {Role::grad_norm, "grad_norm", Unit::one});
  each_line(input, [&](const LogLine& line) { read_line(line, builder); });
}

Sniff sniff(const Probe& probe) {
  double step = 0;
  const auto seen = matching_lines(probe, [&](std::string_view text) { return record(text, step).has_value(); });
  if (seen.count == 0) return {};
  return {90, fmt::format("line {} is `s:<step>` with the losses of llm.c", seen.first)};
}

}  // namespace

constinit const Importer llm_c{
    "llm_c", "llm.c: main.log with s:<step> tel:<loss>", sniff, read,
    R"(Reads the `main.log` of llm.c: one record a line, `s:<step>` followed by `tel:` (loss on the validation set), `trl:` (loss of
the training batch, with `lr:` and `norm:`, the norm of the gradient, in newer versions) or `eval:` (accuracy on HellaSwag).
Losses are in nats per token.

**Axis:** the step, from 0. The last `trl` stands at step N-1, the last `tel` at step N.

**What it cannot know:** the time, the batch and the settings: the log holds none of them. Learning rates have six decimals, so
that small ones read as 0. A last line without a line end is left out, because its number may be cut.)"};

}  // namespace expanalyze
