#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "import/dialect.hpp"
#include "import/importers.hpp"
#include "io/input.hpp"
#include "io/lines.hpp"
#include "store/run_builder.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

struct Row {
  Json object;
  std::uint32_t line = 0;
  double epoch = 0, iter = 0;
  bool train = false;
};

double number_at(const Json& object, const char* key) {
  const auto at = object.find(key);
  return at == object.end() ? 0 : json_number(*at).value_or(0);
}

/// Iterations an epoch has: the most that were counted within one. An evaluation after an epoch carries the number of
/// its last iteration where that lies within one logging interval behind the last training row; newer versions write
/// the length of the evaluation set instead.
double epoch_length(const std::vector<Row>& rows) {
  std::map<double, double> last;
  double longest = 0, interval = 0, before = 0;
  for (const auto& row : rows) {
    if (!row.train) continue;
    auto& most = last[row.epoch];
    most = std::max(most, row.iter);
    longest = std::max(longest, row.iter);
    interval = std::max(interval, row.iter > before ? row.iter - before : row.iter);
    before = row.iter;
  }
  double length = longest;
  for (const auto& row : rows)
    if (!row.train && row.iter > longest && row.iter < longest + interval) length = std::max(length, row.iter);
  return length;
}

/// The iteration does not start again with each epoch when by_epoch=False: it then counts over the run.
bool counts_on(const std::vector<Row>& rows) {
  double epoch = -1, iter = 0;
  for (const auto& row : rows) {
    if (!row.train) continue;
    if (row.epoch > epoch && epoch >= 0 && row.iter <= iter) return false;
    epoch = row.epoch;
    iter = row.iter;
  }
  return true;
}

void read_row(const Row& row, double step, RunBuilder& builder) {
  builder.begin_record(row.line);
  builder.value("iter", step);
  for (const auto& [key, value] : row.object.items()) {
    const bool timed = key == "time" || key == "data_time" || key == "lr" || key == "memory";
    if (key != "iter") read_value(!row.train && timed ? "val/" + key : key, value, builder, row.line);
  }
}

void read_rows(const std::vector<Row>& rows, RunBuilder& builder) {
  const bool global = counts_on(rows);
  const double length = global ? 0 : epoch_length(rows);
  if (!global && !rows.empty())
    builder.note(
        "axis.step.combined",
        fmt::format("`iter` starts again with each epoch: the step is (epoch - 1) x {} + iter, where {} is the "
                    "largest iteration seen within an epoch",
                    length, length),
        rows.front().line, "iter");
  double step = 0;
  for (const auto& row : rows) {
    if (row.train)
      step = global ? row.iter : (std::max(row.epoch, 1.0) - 1) * length + row.iter;
    else if (!global)
      step = std::max(row.epoch, 1.0) * length;  // evaluated when the epoch was over
    read_row(row, step, builder);
  }
}

void declare_keys(RunBuilder& builder) {
  builder.declare("iter", {Role::step, "step", Unit::steps});
  builder.declare("epoch", {Role::epoch, "epoch", Unit::epochs});
  builder.declare("time", {Role::step_time, "step_time", Unit::seconds});
  builder.declare("lr", {Role::lr, "lr"});
  builder.declare("memory", {Role::memory, "memory", Unit::bytes, 1024.0 * 1024.0});
  for (const auto* part : {"data_time", "val/time", "val/data_time"})
    builder.declare(part, {Role::mechanism, "", Unit::seconds});
  for (const auto* other : {"val/lr", "val/memory"}) builder.declare(other, {});
}

void read(Input& input, RunBuilder& builder) {
  declare_keys(builder);
  std::vector<Row> rows;
  each_object(input, builder, [&](const Json& object, std::uint32_t line) {
    builder.understood(line);  // rows become records when all are known
    if (object.contains("mode") && object.contains("epoch")) {
      rows.push_back({object, line, number_at(object, "epoch"), number_at(object, "iter"), object["mode"] == "train"});
      return;
    }
    read_config(object, builder, line);  // what the machine and the config are: before the first row
    builder.config_source(fmt::format("line {} of the log", line));
  });
  read_rows(rows, builder);
}

Sniff sniff(const Probe& probe) {
  Lines lines(probe.head);
  std::string_view text;
  std::uint32_t line = 0;
  for (int i = 0; i < 3 && lines.next(text, line); ++i)
    if (const auto row = first_object(text, {"mode", "epoch", "iter"});
        row && ((*row)["mode"] == "train" || (*row)["mode"] == "val"))
      return {90, fmt::format("line {} is an object with mode, epoch and iter", line)};
  return {};
}

}  // namespace

constinit const Importer mmcv{
    "mmcv", "OpenMMLab MMCV 1: <time>.log.json", sniff, read,
    R"(Reads the `*.log.json` of OpenMMLab's MMCV 1 (MMDetection 2, MMSegmentation 0, MMAction 0, …): a first line about the machine
and the settings, then a JSON object a line with `mode`, `epoch` and `iter`.

**Axes:** `iter` counts within an epoch, from 1. The step is (epoch − 1) × L + iter, where L, which the log does not state, is the
largest iteration seen; rows of `mode` `val` stand at the end of their epoch. Where `iter` goes on over the epochs it is the step.
**Units:** `time` and `data_time` are seconds an iteration, `memory` is in MiB.

**What it cannot know:** up to one logging interval of L, unless an evaluation names the last iteration; the wall clock.)"};

}  // namespace expanalyze
