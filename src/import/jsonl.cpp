#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <optional>

#include "expanalyze/import.hpp"
#include "import/block_reader.hpp"
#include "import/flat_json.hpp"
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

/// {"_type": "config", "lr": …}
std::string config_tag(const Json& object) {
  for (const auto* key : {"_type", "type", "event", "kind"}) {
    const auto at = object.find(key);
    if (at != object.end() && at->is_string() && is_config_word(at->get_ref<const std::string&>())) return key;
  }
  return {};
}

/// {"config": {…}, …}
bool holds_settings(const std::string& key, const Json& value) { return value.is_object() && is_config_word(key); }

bool plural(const std::string& key) { return !key.empty() && (key.back() == 's' || key.back() == 'S'); }

/// A step, a time, a loss or a metric: what a record has and a line of settings has not. "steps" and "epochs" are
/// totals there.
bool measures(const std::string& key, const Json& value) {
  const Role role = meaning(key).role;
  if (role == Role::step || role == Role::epoch) return !plural(key);
  return (role == Role::train_loss || role == Role::eval_loss || role == Role::eval_metric ||
          role == Role::train_metric || role == Role::timestamp || role == Role::wall) &&
         json_number(value).has_value();
}

/// "params" and "args" of a record may be measured: the norm of the parameters.
bool is_record(const Json& object) {
  return std::any_of(object.items().begin(), object.items().end(), [](const auto& item) {
    return !holds_settings(item.key(), item.value()) && measures(item.key(), item.value());
  });
}

bool may_be_measured(const std::string& key) {
  const std::string word = lower(key);
  return word == "params" || word == "args";
}

/// A first line that has neither step nor loss is a header of settings, unless the next line has all its keys.
bool is_header(const Json& object, std::string_view behind) {
  std::size_t rest = 0;
  for (const auto& [key, value] : object.items()) rest += holds_settings(key, value) ? 0 : 1;
  if (rest <= 1 || is_record(object)) return false;
  const auto next = parse_json(trim(behind.substr(0, behind.find('\n'))));
  return !next || !next->is_object() ||
         std::any_of(object.items().begin(), object.items().end(),
                     [&](const auto& item) { return !next->contains(item.key()); });
}

/// `behind`: the rest of the log; only the first object of a log may be a header.
void read_object(const Json& object, std::optional<std::string_view> behind, RowGroup& rows, std::uint32_t line) {
  const auto source = [&] { rows.config_source(fmt::format("line {} of the log", line)); };
  if (const std::string tag = config_tag(object); !tag.empty()) {
    Json settings = object;
    settings.erase(tag);
    // {"event": "config", "config": {…}}
    const bool wrapped = settings.size() == 1 && settings.begin()->is_object();
    read_config(wrapped ? *settings.begin() : settings, rows, line);
    rows.understood(line);
    return source();
  }
  const auto is_config = [&](const std::string& key, const Json& value) {
    return holds_settings(key, value) && !(may_be_measured(key) && is_record(object));
  };
  std::size_t settings = 0;
  for (const auto& [key, value] : object.items()) {
    if (!is_config(key, value)) continue;
    read_config(value, rows, line);
    ++settings;
  }
  rows.understood(line);
  if (settings > 0) source();
  if (settings == object.size()) return;
  const bool header = behind && is_header(object, *behind);
  if (header)
    source();
  else
    rows.begin_record(line);
  for (const auto& [key, value] : object.items()) {
    if (is_config(key, value)) continue;
    header ? read_config(Json::object({{key, value}}), rows, line) : read_value(key, value, rows, line);
  }
}

/// Lines of a log; the first object in it may be a header of settings.
class JsonLines final : public BlockParser {
 public:
  explicit JsonLines(bool first) : first_(first) {}
  [[nodiscard]] bool first() const { return first_; }

  void parse(const Block& block) override {
    const char *p = block.text().data(), *const end = p + block.size;
    for (std::uint32_t line = block.first_line; p < end; ++line) {
      const auto* newline = static_cast<const char*>(std::memchr(p, '\n', static_cast<std::size_t>(end - p)));
      const char* const stop = newline == nullptr ? end : newline;
      std::string_view text(p, static_cast<std::size_t>(stop - p));
      if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
      if (first_ || !flat_.read(text, line)) read_line(text, {stop, static_cast<std::size_t>(end - stop)}, line);
      p = stop + 1;
    }
  }

  void clear() override {
    if (!rows.crowded()) return rows.clear();
    rows.forget();
    flat_.forget();
  }

 private:
  /// `behind` begins with the line's end; empty: the last line has none.
  void read_line(std::string_view text, std::string_view behind, std::uint32_t line) {
    if (trim(text).empty()) return rows.understood(line);
    if (text.size() > Input::kLongestLine)
      return rows.note("line.too_long", "lines of more than 16 MiB are skipped", line);
    std::vector<std::string> repeated;
    const auto json = parse_json(text, &repeated);
    if (json && json->is_object()) {
      read_object(*json, first_ ? std::optional(behind.substr(std::min<std::size_t>(behind.size(), 1))) : std::nullopt,
                  rows, line);
      note_repeated(repeated, line);
      first_ = false;
    } else if (behind.empty()) {
      rows.note("line.cut", "the last line breaks off in the middle", line);
    } else {
      rows.note("line.unreadable", fmt::format("lines that are no JSON object, first {}", code_span(text)), line);
    }
  }

  void note_repeated(const std::vector<std::string>& keys, std::uint32_t line) {
    for (const auto& key : keys)
      rows.note("key.repeated", fmt::format("{} stands twice in one record; the later value is kept", code_span(key)),
                line);
  }

  FlatJson flat_{rows};
  bool first_;
};

Sniff sniff(const Probe& probe) {
  Lines lines(probe.head);
  std::string_view text;
  std::uint32_t line = 0;
  std::size_t objects = 0, others = 0;
  bool first_is_object = false, started = false;
  while (lines.next(text, line) && objects + others < 20) {
    text = trim(text);
    // The end of the head is no end of a line.
    if (text.empty() || (lines.cut_here() && objects + others > 0)) continue;
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

bool is_tag_key(std::string_view key) { return key == "_type" || key == "type" || key == "event" || key == "kind"; }

void read_json_lines(Input& input, RunBuilder& builder) {
  const TakeRows take = [&](const RowGroup& rows, double share) { builder.append(rows, share); };
  // One thread until the first object is read: whether it is a header hangs on what came before.
  std::vector<std::unique_ptr<BlockParser>> parsers;
  parsers.push_back(std::make_unique<JsonLines>(true));
  auto& first = static_cast<JsonLines&>(*parsers.front());
  bool more = true;
  read_blocks(
      input, [&](Block& block) { return first.first() && (more = input.next_block(block)); }, parsers, take);
  if (!more) return;
  const unsigned threads = worthwhile_threads(input, builder.threads());
  while (parsers.size() < threads) parsers.push_back(std::make_unique<JsonLines>(false));
  read_blocks(
      input, [&](Block& block) { return input.next_block(block); }, parsers, take);
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
