#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "expanalyze/import.hpp"
#include "import/importers.hpp"
#include "import/json_lines.hpp"
#include "import/json_text.hpp"
#include "io/input.hpp"
#include "io/lines.hpp"
#include "store/roles.hpp"
#include "store/run_builder.hpp"
#include "text/format.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

/// A line longer than this is not a record of a training run.
constexpr std::size_t kLongestLine = 16U << 20U;

constexpr auto kConfigWords = std::to_array<std::string_view>(
    {"config", "hparams", "args", "hyperparameters", "hyper_parameters", "params", "experiment_config"});

bool config_word(std::string_view word) {
  return std::find(kConfigWords.begin(), kConfigWords.end(), lower(word)) != kConfigWords.end();
}

/// {"_type": "config", "lr": …}
std::string config_tag(const Json& object) {
  for (const auto* key : {"_type", "type", "event", "kind"}) {
    const auto at = object.find(key);
    if (at != object.end() && at->is_string() && config_word(at->get_ref<const std::string&>())) return key;
  }
  return {};
}

bool plural(const std::string& key) { return !key.empty() && (key.back() == 's' || key.back() == 'S'); }

/// A first line that has neither step nor loss is a header of settings. "steps" and "epochs" are totals there.
bool is_header(const Json& object) {
  for (const auto& [key, value] : object.items()) {
    const Role role = meaning(key).role;
    const bool axis = (role == Role::step || role == Role::epoch) && !plural(key);
    const bool measured = role == Role::train_loss || role == Role::eval_loss || role == Role::eval_metric ||
                          role == Role::train_metric || role == Role::timestamp || role == Role::wall;
    if (axis || (measured && json_number(value))) return false;
  }
  return object.size() > 1;
}

void read_object(const Json& object, bool first, RunBuilder& builder, std::uint32_t line) {
  const auto source = [&] { builder.config_source(fmt::format("line {} of the log", line)); };
  if (const std::string tag = config_tag(object); !tag.empty()) {
    Json settings = object;
    settings.erase(tag);
    // {"event": "config", "config": {…}}
    const bool wrapped = settings.size() == 1 && settings.begin()->is_object();
    read_config(wrapped ? *settings.begin() : settings, builder, line);
    builder.understood(line);
    return source();
  }
  Json rest = Json::object();
  bool settings = false;
  for (const auto& [key, value] : object.items()) {
    if (!value.is_object() || !config_word(key)) {
      rest[key] = value;
      continue;
    }
    read_config(value, builder, line);
    settings = true;
  }
  builder.understood(line);
  if (settings) source();
  if (rest.empty()) return;
  if (first && is_header(rest)) {
    read_config(rest, builder, line);
    return source();
  }
  builder.begin_record(line);
  read_values(rest, builder, line);
}

void read_line(std::string_view text, bool last_and_cut, bool& first, RunBuilder& builder, std::uint32_t line) {
  if (trim(text).empty()) return builder.understood(line);
  if (text.size() > kLongestLine) return builder.note("line.too_long", "lines of more than 16 MiB are skipped", line);
  const auto json = parse_json(text);
  if (json && json->is_object()) {
    read_object(*json, first, builder, line);
    first = false;
  } else if (last_and_cut) {
    builder.note("line.cut", "the last line breaks off in the middle", line);
  } else {
    builder.note("line.unreadable", fmt::format("lines that are no JSON object, first {}", code_span(text)), line);
  }
}

Sniff sniff(const Probe& probe) {
  Lines lines(probe.head);
  std::string_view text;
  std::uint32_t line = 0;
  std::size_t objects = 0, others = 0;
  bool first_is_object = false, started = false;
  while (lines.next(text, line) && objects + others < 20) {
    text = trim(text);
    // The end of the head is no end of a line.
    if (text.empty() || (lines.cut() && line == lines.count() && objects + others > 0)) continue;
    const bool object = text.front() == '{' && text.size() > 2 && parse_json(text).has_value();
    first_is_object = first_is_object || (!started && object);
    started = true;
    ++(object ? objects : others);
  }
  if (objects == 0) {
    const bool begun = trim(probe.head).substr(0, 2) == "{\"" && lines.count() == 1;
    return begun ? Sniff{20, "it begins like a JSON object"} : Sniff{};
  }
  if (lines.count() == 1) return {50, "its only line is a JSON object"};
  if (first_is_object && objects >= others) return {80, "line 1 is a JSON object, and so are the next"};
  return objects >= others ? Sniff{60, "most lines are JSON objects"} : Sniff{};
}

}  // namespace

void read_json_lines(Input& input, RunBuilder& builder) {
  Lines lines(input.all());
  std::string_view text;
  std::uint32_t line = 0;
  bool first = true;
  while (lines.next(text, line)) read_line(text, lines.cut() && line == lines.count(), first, builder, line);
}

constinit const Importer jsonl{
    "jsonl", "JSON Lines: one JSON object a line", sniff, read_json_lines,
    R"(Reads one JSON object a line, as hand-written loops, W&B exports, RLlib `result.json`, MMEngine
`scalars.json`, DETR `log.txt` and LLaMA-Factory `trainer_log.jsonl` write them. `NaN`, `Infinity` and `-Infinity` may stand bare.

**Settings** are taken from an object under `config`, `hparams`, `args` or `params`, from a line whose `_type`, `type` or `event`
is `config`, and from a first line that has neither step nor loss.

**Nested objects** become keys joined with `/`; arrays of up to 64 numbers become series with a label `index`.

**What it cannot know:** whether `null` is a NaN or a value that was not logged. It is read as NaN only where a quantity stops for
good while those that were always logged with it go on. A last line that breaks off is noted and left out.)"};

}  // namespace expanalyze
