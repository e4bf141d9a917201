// MLPerf Training logging (mlperf_logging.mllog, github.com/mlcommons/logging): events as JSON behind ":::MLLOG".
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "import/importers.hpp"
#include "import/mlperf_events.hpp"
#include "import/text_log.hpp"
#include "io/input.hpp"
#include "store/roles.hpp"
#include "store/run_builder.hpp"
#include "text/format.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

constexpr std::string_view kMark = ":::MLLOG ";

/// Quality of these is the loss on the evaluation set: lower is better. MLPerf Training rules, table of benchmarks.
constexpr auto kLossBenchmarks = std::to_array<std::string_view>({"llama", "gpt", "mixtral", "deepseek", "flux"});
/// Word error rate and FID: lower is better as well, but no loss.
constexpr auto kErrorBenchmarks = std::to_array<std::string_view>({"rnnt", "stable_diffusion"});
constexpr auto kAccuracyBenchmarks =
    std::to_array<std::string_view>({"bert", "resnet", "ssd", "retinanet", "maskrcnn", "mask_rcnn", "unet3d", "dlrm",
                                     "gnn", "rgat", "minigo", "ncf", "transformer", "gnmt"});

void declare_quality(const MlperfFacts& f, RunBuilder& builder) {
  const bool error = begins_with_any(f.benchmark, kErrorBenchmarks);
  bool loss = begins_with_any(f.benchmark, kLossBenchmarks);
  if (!loss && !error && !begins_with_any(f.benchmark, kAccuracyBenchmarks) && f.accuracy.size() >= 2) {
    loss = f.accuracy.back() < f.accuracy.front();
    builder.note(
        "quality.guessed",
        fmt::format("the benchmark {} is not known: `eval_accuracy` {} within the run, so {} is taken as better",
                    code_span(f.benchmark), loss ? "falls" : "rises", loss ? "lower" : "higher"));
  }
  if (loss || error)
    builder.declare("eval_accuracy",
                    {Role::eval_loss, loss ? "eval/loss" : "eval/error", loss ? Unit::nats : Unit::one});
  else
    builder.declare("eval_accuracy", {Role::eval_metric, "eval/accuracy", Unit::one});
  if (loss)
    builder.note("quality.is_loss",
                 fmt::format("`eval_accuracy` of {} is the loss on the evaluation set: lower is better",
                             code_span(f.benchmark)));
}

bool is_measured(const MlperfEvent& e) {
  return e.key == "eval_accuracy" || e.key == "train_loss" || e.key == "tracked_stats";
}

class Writer {
 public:
  Writer(const MlperfFacts& facts, RunBuilder& builder) : facts_(facts), builder_(builder) {}

  void write(const MlperfEvent& e) {
    const MlperfPosition p = mlperf_position(e, facts_);
    const bool edge = e.key == "run_start" || e.key == "run_stop", interval = e.type.starts_with("INTERVAL");
    if (!edge && !is_measured(e) && (interval || !p.known())) return interval ? void() : setting(e);
    builder_.begin_record(e.line);
    place(e, p);
    if (edge) return;
    e.value.is_object() ? read_values(without_position(e.value), builder_, e.line)
                        : read_value(e.key, e.value, builder_, e.line);
    for (const auto* key : {"lr", "learning_rate"})
      if (const double lr = mlperf_number(e.metadata, key); !std::isnan(lr)) builder_.value(key, lr);
  }

 private:
  /// What is told once: hyper-parameters, and who submitted which system.
  void setting(const MlperfEvent& e) {
    if (e.value.is_number() || e.value.is_string() || e.value.is_boolean())
      builder_.config(e.key, config_value(e.value), e.line);
  }

  static Json without_position(Json object) {
    for (const auto* key : {"epoch_num", "samples_count", "step_num"}) object.erase(key);
    return object;
  }

  void place(const MlperfEvent& e, const MlperfPosition& p) {
    // Events without a position of their own, such as run_stop, stand at the last one.
    const double here = facts_.by_step ? p.step : p.epoch;
    if (!std::isnan(here)) last_ = here;
    if (facts_.by_step || facts_.by_epoch) builder_.value(facts_.by_step ? "step" : "epoch_num", last_);
    if (facts_.by_step && !std::isnan(p.epoch)) builder_.value("epoch_num", p.epoch);
    if (!std::isnan(p.samples)) builder_.value("samples_count", p.samples);
    // Initialisation before run_start and what follows run_stop are not timed.
    if (e.time >= facts_.start && !(e.time > facts_.stop)) builder_.value("time_ms", (e.time - facts_.start) * 1e-3);
  }

  const MlperfFacts& facts_;
  RunBuilder& builder_;
  double last_ = 0;
};

