#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "expanalyze/error.hpp"
#include "import/config_file.hpp"
#include "import/importers.hpp"
#include "import/json_columns.hpp"
#include "import/json_salvage.hpp"
#include "import/records.hpp"
#include "io/input.hpp"
#include "io/lines.hpp"
#include "store/key.hpp"
#include "store/roles.hpp"
#include "text/format.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

bool is_column(const Json& value) {
  return value.is_array() && std::none_of(value.begin(), value.end(), [](const Json& v) { return v.is_structured(); });
}

bool is_record_list(const Json& value) {
  return value.is_array() && !value.empty() &&
         std::any_of(value.begin(), value.end(), [](const Json& v) { return v.is_object(); });
}

/// Where a run came from is no setting of it: two runs always differ in it.
bool is_provenance(const std::string& path) {
  for (const auto& word : take_apart(path).words)
    for (const auto* known : {"git", "commit", "branch", "host", "hostname", "date", "id", "uuid"})
      if (word == known) return true;
  return false;
}

void walk(const Json& object, const std::string& prefix, JsonContents& found) {
  for (const auto& [key, value] : object.items()) {
    const std::string path = prefix.empty() ? key : prefix + "/" + key;
    if (value.is_object() && is_config_word(key)) {
      read_config(value, found.builder, 1);
      if (!value.empty()) found.builder.config_source(fmt::format("{} in the log", code_span(path)));
    } else if (value.is_object()) {
      walk(value, path, found);
    } else if (is_record_list(value)) {
      read_records(value, found.text, key, found.builder);
    } else if (is_column(value)) {
      found.columns.push_back({prefix, key, value});
    } else if (is_provenance(path)) {
      found.builder.note("value.text",
                         fmt::format("words about where the run came from are left out, first {}", code_span(path)));
    } else if (json_number(value)) {
      found.totals.emplace_back(path, value);
    } else if (value.is_string()) {
      found.builder.config(path, config_value(value));
    } else {
      found.builder.note("value.array", fmt::format("values that are neither number nor word are left out, first {}",
                                                    code_span(path)));
    }
  }
}

void read_totals(JsonContents& found) {
  if (found.totals.empty()) return;
  found.builder.begin_record(std::max(1U, Lines(found.text).count()));
  for (const auto& [path, value] : found.totals) found.builder.value(path, *json_number(value));
}

/// Pretty-printed records one after another, without a list around them.
void read_parts(const std::vector<Part>& parts, const Lines& lines, RunBuilder& builder) {
  bool cut = false;
  for (const auto& [text, line] : parts) {
    const auto record = parse_json(text);
    cut = !record && &text == &parts.back().text;
    if (record && record->is_object()) {
      builder.begin_record(line);
      read_values(*record, builder, line);
    } else if (!cut) {
      builder.note("value.array", "values between the records that are no records are left out", line);
    }
  }
  account_for({{}, cut}, lines, builder);
}

/// Numbers that move: a list of records, or lists that are measured or counted, or that stand side by side. The
/// "betas" of an optimizer are settings, and "seeds" tell whose mean a summary holds.
bool has_curve(const JsonContents& found) {
  std::map<std::size_t, std::size_t> beside;
  for (const auto& [group, key, column] : found.columns) {
    if (std::none_of(column.begin(), column.end(), [](const Json& v) { return json_number(v).has_value(); })) continue;
    const Role role = meaning(key).role;
    if (role != Role::mechanism && role != Role::none) return true;
    if (column.size() > 2 && ++beside[column.size()] == 2) return true;
  }
  return found.builder.records() > 0;
}

/// One object with single numbers was written once: it is no log of a run, whatever its numbers are.
void refuse_summary(const JsonContents& found) {
  for (const auto& [path, value] : found.totals) {
    const auto key = path.substr(path.rfind('/') + 1);
    const Role role = meaning(key).role;
    if (role == Role::train_loss || role == Role::eval_loss || role == Role::eval_metric || role == Role::train_metric)
      throw Error(Error::Kind::input,
                  fmt::format("sums up a run ({} = {}) and holds no curve of it", code_span(path),
                              number(*json_number(value), 6)),
                  "name the log that it sums up, or the folder that holds both");
  }
  if (!found.totals.empty() || found.builder.states_settings()) throw holds_settings_only();
}

