#include "store/row_group.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "text/format.hpp"

namespace expanalyze {

namespace {

/// A word longer than this is a message.
constexpr std::size_t kLongestWord = 200;
/// More different words than this are not kept from block to block.
constexpr std::size_t kRememberedWords = 4096;

}  // namespace

void add_note(std::vector<Note>& notes, std::string_view code, std::string text, std::uint32_t line,
              std::string_view series, std::size_t count) {
  for (auto& note : notes) {
    if (note.code != code || note.where.series != series) continue;
    note.count += count;
    note.last_line = std::max(note.last_line, line);
    return;
  }
  Note note{code, std::move(text), {}, count};
  note.where.series = series;
  note.where.line = note.last_line = line;
  notes.push_back(std::move(note));
}

std::uint32_t RowGroup::Words::code_for(std::string_view word) {
  std::string kept(word.substr(0, kLongestWord));
  const auto found = code_of.find(kept);
  if (found != code_of.end()) return found->second;
  if (dictionary.size() >= kMostWords) return kNone;
  const auto fresh = static_cast<std::uint32_t>(dictionary.size());
  dictionary.push_back(kept);
  code_of.emplace(std::move(kept), fresh);
  return fresh;
}

void RowGroup::Words::drop_words() {
  records.clear();
  code.clear();
}

RowGroup::ColumnId RowGroup::column(std::string_view key, const Labels& labels) {
  lookup_.assign(key);
  for (const auto& [name, value] : labels) lookup_.append(1, '\0').append(name).append(1, '=').append(value);
  const auto found = column_of_.find(lookup_);
  if (found != column_of_.end()) return found->second;
  if (columns_.size() >= most_columns_) {
    if (!noted_again("key.too_many", {}, 1, last_line()))
      note("key.too_many", fmt::format("more than {} keys; left out from {} on", most_columns_, code_span(key)),
           last_line());
    return kNone;
  }
  const auto id = static_cast<ColumnId>(columns_.size());
  column_of_.emplace(lookup_, id);
  columns_.emplace_back();
  columns_.back().key = key;
  columns_.back().labels = labels;
  return id;
}

RowGroup::ColumnId RowGroup::words(std::string_view key) {
  lookup_.assign(key);
  const auto found = words_of_.find(lookup_);
  if (found != words_of_.end()) return found->second;
  if (words_.size() >= most_words_) {
    if (!noted_again("key.too_many", {}, 1, last_line()))
      note("key.too_many",
           fmt::format("more than {} keys hold words; left out from {} on", most_words_, code_span(key)), last_line());
    return kNone;
  }
  const auto id = static_cast<ColumnId>(words_.size());
  words_of_.emplace(lookup_, id);
  words_.emplace_back();
  words_.back().key = key;
  return id;
}

void RowGroup::put_first(ColumnId column, double v) {
  if (column == kNone) return;
  assert(!line_.empty());
  use(columns_, used_columns_, column);
  Column& c = columns_[column];
  if (!c.records.empty() && c.records.back() == current()) {
    c.value.back() = v;
    if (!noted_again("key.repeated", {}, 1, line_.back()))
      note("key.repeated", fmt::format("{} stands twice in one record; the later value is kept", code_span(c.key)),
           line_.back());
    return;
  }
  ++values_;
  c.records.add(current());
  c.value.push_back(v);
}

void RowGroup::put_blank(ColumnId column) {
  if (column == kNone) return;
  assert(!line_.empty());
  use(columns_, used_columns_, column);
  Column& c = columns_[column];
  if (c.blank.empty() || c.blank.back() != current()) c.blank.add(current());
}

std::uint32_t RowGroup::code_for(ColumnId words, std::string_view word) {
  return words == kNone ? kNone : words_[words].code_for(word);
}

void RowGroup::put_code(ColumnId words, std::uint32_t code) {
  if (words == kNone) return;
  assert(!line_.empty());
  use(words_, used_words_, words);
  Words& w = words_[words];
  if (!w.records.empty() && w.records.back() == current()) {
    w.code.back() = code;
    return;
  }
  w.records.add(current());
  w.code.push_back(code);
}

void RowGroup::value(std::string_view key, double v) { put(column(key), v); }
void RowGroup::value(std::string_view key, const Labels& labels, double v) { put(column(key, labels), v); }
void RowGroup::text(std::string_view key, std::string_view word) { put_word(words(key), word); }
void RowGroup::blank(std::string_view key) { put_blank(column(key)); }

void RowGroup::config(std::string_view key, ConfigValue v, std::uint32_t line) {
  settings_.push_back({std::string(key), std::move(v), line});
}

void RowGroup::config_source(std::string source) {
  if (config_source_.empty()) config_source_ = std::move(source);
}

void RowGroup::note(std::string_view code, std::string text, std::uint32_t line, std::string_view series) {
  add_note(notes_, code, std::move(text), line, series);
}

bool RowGroup::noted_again(std::string_view code, std::string_view series, std::size_t count, std::uint32_t line) {
  for (auto& note : notes_) {
    if (note.code != code || note.where.series != series) continue;
    note.count += count;
    note.last_line = std::max(note.last_line, line);
    return true;
  }
  return false;
}

void RowGroup::forget() {
  const auto edition = words_edition_ + 1;
  *this = {};
  words_edition_ = edition;
}

void RowGroup::clear() {
  for (const auto id : used_columns_) {
    Column& c = columns_[id];
    c.records.clear();
    c.value.clear();
    c.blank.clear();
    c.used = false;
  }
  for (const auto id : used_words_) {
    Words& w = words_[id];
    w.drop_words();
    w.used = false;
    if (w.dictionary.size() <= kRememberedWords) continue;
    w.dictionary.clear();
    w.code_of.clear();
    ++words_edition_;
  }
  used_columns_.clear();
  used_words_.clear();
  line_.clear();
  settings_.clear();
  config_source_.clear();
  notes_.clear();
  last_understood_ = 0;
  understood_ = values_ = 0;
}

}  // namespace expanalyze
