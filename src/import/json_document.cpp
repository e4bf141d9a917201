#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "expanalyze/error.hpp"
#include "import/config_file.hpp"
#include "import/importers.hpp"
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

bool is_config_key(std::string_view key) {
  const std::string word = lower(key);
  for (const auto* known : {"config", "experiment_config", "args", "hparams", "hyperparameters", "params", "settings"})
    if (word == known) return true;
  return false;
}

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

/// What a walk through the document finds.
struct Contents {
  std::string_view text;
  RunBuilder& builder;
  std::vector<std::pair<std::string, Json>> columns;
  std::vector<std::pair<std::string, Json>> totals;  ///< single numbers: one last record
  bool cut = false;                                  ///< the document breaks off: the last column may be short
};

void walk(const Json& object, const std::string& prefix, Contents& found) {
  for (const auto& [key, value] : object.items()) {
    const std::string path = prefix.empty() ? key : prefix + "/" + key;
    if (value.is_object() && is_config_key(key)) {
      read_config(value, found.builder, 1);
      if (!value.empty()) found.builder.config_source(fmt::format("{} in the log", code_span(path)));
    } else if (value.is_object()) {
      walk(value, path, found);
    } else if (is_record_list(value)) {
      read_records(value, found.text, key, found.builder);
    } else if (is_column(value)) {
      found.columns.emplace_back(key, value);
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

/// The length that most columns have; that of the step column where there is one.
std::size_t rows_of(const Contents& found, std::string& step_key) {
  std::map<std::size_t, std::size_t> votes;
  for (const auto& [key, column] : found.columns) {
    if (meaning(key).role == Role::step) {
      step_key = key;
      return column.size();
    }
    if (!column.empty()) ++votes[column.size()];
  }
  std::size_t best = 0, most = 0;
  for (const auto& [length, n] : votes)
    if (n >= most) {
      best = length;
      most = n;
    }
  return best;
}

bool has_unit(const Key& key) {
  return std::any_of(key.words.begin(), key.words.end(), [](const std::string& w) {
    return w == "s" || w == "ms" || w == "minutes" || w == "min" || w == "h";
  });
}

/// "elapsed_times" does not say its unit; a total beside it does ("total_time_minutes"). Minutes and seconds differ by
/// 60, so the total that lies within a factor 2 of the clock's last value has the clock's unit. 0: no total is near.
double clock_factor(const Json& column, const Contents& found) {
  const auto last = column.empty() ? std::nullopt : json_number(column.back());
  if (!last || !(*last > 0)) return 0;
  double best = std::log(2.0), factor = 0;
  for (const auto& [path, value] : found.totals) {
    const Meaning total = meaning(path.substr(path.rfind('/') + 1));
    const auto v = json_number(value);
    if (total.unit != Unit::seconds || !has_unit(take_apart(path)) || !v || !(*v > 0)) continue;
    const double distance = std::abs(std::log(*last / *v));
    if (distance >= best) continue;
    best = distance;
    factor = total.factor;
  }
  return factor;
}

double unit_factor(const std::string& key, const Json& column, const Contents& found, std::uint32_t line) {
  if (meaning(key).role != Role::wall || has_unit(take_apart(key))) return 1;
  const double factor = clock_factor(column, found);
  if (factor == 0 && found.cut) {
    found.builder.declare(key, {});
    found.builder.note("unit.unknown",
                       fmt::format("the unit of {} may have stood behind the cut: it is no clock", code_span(key)),
                       line, key);
  } else if (factor == 0) {
    found.builder.note("unit.guessed",
                       fmt::format("{} is taken for seconds: nothing in the document says", code_span(key)), line, key);
  } else if (factor != 1) {
    found.builder.note("unit.converted",
                       fmt::format("{} is read in seconds: its last value agrees with a total when multiplied by {}",
                                   code_span(key), number(factor)),
                       line, key);
  }
  return factor == 0 ? 1 : factor;
}

void read_cell(const std::string& key, const Json& cell, double factor, RunBuilder& builder, std::uint32_t line) {
  const auto v = factor == 1 ? std::nullopt : json_number(cell);
  if (v)
    builder.value(key, *v * factor);
  else
    read_value(key, cell, builder, line);
}

/// The column in which a document breaks off is short; where it is that of the steps, the others go on without.
bool cut_short(const std::string& key, std::size_t rows, const std::string& step_key, Contents& found) {
  if (!found.cut) return false;
  const auto& [last, cells] = found.columns.back();
  if (key == last ? cells.size() >= rows : last != step_key) return false;
  found.builder.note(
      "value.array_length",
      fmt::format("the document breaks off in {}: it is read as far as {} elements go", code_span(last), cells.size()),
      0, key);
  return true;
}

void read_columns(Contents& found) {
  std::string step_key;
  const std::size_t rows = rows_of(found, step_key);
  const auto lines =
      element_lines(found.text, step_key.empty() && !found.columns.empty() ? found.columns[0].first : step_key);
  const auto line_of = [&](std::size_t i) { return i < lines.size() ? lines[i] : 1U; };
  std::vector<std::pair<const std::pair<std::string, Json>*, double>> used;
  for (const auto& column : found.columns) {
    const bool agrees = column.second.size() == rows || cut_short(column.first, rows, step_key, found);
    if (agrees && rows > 0)
      used.emplace_back(&column, unit_factor(column.first, column.second, found, line_of(0)));
    else
      found.builder.note("value.array_length",
                         fmt::format("{} has {} elements where the others have {}: it is left out",
                                     code_span(column.first), column.second.size(), rows),
                         0, column.first);
  }
  for (std::size_t i = 0; i < rows; ++i) {
    found.builder.begin_record(line_of(i));
    for (const auto& [column, factor] : used)
      if (i < column->second.size()) read_cell(column->first, column->second[i], factor, found.builder, line_of(i));
  }
}

void read_totals(Contents& found) {
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
bool has_curve(const Contents& found) {
  std::map<std::size_t, std::size_t> beside;
  for (const auto& [key, column] : found.columns) {
    if (std::none_of(column.begin(), column.end(), [](const Json& v) { return json_number(v).has_value(); })) continue;
    const Role role = meaning(key).role;
    if (role != Role::mechanism && role != Role::none) return true;
    if (column.size() > 2 && ++beside[column.size()] == 2) return true;
  }
  return found.builder.records() > 0;
}

/// One object with single numbers was written once: it is no log of a run, whatever its numbers are.
void refuse_summary(const Contents& found) {
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
    Contents found{lines.all(), builder, {}, {}, document->cut};
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
    if (is_record_list(value) || (value.is_object() && !is_config_key(key) && holds_curves(value))) return true;
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
