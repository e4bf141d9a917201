#include "store/run_builder.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <thread>

#include "text/format.hpp"

namespace expanalyze {

namespace {

/// More threads than this do not help: one of them reads, and the columns grow in the order of the log.
constexpr unsigned kMostThreads = 4;

/// Asks for large pages where a column fills several: zeroing 4 KiB at a time took a seventh of the reading time of
/// 1 GB. A refusal changes nothing.
void in_large_pages(void* from, std::size_t bytes) {
  constexpr std::size_t kLargePage = 2U << 20U, kWorthwhile = 4 * kLargePage;
  if (bytes < kWorthwhile) return;
  const std::size_t before = -reinterpret_cast<std::uintptr_t>(from) % kLargePage;
  (void)madvise(static_cast<char*>(from) + before, (bytes - before) / kLargePage * kLargePage, MADV_HUGEPAGE);
}

/// Grows a column at once to what the whole log will need, judged by the share that is read, and an eighth more.
/// Growing by doubling copies each value and touches each page twice. At most 64 times as much: a size may lie (sparse
/// files).
template <class T>
void make_room(std::vector<T>& column, std::size_t more, double share) {
  const std::size_t now = column.size() + more;
  if (now <= column.capacity()) return;
  const double times = share > 0 ? std::clamp(1.125 / share, 1.125, 64.0) : 2.0;
  column.reserve(static_cast<std::size_t>(static_cast<double>(now) * times) + 1);
  in_large_pages(column.data(), column.capacity() * sizeof(T));
}

}  // namespace

unsigned usable_threads(unsigned asked) {
  return asked != 0 ? asked : std::clamp(std::thread::hardware_concurrency(), 1U, kMostThreads);
}

RunBuilder::RunBuilder(unsigned threads) : threads_(usable_threads(threads)) {
  most_columns_ = kMostKeys;
  most_words_ = kMostWordKeys;
}

void RunBuilder::append(const RowGroup& group, double share) {
  const auto offset = static_cast<std::uint32_t>(line_.size());
  make_room(line_, group.line_.size(), share);
  line_.insert(line_.end(), group.line_.begin(), group.line_.end());
  for (const Note& n : group.notes_) {
    add_note(notes_, n.code, n.text, n.where.line, n.where.series, n.count);
    noted_again(n.code, n.where.series, 0, n.last_line);
  }
  append_columns(group, offset, share);
  append_words(group, offset);
  settings_.insert(settings_.end(), group.settings_.begin(), group.settings_.end());
  config_source(group.config_source_);
  settle_config();
  understood_ += group.understood_;
  last_understood_ = std::max(last_understood_, group.last_understood_);
}

void RunBuilder::append_columns(const RowGroup& group, std::uint32_t offset, double share) {
  for (const ColumnId id : group.used_columns_) {
    const Column& from = group.columns_[id];
    const ColumnId own = column(from.key, from.labels);
    if (own == kNone) {  // column() counted one of them
      noted_again("key.too_many", {}, from.value.size() + from.blank.size() - 1);
      continue;
    }
    use(columns_, used_columns_, own);
    Column& to = columns_[own];
    make_room(to.value, from.value.size(), share);
    to.value.insert(to.value.end(), from.value.begin(), from.value.end());
    to.records.append(from.records, offset);
    to.blank.append(from.blank, offset);
    values_ += from.value.size();
  }
}

void RunBuilder::append_words(const RowGroup& group, std::uint32_t offset) {
  std::vector<std::uint32_t> own_code;
  for (const ColumnId id : group.used_words_) {
    const Words& from = group.words_[id];
    const ColumnId own = words(from.key);
    if (own == kNone) {
      noted_again("key.too_many", {}, from.code.size() - 1);
      continue;
    }
    Words& to = words_[own];
    constexpr std::uint32_t kUnseen = kNone - 1;
    own_code.assign(from.dictionary.size(), kUnseen);
    for (const auto code : from.code) {
      if (code != kNone && own_code[code] == kUnseen) own_code[code] = to.code_for(from.dictionary[code]);
      to.code.push_back(code == kNone ? kNone : own_code[code]);
    }
    to.records.append(from.records, offset);
  }
}

void RunBuilder::declare(std::string_view key, Meaning meaning) {
  meaning.fit = 3;
  declared_.insert_or_assign(std::string(key), std::move(meaning));
}

void RunBuilder::absent(std::string_view key, double value, std::string means) {
  if (absent_.find(key) == absent_.end()) absent_.emplace(key, Absent{value, std::move(means)});
}

void RunBuilder::counted(std::size_t lines, std::string_view in) {
  counted_ = lines;
  counted_in_ = in;
}

void RunBuilder::one_document(std::uint32_t lines) { understood_ = last_understood_ = lines; }

void RunBuilder::settle_config() {
  for (auto& [key, value, line] : settings_) {
    const auto latest = latest_.find(key);
    if (latest == latest_.end() || stated_[latest->second].value != value) {
      latest_.insert_or_assign(key, stated_.size());
      stated_.push_back({key, value, line});
    }
    const auto [at, fresh] = config_.emplace(key, value);
    if (!fresh && at->second != value)
      note("config.changed", fmt::format("{} changes within the log; its first value is kept", code_span(key)), line);
  }
  settings_.clear();
}

void RunBuilder::note_words() {
  for (const auto& words : words_) {
    if (words.records.empty()) continue;
    const std::string* first = words.word(0);
    const auto line = line_[words.records.front()];
    add_note(notes_, "value.text",
             fmt::format("words in place of numbers, first {} = {}", code_span(words.key),
                         code_span(first == nullptr ? "" : *first)),
             line, {}, words.code.size());
  }
}

void RunBuilder::move_columns(Run& run) {
  std::map<Presence, RowsId> rows_of;
  for (auto& c : columns_) {
    if (c.records.empty()) continue;
    const auto [at, fresh] = rows_of.emplace(std::move(c.records), run.rows.size());
    if (fresh) {
      const Presence& records = at->first;
      Rows rows;
      rows.line.reserve(records.size());
      for (const auto& [first, end] : records.stretches())
        rows.line.insert(rows.line.end(), line_.begin() + first, line_.begin() + end);
      run.rows.push_back(std::move(rows));
      record_of_rows_.push_back(records);
    }
    Series s;
    s.name = s.logged_as = std::move(c.key);
    s.labels = std::move(c.labels);
    s.rows = at->second;
    s.value = std::move(c.value);
    run.series.push_back(std::move(s));
  }
}

Run RunBuilder::finish(std::size_t lines, const std::map<Role, std::string>& map) {
  settle_config();
  drop_absent();
  settle_blanks();
  pivot_tidy_rows();
  pivot_long_rows();
  apply_split_tags();
  note_words();
  Run run;
  run.lines = counted_.value_or(lines);
  run.counted_in = counted_in_;
  run.label = label_;
  run.lines_understood = std::min(understood_, run.lines);
  run.config = std::move(config_);
  run.config_source = std::move(config_source_);
  run.notes = std::move(notes_);
  move_columns(run);
  assign_roles(run, map, declared_, side_);
  for (auto& choice : run.roles)
    if (const auto how = made_.find(choice.logged_as); how != made_.end()) {
      choice.why = "made of " + how->second;
      std::erase_if(choice.others, [&](const auto& key) { return how->second.find(code_span(key)) != key.npos; });
    }
  fill_steps(run, record_of_rows_, line_);
  return run;
}

}  // namespace expanalyze
