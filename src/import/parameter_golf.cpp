#include <fmt/format.h>

#include "import/importers.hpp"
#include "import/speedrun.hpp"
#include "io/input.hpp"
#include "store/roles.hpp"
#include "store/run_builder.hpp"
#include "text/format.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

bool has_key(const std::vector<KeyValue>& values, std::string_view key) {
  for (const auto& v : values)
    if (v.key == key) return true;
  return false;
}

bool is_score(const std::vector<KeyValue>& values) { return has_key(values, "val_bpb") || has_key(values, "val_loss"); }

/// "warmup_step:3/20", "warmup_step: 3/20"
bool is_warmup(std::string_view text) { return text.starts_with("warmup_step:"); }

/// A comma at the end is program text: "dim: int,".
std::optional<std::vector<KeyValue>> statement(std::string_view text) {
  auto pairs = key_values(text);
  if (!pairs || pairs->back().value.ends_with(',') || pairs->front().separator != ':') return std::nullopt;
  return pairs;
}

/// What is told once training has begun ("swa:start step:5900") happened in it and sets nothing.
bool read_event(const LogLine& line, Speedrun& run, RunBuilder& builder) {
  const auto pairs = run.started() ? statement(line.text) : std::nullopt;
  if (!pairs) return false;
  run.begin_at_last_step(line.number);
  const std::string topic(pairs->front().key);
  for (const auto& pair : *pairs) {
    const std::string name = &pair == pairs->data() ? topic : fmt::format("{}/{}", topic, pair.key);
    const auto v = number_or_seconds(pair.value);
    builder.declare(name, {});
    v ? builder.value(name, *v) : builder.text(name, pair.value);
  }
  return true;
}

/// "train_batch_tokens:524288 train_seq_len:1024" are two settings. "sdp_backends:cudnn=False flash=True" and the line
/// of a loader are about their first word.
bool read_settings(const LogLine& line, Speedrun& run) {
  const auto pairs = run.started() ? std::nullopt : statement(line.text);
  if (!pairs) return false;
  const std::string topic = std::string(pairs->front().key) + ".";
  const bool one_topic = pairs->front().key.ends_with("_loader");
  for (const auto& pair : *pairs) {
    const bool below = &pair != pairs->data() && (one_topic || pair.separator == '=');
    const auto inner = pair.value.starts_with('/') ? std::nullopt : key_values(pair.value);
    if (inner && inner->size() == 1)
      run.setting(fmt::format("{}.{}", pair.key, inner->front().key), inner->front().value, line.number);
    else
      run.setting((below ? topic : std::string()) + std::string(pair.key), pair.value, line.number);
  }
  return true;
}

/// "stopping_early: wallclock_cap train_time:600038ms step:13780/20000"
bool read_stop(std::string_view text, std::uint32_t line, Speedrun& run, RunBuilder& builder) {
  if (!run.started() || !take(text, "stopping_early:")) return false;
  text = trim(text);
  const auto reason = text.substr(0, text.find(' '));
  run.stopped_at(run.last_step());
  builder.config("stopping_early", std::string(reason), line);
  run.begin_at_last_step(line);
  for (const auto& v : key_values(text.substr(reason.size())).value_or(std::vector<KeyValue>{}))
    if (const auto time = number_or_seconds(v.value); v.key == "train_time" && time) builder.value(v.key, *time);
  builder.note(
      "run.stopped_early",
      fmt::format("training stopped on purpose ({}): the step it stopped at counts as planned", code_span(reason)),
      line);
  return true;
}

/// What stands in front of the first "key:value" that all of the rest continues: "final_int8_zlib_roundtrip_exact".
std::optional<std::vector<KeyValue>> labelled(std::string_view text, std::string& label) {
  for (std::size_t at = 0; at < text.size(); at = std::min(text.find(' ', at), text.size() - 1) + 1) {
    auto values = key_values(text.substr(at));
    // "ttt_sliding:done val_loss=…": a word is no number of the score.
    if (!values || !is_score(*values) || !number_or_seconds(values->front().value)) continue;
    label = trim(text.substr(0, at));
    for (char& c : label)
      if (c == ' ' || c == ':') c = '_';
    return values;
  }
  return std::nullopt;
}

