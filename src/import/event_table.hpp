// Events, one or a few numbers each, become the records of a run: one a step.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "import/event.hpp"
#include "import/tfrecord.hpp"

namespace expanalyze {

class RunBuilder;

/// The tags of the event files in one folder.
class EventTags {
 public:
  struct Tag {
    std::string name;          ///< as stored
    std::string key;           ///< with the folder in front
    std::string plugin;        ///< stated with any of its values
    std::uint64_t row = 0;     ///< the last that has a value of it
    std::size_t follower = 0;  ///< the tag that stood behind it last time
  };

  explicit EventTags(std::string prefix) : prefix_(std::move(prefix)) {}
  /// Writers repeat their tags in one order: the guess saves most of the lookups.
  Tag& find(std::string_view name);
  [[nodiscard]] const std::vector<Tag>& all() const { return tags_; }

 private:
  std::size_t index_of(std::string_view name);

  std::string prefix_;
  std::vector<Tag> tags_;
  std::unordered_map<std::string, std::size_t> at_;
  std::size_t last_ = 0;
};

class EventTable {
 public:
  explicit EventTable(RunBuilder& builder) : builder_(builder) {}

  /// What stood next in a file, in order of time over all files.
  void add(Framed framed, const Event& event, EventTags& tags);

  [[nodiscard]] std::uint32_t records() const { return records_; }

 private:
  void add_value(const SummaryValue& value, const Event& event, EventTags& tags);
  void add_other(const SummaryValue& value, const EventTags::Tag& tag);
  void note_damage(Framed framed);
  [[nodiscard]] bool same_call(const Event& event) const;
  void begin_row(const Event& event);

  RunBuilder& builder_;
  std::uint32_t records_ = 0;
  std::uint64_t row_ = 0;
  std::int64_t step_ = 0;
  double wall_time_ = 0;
};

/// What the keys of the axes mean, by the writer that the tags give away.
void declare_axes(const std::vector<EventTags>& tags, RunBuilder& builder);

}  // namespace expanalyze
