// Three table layouts that mean the same as one key a quantity: blanks that are NaN, rows tagged with a split, long
// format.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

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
  // Columns by the records they have: a wide log has few such sets, which are compared once each.
  std::map<Presence, std::set<std::string_view>> prefixes_of;
  for (const Column& c : columns_) prefixes_of[c.records].insert(prefix(c.key));
  std::map<std::tuple<Presence, Presence, bool, std::string_view>, std::vector<std::uint32_t>> found;
  const auto missing_of = [&](const Column& c) -> const std::vector<std::uint32_t>& {
    // One common record proves nothing, unless both are of one evaluation ("validation/").
    const bool any = c.records.size() >= kFewest;
    const std::string_view call = any ? std::string_view() : prefix(c.key);
    const auto [at, fresh] = found.try_emplace({c.records, c.blank, any, call});
    if (!fresh || (!any && call.empty())) return at->second;
    // Those that go on furthest come last in this order; what a shorter one could add is known without a look.
    for (auto sibling = prefixes_of.rbegin(); sibling != prefixes_of.rend(); ++sibling) {
      if (sibling->first.size() <= c.records.size() + at->second.size()) continue;
      if (!any && !sibling->second.contains(call)) continue;
      auto missing = missing_beside(c.records, c.blank, sibling->first);
      if (missing.size() > at->second.size()) at->second = std::move(missing);
    }
    return at->second;
  };
  for (Column& c : columns_) {
    if (!c.blank.empty() && !c.records.empty() && c.blank.back() > c.records.back()) {
      const auto& missing = missing_of(c);
      for (const auto record : missing) {
        c.records.add(record);
        c.value.push_back(kNaN);
      }
      if (!missing.empty())
        add_note(notes_, "value.blank_is_nan",
                 fmt::format("{} is empty to the end while its neighbours go on: read as NaN", code_span(c.key)),
                 line_[missing.front()], c.key, missing.size());
      if (!missing.empty()) noted_again("value.blank_is_nan", c.key, 0, line_[missing.back()]);
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

/// A column that was one with another. Beyond kMostKeys its values are left out, and counted.
void RunBuilder::add_column(Column column) {
  if (columns_.size() < kMostKeys) return columns_.push_back(std::move(column));
  const auto last = line_[column.records.back()];
  if (!noted_again("key.too_many", {}, column.value.size(), last)) {
    note("key.too_many", fmt::format("more than {} series; left out from {} on", kMostKeys, code_span(column.key)),
         line_[column.records.front()]);
    noted_again("key.too_many", {}, column.value.size() - 1, last);
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
    add_column(std::move(column));
  }
}

/// One row a (step, metric): the word in one column names the quantity whose value stands in another.
void RunBuilder::pivot_tidy_rows() {
  const auto value_at = std::find_if(columns_.begin(), columns_.end(),
                                     [](const Column& c) { return is_value_key(c.key) && c.labels.empty(); });
  const auto name = std::find_if(words_.begin(), words_.end(), [](const Words& w) { return is_quantity_key(w.key); });
  if (value_at == columns_.end() || name == words_.end()) return;
  const std::size_t at = static_cast<std::size_t>(value_at - columns_.begin());
  const Column old = std::move(columns_[at]);
  columns_[at] = Column();
  columns_[at].key = old.key;
  std::set<std::string> taken;  // a metric may be called like a column
  for (const auto& c : columns_)
    if (c.key != old.key) taken.insert(c.key);
  std::vector<const std::string*> quantity(line_.size(), nullptr);
  std::size_t n = 0;
  for (const auto record : name->records) quantity[record] = name->word(n++);
  std::vector<Column> split;
  std::unordered_map<std::string, std::size_t> split_of;
  auto value = old.value.begin();
  for (const auto record : old.records) {
    const std::string* word = quantity[record];
    const std::string key = word == nullptr ? old.key : taken.count(*word) == 0 ? *word : old.key + "/" + *word;
    const auto [own, fresh] = split_of.try_emplace(key, split.size());
    if (fresh) split.emplace_back().key = key;
    Column& to = key == old.key ? columns_[at] : split[own->second];
    to.records.add(record);
    to.value.push_back(*value++);
  }
  for (Column& column : split)
    if (!column.records.empty()) add_column(std::move(column));
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
    column.key = old.key;
    column.labels = all;
    add_column(std::move(column));
  }
}

}  // namespace expanalyze