void read_outcome(const MlperfFacts& f, RunBuilder& builder) {
  if (!f.status.empty()) builder.config("run_status", f.status);
  if (f.status == "aborted")
    builder.note("run.aborted", "run_stop has the status `aborted`: the run did not reach its target");
  if (std::isnan(f.start)) builder.note("clock.missing", "there is no run_start: nothing is timed");
  if (std::isnan(f.stop)) builder.note("run.unfinished", "there is no run_stop: the run broke off");
}

void read_line(const LogLine& line, std::vector<MlperfEvent>& events, RunBuilder& builder) {
  auto at = line.text.find(kMark);
  if (at == std::string_view::npos) return skip_line(line, builder);
  // Two processes may have shared one line.
  bool whole = true;
  while (at != std::string_view::npos) {
    const auto next = line.text.find(kMark, at + kMark.size());
    const auto end = next == std::string_view::npos ? line.text.size() : next;
    auto event = mlperf_event(line.text.substr(at + kMark.size(), end - at - kMark.size()), line.number);
    whole = whole && event;
    if (event) events.push_back(std::move(*event));
    at = next;
  }
  if (whole) return builder.understood(line.number);
  if (line.cut) return skip_line(line, builder);
  builder.note("line.unreadable", fmt::format("events that are no JSON object, first {}", code_span(line.text)),
               line.number);
}

void find_axis(const std::vector<MlperfEvent>& events, MlperfFacts& facts, RunBuilder& builder) {
  bool samples = false;
  for (const auto& e : events) {
    const MlperfPosition p = is_measured(e) ? mlperf_position(e, facts) : MlperfPosition{};
    facts.by_step = facts.by_step || !std::isnan(p.step);
    facts.by_epoch = facts.by_epoch || !std::isnan(p.epoch);
    samples = samples || !std::isnan(p.samples);
    const bool derived = facts.batch > 0 && std::isnan(mlperf_number(e.metadata, "step_num"));
    if (derived && std::fmod(p.samples, facts.batch) > 0)
      builder.note("axis.step.rounded",
                   "steps are samples divided by global_batch_size, rounded up where that is not whole", e.line);
  }
  if (samples && !(facts.batch > 0))
    builder.note("axis.step.samples", "there is no global_batch_size: samples stand in place of optimizer steps");
}

void read(Input& input, RunBuilder& builder) {
  std::vector<MlperfEvent> events;
  each_line(input, [&](const LogLine& line) { read_line(line, events, builder); });
  MlperfFacts facts = mlperf_facts(events);
  find_axis(events, facts, builder);
  builder.declare("step", {Role::step, "step", Unit::steps});
  builder.declare("samples_count", {Role::samples, "samples", Unit::samples});
  builder.declare("epoch_num", {Role::epoch, "epoch", Unit::epochs});
  builder.declare("time_ms", {Role::wall, "wall", Unit::seconds});
  builder.declare("train_loss", {Role::train_loss, "train/loss", Unit::nats});
  declare_quality(facts, builder);
  Writer writer(facts, builder);
  for (const auto& event : events) writer.write(event);
  read_outcome(facts, builder);
}

/// An event, or as much of one as the end of the head leaves.
bool is_event(std::string_view text) {
  const auto at = text.find(kMark);
  if (at == std::string_view::npos) return false;
  const auto object = text.substr(at + kMark.size());
  return mlperf_event(object, 0) || object.starts_with("{\"namespace\": ");
}

Sniff sniff(const Probe& probe) {
  const auto seen = matching_lines(probe, is_event);
  if (seen.count == 0) return {};
  return {95, fmt::format("line {} is an event behind `:::MLLOG`", seen.first)};
}

}  // namespace

constinit const Importer mlperf_mllog{
    "mlperf_mllog", "MLPerf Training: result_k.txt with :::MLLOG events", sniff, read,
    R"(Reads the logs of MLPerf Training (`result_0.txt` …): JSON events behind `:::MLLOG`, whatever stands in front of the mark on
the line; other lines are counted. `eval_accuracy`, `train_loss` and `tracked_stats` are the measurements, with every number of an
object and with `lr`; scalars without a position are settings.

**Quality:** `eval_accuracy` is whatever the benchmark is judged by. For language models trained or tuned on next tokens (llama, gpt,
mixtral) it is a loss, for rnnt and stable_diffusion an error: lower is better. For bert, resnet and the others higher is
better. Of an unknown benchmark the course of the values decides, and a note says so.

**Axis:** the optimizer step: `step_num`, else samples divided by `global_batch_size` (rounded up, and a note says so), else `step`; without all of them the epoch.
Samples come from `samples_count`, from `epoch_num` of language models (which count samples there), and from `step` where it takes
the same values as `samples_count`. Of a list the last element counts.

**Time:** `time_ms` is read as seconds since `run_start`; initialisation is not part of a result. The clock ends at `run_stop`, which
may stand before the last line. Its status `aborted` means that the target was missed.

**What it cannot know:** the target itself, unless the log states it; what happened within `block_start` and `block_stop`.)"};

}  // namespace expanalyze