void read(Input& input, RunBuilder& builder) {
  const Lines lines(input.all());
  auto document = parse_document(lines.all());
  if (!document || document->cut)
    if (const auto parts = top_level(lines.all()); parts.size() > 1) return read_parts(parts, lines, builder);
  if (!document || !document->json.is_structured())
    throw Error(Error::Kind::input, "the JSON document is damaged",
                "check it: the file may have been written by two processes at once");
  if (document->json.is_array()) {
    read_records(document->json, lines.all(), {}, builder);
  } else {
    JsonContents found{lines.all(), builder, {}, {}, document->cut};
    walk(document->json, {}, found);
    if (!document->cut && !has_curve(found)) refuse_summary(found);
    read_columns(found);
    read_totals(found);
  }
  account_for(*document, lines, builder);
}

/// Two lists of numbers side by side, or a list of records, at this level or below.
bool holds_curves(const Json& object) {
  std::map<std::size_t, int> columns;
  for (const auto& [key, value] : object.items()) {
    if (is_record_list(value) || (value.is_object() && !is_config_word(key) && holds_curves(value))) return true;
    if (is_column(value) && value.size() > 1 && json_number(value[0]) && ++columns[value.size()] >= 2) return true;
  }
  return false;
}

/// A document that is longer than the head: the head cannot be parsed.
Sniff sniff_beginning(std::string_view text) {
  const auto parts = top_level(text);
  if (parts.size() > 1 && text.front() == '{' && parse_json(parts[0].text) && parts[1].text.front() == '{')
    return {65, "it is one JSON object after another"};
  const bool lists = text.find(": [") != std::string_view::npos || text.find(":[") != std::string_view::npos;
  return lists ? Sniff{60, "it begins like one object with lists"} : Sniff{15, "it begins like a JSON object"};
}

Sniff sniff(const Probe& probe) {
  const auto text = trim(probe.head);
  if (text.empty() || (text.front() != '{' && text.front() != '[')) return {};
  const bool list = text.front() == '[';
  if (list && trim(text.substr(1)).substr(0, 1) != "{") return {};  // "[2024-01-01 10:00:00] …" is a line of a log
  const auto end_of_line = std::min(text.find('\n'), text.size());
  // A document of one line would end there: these are JSON lines.
  if (end_of_line < text.size() && parse_json(text.substr(0, end_of_line))) return {};
  if (list) return {70, "it is a list of objects"};
  const auto document = parse_json(text);
  if (!document) return sniff_beginning(text);
  return holds_curves(*document) ? Sniff{70, "it is one object with lists side by side"}
                                 : Sniff{30, "it is one object"};
}

}  // namespace

constinit const Importer json_document{
    "json_document", "one JSON document: lists side by side, or a list of records", sniff, read,
    R"(Reads one JSON document that holds the whole run: an object whose lists stand side by side
(`history.steps` beside `history.val_losses`, as Keras' `History.history` and many research scripts write it), or a list of
records (Chainer's `log`). Settings are taken from `config`, `experiment_config`, `args`, `hparams` or `params`; single
numbers besides the lists become one last record. Objects that follow one another without a list around them are records too.

**One object of single numbers** is no log: settings, or the summary of a run (`all_results.json`), are refused and say so.

**A document that breaks off**, because it was copied while it grew, is read as far as it goes: the unfinished element of a list is left
out, a list that is shorter than its neighbours is read as far as it goes, and a note says so.

**Time** without a unit in its name is compared with the totals beside it: `elapsed_times` that end where `total_time_minutes`
does are minutes.

**What it cannot know:** what a document that breaks off would have held behind the cut, its settings and totals among it; a
document that is damaged in the middle is refused.)"};

}  // namespace expanalyze
