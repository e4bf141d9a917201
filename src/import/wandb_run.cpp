// Field numbers as in wandb/proto/wandb_internal.proto.
#include "import/wandb_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "expanalyze/error.hpp"
#include "import/wandb_log.hpp"
#include "io/lines.hpp"
#include "store/run_builder.hpp"
#include "text/format.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

constexpr std::string_view kStep = "_step";

/// An item of history, config or summary: its key is one text or a path.
struct Item {
  std::vector<std::string_view> path;
  std::string_view json;

  [[nodiscard]] std::string key(char separator) const {
    std::string joined;
    for (const auto part : path) joined.append(joined.empty() ? 0 : 1, separator).append(part);
    return joined;
  }
};

Item read_item(std::string_view bytes) {
  Item item;
  WireReader fields(bytes);
  for (WireField f; fields.next(f);) {
    if ((f.message(1) || f.message(2)) && item.path.size() < kDeepest) item.path.push_back(f.bytes);
    if (f.message(16)) item.json = f.bytes;
  }
  return item;
}

/// Number 1 of a message that holds one number; 0 is not stored.
std::int64_t only_number(std::string_view message) {
  WireReader fields(message);
  std::int64_t number = 0;
  for (WireField f; fields.next(f);)
    if (f.is(1, WireType::varint)) number = f.int64();
  return number;
}

/// A whole number, as the writer's own steps are: "5", 5.5, null and true were logged by programs of their own.
std::optional<double> whole_number(std::string_view json) {
  const auto v = number_from(json);
  return v && std::isfinite(*v) && *v == std::floor(*v) ? v : std::nullopt;
}

/// {"samples/_type": "image-file", "samples/path": …}: the folders of media among the keys.
std::vector<std::string> media_of(const std::vector<Item>& items) {
  std::vector<std::string> media;
  for (const auto& item : items)
    if (item.path.size() > 1 && item.path.back() == "_type") {
      const std::string key = item.key('/');
      media.push_back(key.substr(0, key.size() - std::string_view("_type").size()));
    }
  return media;
}

bool within(const std::string& key, const std::vector<std::string>& folders) {
  return std::any_of(folders.begin(), folders.end(),
                     [&](const std::string& folder) { return key.compare(0, folder.size(), folder) == 0; });
}

/// Keys that W&B adds by itself: _step, _timestamp, _runtime.
bool is_axis(std::string_view key) { return key.substr(0, 1) == "_"; }

}  // namespace

void WandbRun::read(Input& input) {
  WandbLog log(input);
  std::string_view data;
  for (auto found = log.next(data); found != WandbLog::Found::end; found = log.next(data)) {
    ++records_;
    if (found == WandbLog::Found::record)
      read_record(data);
    else if (found == WandbLog::Found::damaged)
      builder_.note("record.bad_checksum",
                    "bytes that do not match their checksum are left out, up to the next block of the file", records_);
    else
      builder_.note("record.cut",
                    "the last record breaks off: the writer was stopped, or the file copied, in its middle", records_);
  }
}

void WandbRun::read_record(std::string_view data) {
  WireReader fields(data);
  for (WireField f; fields.next(f);) {
    if (f.type != WireType::bytes) continue;
    switch (f.number) {
      case 2:
        read_history(f.bytes);
        break;
      case 4:
      case 13:
        read_output(f.bytes);
        break;
      case 5:
        read_config(f.bytes);
        break;
      case 7:
        builder_.note("stats.left_out", "samples of the machine's state (processors, memory, disks) are left out",
                      records_);
        break;
      case 12:
        read_metric(f.bytes);
        break;
      case 17:
        read_run_record(f.bytes);
        break;
      case 18:
        read_exit(f.bytes);
        break;
      case 23:
        builder_.note("run.preempted", "the machine was taken away from the run", records_);
        break;
      default:
        break;  // summary, files, artifacts, telemetry, header, footer, environment
    }
  }
  if (fields.broken())
    builder_.note("record.unreadable", "records that are only in part the messages they should be", records_);
  else
    builder_.understood(records_);
}

void WandbRun::read_history(std::string_view history) {
  std::vector<Item> items;
  std::optional<double> step;
  bool stored = false;
  WireReader fields(history);
  for (WireField f; fields.next(f);) {
    if (f.message(1)) items.push_back(read_item(f.bytes));
    if (!f.message(2)) continue;
    step = static_cast<double>(only_number(f.bytes));
    stored = true;
  }
  const auto own = [](const Item& item) { return item.path.size() == 1 && item.path[0] == kStep; };
  const auto item = std::find_if(items.begin(), items.end(), own);
  if (!stored && item != items.end()) step = whole_number(item->json);
  if (!stored && item != items.end() && !step)
    builder_.note(
        "step.wrong_type",
        fmt::format("`_step` is no whole number, first {}: the row is counted instead", code_span(item->json)),
        records_);
  last_step_ = step.value_or(next_step_);
  next_step_ = last_step_ + 1;

  ++rows_;
  builder_.begin_record(records_);
  builder_.value(kStep, last_step_);
  const auto media = media_of(items);
  for (std::size_t i = 0; i < media.size(); ++i)
    builder_.note("value.media",
                  fmt::format("tables, histograms and media are left out, first {}",
                              code_span(std::string_view(media[i]).substr(0, media[i].size() - 1))),
                  records_);
  for (const auto& each : items) {
    const std::string key = each.key('/');
    if (!own(each) && !within(key, media)) add_value(key, each.json);
  }
  if (fields.broken()) builder_.note("record.unreadable", "rows of history that break off within", records_);
}

