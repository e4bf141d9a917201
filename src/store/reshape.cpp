// Three table layouts that mean the same as one key a quantity: blanks that are NaN, rows tagged with a split, long
// format.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "store/key.hpp"
#include "store/roles.hpp"
#include "store/run_builder.hpp"
#include "text/format.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
/// Records that two columns must share, and blanks in a row, before a gap in one of them means something.
constexpr std::size_t kFewest = 3;

bool is_split_key(std::string_view key) {
  const std::string word = lower(key);
  for (const auto* known : {"split", "mode", "phase", "_type", "type", "event", "kind", "stage", "subset"})
    if (word == known) return true;
  return false;
}

bool is_label_key(std::string_view key) {
  const std::string word = lower(key);
  for (const auto* known :
       {"layer", "block", "head", "expert", "proj", "module", "param", "parameter", "name", "group"})
    if (word == known) return true;
  return false;
}

bool is_value_key(std::string_view key) {
  const std::string word = lower(key);
  return word == "value" || word == "val" || word == "metric_value" || word == "scalar";
}

/// Columns of a tidy table that hold the name of what was measured. A bare `name` may as well be that of a module:
/// it counts only beside a column `value`, as these all do.
bool is_quantity_key(std::string_view key) {
  const std::string word = lower(key);
  for (const auto* known :
       {"metric", "metric_name", "name", "key", "tag", "variable", "quantity", "measure", "series", "scalar_name"})
    if (word == known) return true;
  return false;
}

std::string_view prefix(std::string_view key) { return key.substr(0, key.rfind('/') + 1); }

/// All records of `own` come first in `other`.
bool begins_with(const Presence& other, const Presence& own) {
  const auto &mine = own.stretches(), &theirs = other.stretches();
  if (mine.size() > theirs.size()) return false;
  const std::size_t last = mine.size() - 1;
  return std::equal(mine.begin(), mine.end() - 1, theirs.begin()) && mine[last].first == theirs[last].first &&
         mine[last].end <= theirs[last].end;
}

/// The records of `blank` at which a sibling that was logged with the column ever since goes on: null and empty cells
/// are how several tools write NaN (RLlib, AlgoPerf). Where the whole row of cells ends, the quantity was just not
/// logged.
std::vector<std::uint32_t> missing_beside(const Presence& own, const Presence& blank, const Presence& sibling) {
  if (sibling.size() < own.size() + kFewest || !begins_with(sibling, own)) return {};
  std::vector<std::uint32_t> missing;
  std::set_intersection(blank.begin(), blank.end(), sibling.begin(), sibling.end(), std::back_inserter(missing));
  missing.erase(missing.begin(), std::upper_bound(missing.begin(), missing.end(), own.back()));
  return missing.size() < kFewest ? std::vector<std::uint32_t>{} : missing;
}

}  // namespace

void RunBuilder::drop_absent() {
  if (absent_.empty()) return;
  for (auto& c : columns_) {
    const auto found = absent_.find(c.key);
    if (found == absent_.end()) continue;
    const auto& [none, means] = found->second;
    Column kept;
    auto value = c.value.begin();
    for (const auto record : c.records) {
      const double v = *value++;
      if (v == none || (std::isnan(v) && std::isnan(none))) {
        if (!noted_again("value.absent", c.key, 1, line_[record]))
          note("value.absent", fmt::format("{} is {} where {}: no value", code_span(c.key), number(none), means),
               line_[record], c.key);
        continue;
      }
      kept.records.add(record);
      kept.value.push_back(v);
    }
    c.blank.clear();
    c.records = std::move(kept.records);
    c.value = std::move(kept.value);
  }
}

void RunBuilder::settle_blanks() {
  std::vector<std::vector<std::uint32_t>> found(columns_.size());
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const auto& c = columns_[i];
    if (c.blank.empty() || c.records.empty() || c.blank.back() < c.records.back()) continue;
    for (const auto& sibling : columns_) {
      // One common record proves nothing, unless both are of one evaluation ("validation/").
      const bool same_call = !prefix(c.key).empty() && prefix(c.key) == prefix(sibling.key);
      if (c.records.size() < kFewest && !same_call) continue;
      auto missing = missing_beside(c.records, c.blank, sibling.records);
      if (missing.size() > found[i].size()) found[i] = std::move(missing);
    }
  }
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    auto& c = columns_[i];
    for (const auto record : found[i]) {
      c.records.add(record);
      c.value.push_back(kNaN);
    }
    if (!found[i].empty()) {
      add_note(notes_, "value.blank_is_nan",
               fmt::format("{} is empty to the end while its neighbours go on: read as NaN", code_span(c.key)),
               line_[found[i].front()], c.key, found[i].size());
      noted_again("value.blank_is_nan", c.key, 0, line_[found[i].back()]);
    }
    c.blank.clear();
  }
}