/// Scores after training. Each is one number, named after its line, and no point of the validation curve.
bool read_score(const LogLine& line, Speedrun& run, RunBuilder& builder) {
  constexpr std::size_t kLongest = 400;  // a score is a short line; looking for one is quadratic in its words
  std::string label;
  if (!run.started() || line.text.size() > kLongest) return false;
  const auto values = labelled(line.text, label);
  if (!values) return false;
  if (label.empty()) label = "summary";
  run.begin_at_last_step(line.number);
  for (const auto& [key, value, separator] : *values) {
    const std::string name = label + "/" + std::string(key);
    const auto v = number_or_seconds(value);
    const Unit unit = key == "val_loss" ? Unit::nats : key == "val_bpb" ? Unit::bits : Unit::one;
    builder.declare(name, {Role::mechanism, "", unit});
    v ? builder.value(name, *v) : builder.text(name, value);
  }
  return true;
}

/// "Serialized model int8+zlib: 15815847 bytes (payload:…)"
bool read_size(std::string_view text, std::uint32_t line, Speedrun& run, RunBuilder& builder) {
  const auto colon = text.find(": ");
  if (!run.started() || colon == std::string_view::npos) return false;
  auto rest = text.substr(colon + 2);
  const auto bytes = take_count(rest);
  if (!bytes || !rest.starts_with(" bytes")) return false;
  const auto name = text.substr(0, colon);
  builder.declare(name, {Role::mechanism, "", Unit::bytes});
  run.begin_at_last_step(line);
  builder.value(name, *bytes);
  return true;
}

/// "  sliding_eval [  1.3%] 1632/121136 windows running_bpb=1.140131": the mean so far within one evaluation.
bool is_progress(std::string_view text) {
  const auto open = text.find('['), close = text.find(']');
  return open != std::string_view::npos && close != std::string_view::npos && open < close &&
         text.substr(open, close - open).find_first_of("%/") != std::string_view::npos &&
         text.substr(close).find("bpb=") != std::string_view::npos;
}

void read_line(const LogLine& line, Speedrun& run, RunBuilder& builder) {
  if (run.read(line)) return;
  if (line.cut) return skip_line(line, builder);
  if (read_stop(line.text, line.number, run, builder) || read_score(line, run, builder) ||
      read_size(line.text, line.number, run, builder))
    return;
  const bool warmup = is_warmup(line.text);
  if (warmup || is_progress(line.text)) {
    builder.understood(line.number);
    return warmup
               ? builder.note("log.warmup_steps", "steps before training that only compile are left out", line.number)
               : builder.note("log.progress", "means so far within one evaluation are left out", line.number);
  }
  if (read_event(line, run, builder)) return;
  if (read_settings(line, run)) return builder.understood(line.number);
  run.started() ? skip_line(line, builder) : run.preamble(line);
}

void read(Input& input, RunBuilder& builder) {
  Speedrun run(builder);
  each_line(input, [&](const LogLine& line) { read_line(line, run, builder); });
  run.finish();
}

bool is_own(std::string_view text) {
  if (is_warmup(text) || text.starts_with("val_bpb:enabled")) return true;
  const auto record = step_line(text);
  if (!record) return false;
  const bool named = text.starts_with("step:");
  return has_key(record->values, "val_bpb") ||
         (!named && (has_key(record->values, "train_loss") || has_key(record->values, "val_loss")));
}

Sniff sniff(const Probe& probe) {
  const auto seen = matching_lines(probe, is_own);
  if (seen.count > 0)
    return {92, fmt::format("line {} has val_bpb, warm-up steps or `<i>/<N> train_loss:`", seen.first)};
  return {};
}

}  // namespace

constinit const Importer parameter_golf{
    "parameter_golf", "parameter-golf: step:<i>/<N> val_loss:<f> val_bpb:<f>", sniff, read,
    R"(Reads the logs of parameter-golf (small language models within a time and a size limit) in both of their grammars:
`step:<i>/<N> train_loss:<f> train_time:<t>ms step_avg:<t>ms` and `<i>/<N> train_loss: <f> train_time: <t>m tok/s: <n>`, with
`val_loss` and `val_bpb` in lines of their own. Lines of `key:value` and the indented block of `key: value` before the first step
are settings; a script printed in front is none, and what such a line tells once training has begun is an event at that step.

**Loss:** `val_loss` is in nats per token, `val_bpb` in bits per byte. Only `val_bpb` is comparable between tokenizers.

**Scores** after training (`final_int8_zlib_roundtrip_exact val_loss:… val_bpb:…`, `legal_ttt …`) and sizes in bytes become one
number each under the name of their line: after quantisation or with another evaluation they are no points of the validation curve.

**Time:** `train_time` in ms or m is read in seconds; it is training time, validation excluded. In the second grammar it has one
decimal of a minute. A line `stopping_early` says that the run used up its time: the step it stands at is `total_steps`.

**What it cannot know:** which of the scores an entry is judged by. A high loss at step 2 is usual and no divergence.)"};

}  // namespace expanalyze