void WandbRun::add_value(const std::string& key, std::string_view json) {
  const std::size_t before = builder_.values();
  if (const auto v = number_from(json))
    builder_.value(key, *v);
  else if (const auto value = parse_json(json))
    read_value(key, *value, builder_, records_);
  else
    builder_.note("value.unreadable", fmt::format("values that are no JSON, first {}", code_span(json)), records_);
  if (!is_axis(key)) logged_ += builder_.values() - before;
}

void WandbRun::read_config(std::string_view config) {
  WireReader fields(config);
  for (WireField f; fields.next(f);) {
    if (!f.message(1) && !f.message(2)) continue;
    const Item item = read_item(f.bytes);
    if (item.path.empty() || item.path[0] == "_wandb") continue;
    const std::string key = item.key('.');
    if (f.number == 2) {
      config_.erase(key);
      continue;
    }
    Json value = parse_json(item.json).value_or(Json(item.json));
    const auto [at, fresh] = config_.emplace(key, value);
    if (!fresh && at->second != value)
      builder_.note("config.changed", fmt::format("{} changes within the log; its last value counts", code_span(key)),
                    records_);
    at->second = std::move(value);
  }
}

void WandbRun::read_run_record(std::string_view run) {
  WireReader fields(run);
  for (WireField f; fields.next(f);) {
    if (f.message(4)) read_config(f.bytes);
    if (!f.is(14, WireType::varint) || f.int64() <= 0) continue;
    next_step_ = static_cast<double>(f.int64());
    builder_.note("run.resumed",
                  fmt::format("the run was resumed at step {}: what came before is in another file", f.int64()),
                  records_);
  }
}

void WandbRun::read_exit(std::string_view exit) { exit_code_ = static_cast<std::int32_t>(only_number(exit)); }

/// Type 0 is standard error, and not stored. Only its end is of interest: a traceback.
void WandbRun::read_output(std::string_view output) {
  constexpr std::size_t kKept = 16U << 10U;
  WireReader fields(output);
  std::string_view line;
  bool to_error = true;
  for (WireField f; fields.next(f);) {
    if (f.is(1, WireType::varint)) to_error = f.bits == 0;
    if (f.message(3)) line = f.bytes;
  }
  if (!to_error) return;
  errors_ += line.substr(line.size() - std::min(line.size(), kKept));
  if (errors_.size() > 2 * kKept) errors_.erase(0, errors_.size() - kKept);
}

/// define_metric("*", step_metric="train/global_step"): the program says itself what its x axis is.
void WandbRun::read_metric(std::string_view metric) {
  WireReader fields(metric);
  std::string_view glob, axis;
  for (WireField f; fields.next(f);) {
    if (f.message(2)) glob = f.bytes;
    if (f.message(4)) axis = f.bytes;
  }
  if (glob != "*" || axis.empty()) return;
  const Role role = meaning(axis).role;
  if (role == Role::step || role == Role::mechanism) builder_.declare(axis, {Role::step, "step", Unit::steps});
}

void WandbRun::setting(const std::string& key, ConfigValue value) {
  const auto at = config_.lower_bound(key);
  // "model" = {"width": 64} in the records is "model.width" beside them.
  const bool known = at != config_.end() && at->first == key;
  const auto dot = key.find('.');
  if (known || (dot != std::string::npos && config_.count(key.substr(0, dot)) != 0)) return;
  builder_.config(key, std::move(value));
  ++other_settings_;
}

/// Of Python's last traceback the line that names the exception: the first that is not indented.
std::string WandbRun::error_line() const {
  constexpr std::string_view kTraceback = "Traceback (most recent call last)";
  const auto at = errors_.rfind(kTraceback);
  if (at == std::string::npos) return {};
  Lines lines(std::string_view(errors_).substr(at));
  std::string_view line;
  std::uint32_t number = 0;
  lines.next(line, number);
  while (lines.next(line, number))
    if (!trim(line).empty() && line.front() != ' ') return std::string(trim(line));
  return {};
}

void WandbRun::note_end() {
  const std::string error = error_line();
  const std::string why = error.empty() ? "" : fmt::format("; its last error: {}", code_span(error, 160));
  if (!exit_code_)
    builder_.note("run.no_exit_record",
                  "there is no exit record: the run was killed, is still going on, or its file was copied early" + why,
                  records_);
  else if (*exit_code_ != 0)
    builder_.note("run.exit_code",
                  fmt::format("the run ended with exit code {}{}{}", *exit_code_,
                              *exit_code_ == 255 ? " (interrupted)"
                              : *exit_code_ == 1 ? " (an exception)"
                                                 : "",
                              why),
                  records_);
}

void WandbRun::finish() {
  if (logged_ == 0)
    throw Error(Error::Kind::input,
                fmt::format("holds {}: {} settings, {}",
                            rows_ == 0 ? "no history" : fmt::format("no numbers in {} rows of history", rows_),
                            config_.size() + other_settings_,
                            exit_code_ ? fmt::format("exit code {}", *exit_code_) : "no exit record"),
                "the run logged nothing before it ended, or logged to another file");
  for (const auto& [key, value] : config_) {
    if (value.is_object() && !value.empty())
      expanalyze::read_config(value, builder_, 0, key);
    else
      builder_.config(key, config_value(value));
  }
  if (!config_.empty()) builder_.config_source("the records of the run");
  note_end();
  builder_.counted(records_, "records");
}

}  // namespace expanalyze