/// {"mode": "val", "loss": 0.4}: the loss of such rows becomes a series of its own, "val/loss".
void RunBuilder::apply_split_tags() {
  for (auto& tags : words_) {
    if (!is_split_key(tags.key)) continue;
    std::vector<DataSide> side;
    for (const auto& word : tags.dictionary) side.push_back(side_of(lower(word)));
    std::vector<const std::string*> tag(line_.size(), nullptr);
    bool any = false;
    auto code = tags.code.begin();
    for (const auto record : tags.records) {
      const auto word = *code++;
      if (word == kNone) continue;
      any = any || side[word] != DataSide::none;
      if (side[word] == DataSide::eval) tag[record] = &tags.dictionary[word];
    }
    if (!any) continue;
    for (std::size_t c = 0, n = columns_.size(); c < n; ++c) {
      const Role role = meaning(columns_[c].key).role;
      const bool sided = take_apart(columns_[c].key).side != DataSide::none;
      if (sided || (role != Role::train_loss && role != Role::eval_metric)) continue;
      split_column(c, tag);
    }
    tags.drop_words();
  }
}

void RunBuilder::split_column(std::size_t c, const std::vector<const std::string*>& tag) {
  const Column old = std::move(columns_[c]);
  Column kept;
  kept.key = old.key;
  kept.labels = old.labels;
  std::map<std::string, Column> split;
  auto value = old.value.begin();
  for (const auto record : old.records) {
    Column& to = tag[record] == nullptr ? kept : split[*tag[record] + "/" + old.key];
    to.records.add(record);
    to.value.push_back(*value++);
  }
  columns_[c] = std::move(kept);
  for (auto& [key, column] : split) {
    const bool taken =
        std::any_of(columns_.begin(), columns_.end(), [&k = key](const Column& other) { return other.key == k; });
    column.key = taken ? key + "#split" : key;
    column.labels = old.labels;
    columns_.push_back(std::move(column));
  }
}

/// One row a (step, metric): the word in one column names the quantity whose value stands in another.
void RunBuilder::pivot_tidy_rows() {
  const auto value_at = std::find_if(columns_.begin(), columns_.end(),
                                     [](const Column& c) { return is_value_key(c.key) && c.labels.empty(); });
  const auto name = std::find_if(words_.begin(), words_.end(), [](const Words& w) { return is_quantity_key(w.key); });
  if (value_at == columns_.end() || name == words_.end()) return;
  const Column old = std::move(*value_at);
  *value_at = Column();
  value_at->key = old.key;
  std::set<std::string> taken;  // a metric may be called like a column
  for (const auto& c : columns_)
    if (c.key != old.key) taken.insert(c.key);
  std::vector<const std::string*> quantity(line_.size(), nullptr);
  std::size_t n = 0;
  for (const auto record : name->records) quantity[record] = name->word(n++);
  auto value = old.value.begin();
  for (const auto record : old.records) {
    const std::string* word = quantity[record];
    const double v = *value++;
    const ColumnId id = column(word == nullptr ? old.key : taken.count(*word) == 0 ? *word : old.key + "/" + *word);
    if (id == kNone) continue;
    columns_[id].records.add(record);
    columns_[id].value.push_back(v);
  }
  name->drop_words();
}

/// One row a (step, layer, proj): each combination of labels becomes a series of its own.
void RunBuilder::pivot_long_rows() {
  const auto axis =
      std::find_if(columns_.begin(), columns_.end(), [](const Column& c) { return meaning(c.key).role == Role::step; });
  if (axis == columns_.end()) return;
  std::size_t repeated = 0;
  for (std::size_t i = 1; i < axis->value.size(); ++i) repeated += axis->value[i] == axis->value[i - 1] ? 1 : 0;
  if (repeated * 2 < axis->value.size()) return;

  std::vector<Labels> labels(line_.size());
  bool any = false;
  for (auto& c : columns_) {
    if (!is_label_key(c.key) || !c.labels.empty()) continue;
    auto value = c.value.begin();
    for (const auto record : c.records) labels[record].emplace_back(lower(c.key), number(*value++, 17));
    any = any || !c.records.empty();
    c.records.clear();
    c.value.clear();
  }
  for (auto& words : words_) {
    if (!is_label_key(words.key)) continue;
    std::size_t i = 0;
    for (const auto record : words.records)
      if (const std::string* word = words.word(i++)) labels[record].emplace_back(lower(words.key), *word);
    any = any || !words.records.empty();
    words.drop_words();
  }
  if (!any) return;
  for (auto& l : labels) std::sort(l.begin(), l.end());
  for (std::size_t c = 0, n = columns_.size(); c < n; ++c) {
    const Role role = meaning(columns_[c].key).role;
    const bool shared = role == Role::step || role == Role::epoch || role == Role::tokens || role == Role::samples ||
                        role == Role::wall || role == Role::timestamp || role == Role::flops;
    if (!shared) label_column(c, labels);
  }
}

void RunBuilder::label_column(std::size_t c, const std::vector<Labels>& labels) {
  const Column old = std::move(columns_[c]);
  std::map<Labels, Column> split;
  auto value = old.value.begin();
  for (const auto record : old.records) {
    Labels all = old.labels;
    all.insert(all.end(), labels[record].begin(), labels[record].end());
    std::sort(all.begin(), all.end());
    Column& to = split[all];
    to.records.add(record);
    to.value.push_back(*value++);
  }
  columns_[c] = {};
  for (auto& [all, column] : split) {
    if (columns_.size() >= kMostKeys) {
      note("key.too_many", fmt::format("more than {} series; left out from {} on", kMostKeys, code_span(old.key)));
      return;
    }
    column.key = old.key;
    column.labels = all;
    columns_.push_back(std::move(column));
  }
}

}  // namespace expanalyze
