// MLPerf Training logging (mlperf_logging.mllog, github.com/mlcommons/logging): events as JSON behind ":::MLLOG".
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>
#include <span>

#include "import/importers.hpp"
#include "import/json_text.hpp"
#include "import/text_log.hpp"
#include "io/input.hpp"
#include "store/roles.hpp"
#include "store/run_builder.hpp"
#include "text/format.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

constexpr std::string_view kMark = ":::MLLOG ";
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

struct Event {
  std::uint32_t line = 0;
  double time = kNone;  ///< ms since 1970
  std::string key, type;
  Json value, metadata;
};

double number_at(const Json& object, const char* key) {
  const auto at = object.find(key);
  if (at == object.end()) return kNone;
  // metadata.step can be a list, [epoch, step]: the last of it counts on.
  const Json& value = at->is_array() && !at->empty() ? at->back() : *at;
  return json_number(value).value_or(kNone);
}

std::string word_at(const Json& object, const char* key) {
  const auto at = object.find(key);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

std::optional<Event> event_from(std::string_view text, std::uint32_t line) {
  // Another process may have written behind the object.
  auto json = parse_json(text);
  if (!json) json = parse_json(text.substr(0, text.rfind('}') + 1));
  if (!json || !json->is_object() || word_at(*json, "key").empty()) return std::nullopt;
  Event event{line, number_at(*json, "time_ms"), word_at(*json, "key"), word_at(*json, "event_type"), {}, {}};
  event.value = json->value("value", Json());
  event.metadata = json->value("metadata", Json::object());
  if (!event.metadata.is_object()) event.metadata = Json::object();
  return event;
}

/// What the events say of the run as a whole, before any of them is written.
struct Facts {
  std::string benchmark;
  double batch = kNone, start = kNone, stop = kNone;
  std::string status;
  bool step_counts_samples = false;
  bool by_step = false, by_epoch = false;  ///< what some measurement stands at; steps go before epochs
  std::vector<double> accuracy;
};

/// In logs with samples_count, `step` counts samples where it takes the same values. A log that has only begun may not
/// have come to them yet: three steps that are no sample counts are optimizer steps, fewer are not enough to say so.
bool step_counts_samples(const std::vector<Event>& events) {
  std::set<double> samples;
  bool named = false;
  for (const auto& e : events) {
    named = named || e.metadata.contains("samples_count");
    // A NaN has no place in an ordered set.
    if (const double n = number_at(e.metadata, "samples_count"); !std::isnan(n)) samples.insert(n);
  }
  std::size_t others = 0;
  for (const auto& e : events) {
    const double step = number_at(e.metadata, "step");
    if (step > 0 && samples.count(step) != 0) return true;
    others += step > 0 ? 1 : 0;
  }
  return named && others < 3;
}

Facts facts_of(const std::vector<Event>& events) {
  Facts f;
  for (const auto& e : events) {
    if (e.key == "submission_benchmark" && e.value.is_string()) f.benchmark = lower(e.value.get<std::string>());
    if (e.key == "global_batch_size" && std::isnan(f.batch)) f.batch = json_number(e.value).value_or(kNone);
    if (e.key == "run_start" && std::isnan(f.start)) f.start = e.time;
    if (e.key == "run_stop") f.stop = e.time;
    if (e.key == "run_stop") f.status = word_at(e.metadata, "status");
    if (e.key == "eval_accuracy")
      if (const auto v = json_number(e.value)) f.accuracy.push_back(*v);
  }
  f.step_counts_samples = step_counts_samples(events);
  return f;
}

bool begins_with_any(std::string_view name, std::span<const std::string_view> list) {
  return std::any_of(list.begin(), list.end(), [&](auto word) { return name.starts_with(word); });
}

/// Quality of these is the loss on the evaluation set: lower is better. MLPerf Training rules, table of benchmarks.
constexpr auto kLossBenchmarks = std::to_array<std::string_view>({"llama", "gpt", "mixtral", "deepseek", "flux"});
/// Word error rate and FID: lower is better as well, but no loss.
constexpr auto kErrorBenchmarks = std::to_array<std::string_view>({"rnnt", "stable_diffusion"});
constexpr auto kAccuracyBenchmarks =
    std::to_array<std::string_view>({"bert", "resnet", "ssd", "retinanet", "maskrcnn", "mask_rcnn", "unet3d", "dlrm",
                                     "gnn", "rgat", "minigo", "ncf", "transformer", "gnmt"});
/// Language models count samples where the rules speak of epochs.
constexpr auto kCountSamples = std::to_array<std::string_view>({"bert", "llama", "gpt", "mixtral", "deepseek"});

void declare_quality(const Facts& f, RunBuilder& builder) {
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

/// Where an event stands.
struct Position {
  double samples = kNone, step = kNone, epoch = kNone;
  [[nodiscard]] bool known() const { return !std::isnan(samples) || !std::isnan(step) || !std::isnan(epoch); }
};

/// Logs state the samples of the moment: a step that has begun counts, as their own `step` says where both are stated.
double step_of(double samples, double batch) {
  constexpr double kRounding = 1e-9;  // of the division
  return batch > 0 ? std::ceil(samples / batch * (1 - kRounding)) : samples;
}

Position position_of(const Event& e, const Facts& f) {
  Position p;
  p.samples = number_at(e.metadata, "samples_count");
  p.step = number_at(e.metadata, "step_num");
  p.epoch = number_at(e.metadata, "epoch_num");
  if (std::isnan(p.epoch) && e.value.is_object()) p.epoch = number_at(e.value, "epoch_num");
  if (!std::isnan(p.epoch) && begins_with_any(f.benchmark, kCountSamples)) {
    if (std::isnan(p.samples)) p.samples = p.epoch;
    p.epoch = kNone;
  }
  const double step = number_at(e.metadata, "step");
  const bool counts_samples = f.step_counts_samples && step != 0;  // 0 is 0 of either
  if (std::isnan(p.samples) && counts_samples) p.samples = step;
  if (std::isnan(p.step) && !std::isnan(p.samples)) p.step = step_of(p.samples, f.batch);
  if (std::isnan(p.step) && !counts_samples) p.step = step;
  return p;
}

bool is_measured(const Event& e) {
  return e.key == "eval_accuracy" || e.key == "train_loss" || e.key == "tracked_stats";
}

class Writer {
 public:
  Writer(const Facts& facts, RunBuilder& builder) : facts_(facts), builder_(builder) {}

  void write(const Event& e) {
    const Position p = position_of(e, facts_);
    const bool edge = e.key == "run_start" || e.key == "run_stop", interval = e.type.starts_with("INTERVAL");
    if (!edge && !is_measured(e) && (interval || !p.known())) return interval ? void() : setting(e);
    builder_.begin_record(e.line);
    place(e, p);
    if (edge) return;
    e.value.is_object() ? read_values(without_position(e.value), builder_, e.line)
                        : read_value(e.key, e.value, builder_, e.line);
    for (const auto* key : {"lr", "learning_rate"})
      if (const double lr = number_at(e.metadata, key); !std::isnan(lr)) builder_.value(key, lr);
  }

 private:
  /// What is told once: hyper-parameters, and who submitted which system.
  void setting(const Event& e) {
    if (e.value.is_number() || e.value.is_string() || e.value.is_boolean())
      builder_.config(e.key, config_value(e.value), e.line);
  }

  static Json without_position(Json object) {
    for (const auto* key : {"epoch_num", "samples_count", "step_num"}) object.erase(key);
    return object;
  }

  void place(const Event& e, const Position& p) {
    // Events without a position of their own, such as run_stop, stand at the last one.
    const double here = facts_.by_step ? p.step : p.epoch;
    if (!std::isnan(here)) last_ = here;
    if (facts_.by_step || facts_.by_epoch) builder_.value(facts_.by_step ? "step" : "epoch_num", last_);
    if (facts_.by_step && !std::isnan(p.epoch)) builder_.value("epoch_num", p.epoch);
    if (!std::isnan(p.samples)) builder_.value("samples_count", p.samples);
    // Initialisation before run_start and what follows run_stop are not timed.
    if (e.time >= facts_.start && !(e.time > facts_.stop)) builder_.value("time_ms", (e.time - facts_.start) * 1e-3);
  }

  const Facts& facts_;
  RunBuilder& builder_;
  double last_ = 0;
};

void read_outcome(const Facts& f, RunBuilder& builder) {
  if (!f.status.empty()) builder.config("run_status", f.status);
  if (f.status == "aborted")
    builder.note("run.aborted", "run_stop has the status `aborted`: the run did not reach its target");
  if (std::isnan(f.start)) builder.note("clock.missing", "there is no run_start: nothing is timed");
  if (std::isnan(f.stop)) builder.note("run.unfinished", "there is no run_stop: the run broke off");
}

void read_line(const LogLine& line, std::vector<Event>& events, RunBuilder& builder) {
  auto at = line.text.find(kMark);
  if (at == std::string_view::npos) return skip_line(line, builder);
  // Two processes may have shared one line.
  bool whole = true;
  while (at != std::string_view::npos) {
    const auto next = line.text.find(kMark, at + kMark.size());
    const auto end = next == std::string_view::npos ? line.text.size() : next;
    auto event = event_from(line.text.substr(at + kMark.size(), end - at - kMark.size()), line.number);
    whole = whole && event;
    if (event) events.push_back(std::move(*event));
    at = next;
  }
  if (whole) return builder.understood(line.number);
  if (line.cut) return skip_line(line, builder);
  builder.note("line.unreadable", fmt::format("events that are no JSON object, first {}", code_span(line.text)),
               line.number);
}

void find_axis(const std::vector<Event>& events, Facts& facts, RunBuilder& builder) {
  bool samples = false;
  for (const auto& e : events) {
    const Position p = is_measured(e) ? position_of(e, facts) : Position{};
    facts.by_step = facts.by_step || !std::isnan(p.step);
    facts.by_epoch = facts.by_epoch || !std::isnan(p.epoch);
    samples = samples || !std::isnan(p.samples);
    const bool derived = facts.batch > 0 && std::isnan(number_at(e.metadata, "step_num"));
    if (derived && std::fmod(p.samples, facts.batch) > 0)
      builder.note("axis.step.rounded",
                   "steps are samples divided by global_batch_size, rounded up where that is not whole", e.line);
  }
  if (samples && !(facts.batch > 0))
    builder.note("axis.step.samples", "there is no global_batch_size: samples stand in place of optimizer steps");
}

void read(Input& input, RunBuilder& builder) {
  std::vector<Event> events;
  each_line(input, [&](const LogLine& line) { read_line(line, events, builder); });
  Facts facts = facts_of(events);
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
  return event_from(object, 0) || object.starts_with("{\"namespace\": ");
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
