#include "store/run_builder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <limits>

#include "store/roles.hpp"
#include "text/format.hpp"

namespace expanalyze {

void add_note(std::vector<Note>& notes, std::string_view code, std::string text, std::uint32_t line,
              std::string_view series) {
  for (auto& note : notes) {
    if (note.code != code || note.where.series != series) continue;
    ++note.count;
    return;
  }
  Note note{code, std::move(text), {}, 1};
  note.where.series = series;
  note.where.line = line;
  notes.push_back(std::move(note));
}

void RunBuilder::begin_record(std::uint32_t line) {
  line_.push_back(line);
  understood(line);
}

RunBuilder::Column* RunBuilder::column(std::string_view key, const Labels& labels) {
  assert(!line_.empty());
  lookup_.assign(key);
  for (const auto& [name, value] : labels) lookup_.append(1, '\0').append(name).append(1, '=').append(value);
  const auto found = column_of_.find(lookup_);
  if (found != column_of_.end()) return &columns_[found->second];
  if (columns_.size() >= kMostKeys) {
    note("key.too_many", fmt::format("more than {} keys; left out from {} on", kMostKeys, code_span(key)),
         line_.back());
    return nullptr;
  }
  column_of_.emplace(lookup_, columns_.size());
  columns_.push_back({std::string(key), labels, {}, {}, {}});
  return &columns_.back();
}

void RunBuilder::value(std::string_view key, double v) {
  static const Labels none;
  value(key, none, v);
}

void RunBuilder::value(std::string_view key, const Labels& labels, double v) {
  Column* c = column(key, labels);
  if (c == nullptr) return;
  if (!c->record.empty() && c->record.back() == current()) {
    c->value.back() = v;
    note("key.repeated", fmt::format("{} stands twice in one record; the later value is kept", code_span(key)),
         line_.back());
    return;
  }
  ++values_;
  c->record.push_back(current());
  c->value.push_back(v);
}

void RunBuilder::text(std::string_view key, std::string_view word) {
  assert(!line_.empty());
  auto found = std::find_if(words_.begin(), words_.end(), [&](const Words& w) { return w.key == key; });
  if (found == words_.end()) {
    if (words_.size() >= kMostWordKeys) {
      note("key.too_many",
           fmt::format("more than {} keys hold words; left out from {} on", kMostWordKeys, code_span(key)),
           line_.back());
      return;
    }
    words_.push_back({std::string(key), {}, {}});
    found = words_.end() - 1;
  }
  found->record.push_back(current());
  found->word.emplace_back(word.substr(0, 200));
}

void RunBuilder::blank(std::string_view key) {
  if (Column* c = column(key, {})) c->blank.push_back(current());
}

void RunBuilder::config(std::string_view key, ConfigValue v, std::uint32_t line) {
  const auto [at, fresh] = config_.emplace(std::string(key), v);
  if (!fresh && at->second != v)
    note("config.changed", fmt::format("{} changes within the log; its first value is kept", code_span(key)), line);
}

void RunBuilder::config_source(std::string source) {
  if (config_source_.empty()) config_source_ = std::move(source);
}

void RunBuilder::declare(std::string_view key, Meaning meaning) {
  meaning.fit = 3;
  declared_.insert_or_assign(std::string(key), std::move(meaning));
}

void RunBuilder::absent(std::string_view key, double value, std::string means) {
  absent_.push_back({std::string(key), value, std::move(means)});
}

void RunBuilder::counted(std::size_t lines, std::string_view in) {
  counted_ = lines;
  counted_in_ = in;
}

void RunBuilder::note(std::string_view code, std::string text, std::uint32_t line, std::string_view series) {
  add_note(notes_, code, std::move(text), line, series);
}

void RunBuilder::understood(std::uint32_t line) {
  if (line <= last_understood_) return;  // several records on one line
  last_understood_ = line;
  ++understood_;
}

void RunBuilder::one_document(std::uint32_t lines) { understood_ = last_understood_ = lines; }

void RunBuilder::note_words() {
  for (const auto& words : words_) {
    if (words.word.empty()) continue;
    const auto line = line_[words.record.front()];
    for (std::size_t i = 0; i < words.word.size(); ++i)
      note("value.text",
           fmt::format("words in place of numbers, first {} = {}", code_span(words.key), code_span(words.word[0])),
           line);
  }
}

void RunBuilder::move_columns(Run& run) {
  std::map<std::vector<std::uint32_t>, RowsId> rows_of;
  std::vector<std::vector<std::uint32_t>> record;
  for (auto& c : columns_) {
    if (c.record.empty()) continue;
    const auto [at, fresh] = rows_of.emplace(std::move(c.record), run.rows.size());
    if (fresh) {
      record.push_back(at->first);
      Rows rows;
      for (const auto i : at->first) rows.line.push_back(line_[i]);
      run.rows.push_back(std::move(rows));
    }
    Series s;
    s.name = s.logged_as = std::move(c.key);
    s.labels = std::move(c.labels);
    s.rows = at->second;
    s.value = std::move(c.value);
    run.series.push_back(std::move(s));
  }
  record_of_rows_ = std::move(record);
}

Run RunBuilder::finish(std::size_t lines, const std::map<Role, std::string>& map) {
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
  assign_roles(run, map, declared_);
  fill_steps(run, record_of_rows_, line_);
  return run;
}

}  // namespace expanalyze
