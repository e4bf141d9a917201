#include "import/event_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "store/run_builder.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr std::string_view kStep = "step", kWallTime = "wall_time";

/// A writer makes one event a number, microseconds apart. What comes later than a second under the same step, such as
/// the evaluation after it, keeps a row and a time of its own.
constexpr double kOneCall = 1.0;

bool starts_with(std::string_view text, std::string_view start) { return text.substr(0, start.size()) == start; }

}  // namespace

EventTags::Tag& EventTags::find(std::string_view name) {
  std::size_t i = tags_.empty() ? 0 : tags_[last_].follower;
  if (tags_.empty() || tags_[i].name != name) {
    i = index_of(name);
    tags_[last_].follower = i;
  }
  last_ = i;
  return tags_[i];
}

std::size_t EventTags::index_of(std::string_view name) {
  const auto [at, fresh] = at_.emplace(std::string(name), tags_.size());
  if (!fresh) return at->second;
  std::string key = prefix_ + at->first;
  if (key == kStep || key == kWallTime) key = "scalars/" + key;  // those are the event's own
  tags_.push_back({at->first, std::move(key), {}, 0, 0});
  return at->second;
}

bool EventTable::same_call(const Event& event) const {
  return row_ > 0 && event.step == step_ && std::abs(event.wall_time - wall_time_) <= kOneCall;
}

void EventTable::begin_row(const Event& event) {
  ++row_;
  step_ = event.step;
  wall_time_ = event.wall_time;
  builder_.begin_record(records_);
  builder_.value(kStep, static_cast<double>(step_));
  if (wall_time_ != 0) builder_.value(kWallTime, wall_time_);
}

void EventTable::add_other(const SummaryValue& value, const EventTags::Tag& tag) {
  if (tag.plugin == "hparams") {
    const auto settings = session_settings(value.content);
    for (const auto& [key, setting] : settings) builder_.config(key, setting, records_);
    if (!settings.empty()) builder_.config_source("the hparams of the event file");
    return;
  }
  const std::string plugin = tag.plugin.empty() ? "(none)" : tag.plugin;
  builder_.note("value.plugin",
                fmt::format("summaries of the plugin {} are no single numbers and are left out, first {}",
                            code_span(plugin), code_span(tag.name)),
                records_, plugin);
}

void EventTable::add_value(const SummaryValue& value, const Event& event, EventTags& tags) {
  EventTags::Tag& tag = tags.find(value.tag);
  if (tag.plugin.empty() && !value.plugin.empty()) tag.plugin = value.plugin;
  const bool scalar = value.simple || tag.plugin.empty() || tag.plugin == "scalars";
  if (!value.has_number || !scalar) return add_other(value, tag);
  if (!same_call(event) || tag.row == row_) begin_row(event);
  tag.row = row_;
  builder_.value(tag.key, value.number);
}

void EventTable::note_damage(Framed framed) {
  if (framed == Framed::cut)
    builder_.note("record.cut", "the last record breaks off: the writer was stopped, or the file copied, in its middle",
                  records_);
  else if (framed == Framed::damaged)
    builder_.note("record.bad_checksum", "records whose bytes do not match their checksum are left out", records_);
  else
    builder_.note("record.bad_length",
                  "the length of a record does not match its checksum: what stands behind it cannot be found",
                  records_);
}

void EventTable::add(Framed framed, const Event& event, EventTags& tags) {
  if (framed == Framed::end) return;
  ++records_;
  if (framed != Framed::record) return note_damage(framed);
  for (const auto& value : event.values) add_value(value, event, tags);
  if (event.broken)
    builder_.note("record.unreadable", "records that are only in part the messages they should be", records_);
  else
    builder_.understood(records_);
}

void declare_axes(const std::vector<EventTags>& folders, RunBuilder& builder) {
  std::size_t tags = 0, of_ray = 0, of_epochs = 0;
  for (const auto& folder : folders)
    for (const auto& tag : folder.all()) {
      if (tag.row == 0) continue;
      ++tags;
      if (starts_with(tag.name, "ray/tune/")) ++of_ray;
      if (starts_with(tag.name, "epoch_")) ++of_epochs;
    }
  Meaning axis{Role::step, "step", Unit::steps};
  // Ray's steps are those of the environment; its tag training_iteration counts the updates.
  if (of_ray > 0) axis = {Role::samples, "samples", Unit::samples};
  if (tags > 0 && of_epochs == tags) axis = {Role::epoch, "epoch", Unit::epochs};
  if (of_epochs > 0 && of_epochs < tags)
    builder.note(
        "axis.step.epochs",
        "Keras writes tags that begin with `epoch_` at the number of the epoch, other tags at that of the batch");
  builder.declare(kStep, axis);
  builder.declare(kWallTime, {Role::timestamp, "timestamp", Unit::seconds});
}

}  // namespace expanalyze
