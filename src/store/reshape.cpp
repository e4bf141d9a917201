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

/// The records of `blank` at which a sibling that was logged with the column ever since goes on: null and empty cells
/// are how several tools write NaN (RLlib, AlgoPerf). Where the whole row of cells ends, the quantity was just not
/// logged.
std::vector<std::uint32_t> missing_beside(const std::vector<std::uint32_t>& own,
                                          const std::vector<std::uint32_t>& blank,
                                          const std::vector<std::uint32_t>& sibling) {
  if (sibling.size() < own.size() + kFewest || !std::equal(own.begin(), own.end(), sibling.begin())) return {};
  std::vector<std::uint32_t> missing;
  std::set_intersection(blank.begin(), blank.end(), sibling.begin() + static_cast<std::ptrdiff_t>(own.size()),
                        sibling.end(), std::back_inserter(missing));
  return missing.size() < kFewest ? std::vector<std::uint32_t>{} : missing;
}

}  // namespace

void RunBuilder::drop_absent() {
  for (const auto& [key, none, means] : absent_)
    for (auto& c : columns_) {
      if (c.key != key) continue;
      c.blank.clear();
      std::size_t kept = 0;
      for (std::size_t i = 0; i < c.value.size(); ++i) {
        if (c.value[i] == none || (std::isnan(c.value[i]) && std::isnan(none))) {
          note("value.absent", fmt::format("{} is {} where {}: no value", code_span(key), number(none), means),
               line_[c.record[i]], key);
          continue;
        }
        c.record[kept] = c.record[i];
        c.value[kept++] = c.value[i];
      }
      c.record.resize(kept);
      c.value.resize(kept);
    }
}

void RunBuilder::settle_blanks() {
  std::vector<std::vector<std::uint32_t>> found(columns_.size());
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const auto& c = columns_[i];
    if (c.blank.empty() || c.record.empty() || c.blank.back() < c.record.back()) continue;
    for (const auto& sibling : columns_) {
      // One common record proves nothing, unless both are of one evaluation ("validation/").
      const bool same_call = !prefix(c.key).empty() && prefix(c.key) == prefix(sibling.key);
      if (c.record.size() < kFewest && !same_call) continue;
      auto missing = missing_beside(c.record, c.blank, sibling.record);
      if (missing.size() > found[i].size()) found[i] = std::move(missing);
    }
  }
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    auto& c = columns_[i];
    for (const auto record : found[i]) {
      c.record.push_back(record);
      c.value.push_back(kNaN);
      note("value.blank_is_nan",
           fmt::format("{} is empty to the end while its neighbours go on: read as NaN", code_span(c.key)),
           line_[record], c.key);
    }
    c.blank.clear();
  }
}

/// {"mode": "val", "loss": 0.4}: the loss of such rows becomes a series of its own, "val/loss".
void RunBuilder::apply_split_tags() {
  for (auto& tags : words_) {
    if (!is_split_key(tags.key)) continue;
    std::vector<const std::string*> tag(line_.size(), nullptr);
    bool any = false;
    for (std::size_t i = 0; i < tags.word.size(); ++i) {
      const DataSide side = side_of(lower(tags.word[i]));
      any = any || side != DataSide::none;
      if (side == DataSide::eval) tag[tags.record[i]] = &tags.word[i];
    }
    if (!any) continue;
    for (std::size_t c = 0, n = columns_.size(); c < n; ++c) {
      const Role role = meaning(columns_[c].key).role;
      const bool sided = take_apart(columns_[c].key).side != DataSide::none;
      if (sided || (role != Role::train_loss && role != Role::eval_metric)) continue;
      split_column(c, tag);
    }
    tags.word.clear();
    tags.record.clear();
  }
}

void RunBuilder::split_column(std::size_t c, const std::vector<const std::string*>& tag) {
  Column kept{columns_[c].key, columns_[c].labels, {}, {}, {}};
  const Column old = std::move(columns_[c]);
  std::map<std::string, Column> split;
  for (std::size_t i = 0; i < old.record.size(); ++i) {
    const std::string* word = tag[old.record[i]];
    Column& to = word == nullptr ? kept : split[*word + "/" + old.key];
    to.record.push_back(old.record[i]);
    to.value.push_back(old.value[i]);
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
  *value_at = Column{old.key, {}, {}, {}, {}};
  std::set<std::string> taken;  // a metric may be called like a column
  for (const auto& c : columns_)
    if (c.key != old.key) taken.insert(c.key);
  std::vector<std::string> quantity(line_.size(), old.key);
  for (std::size_t i = 0; i < name->word.size(); ++i) {
    const auto& word = name->word[i];
    quantity[name->record[i]] = taken.count(word) == 0 ? word : old.key + "/" + word;
  }
  for (std::size_t i = 0; i < old.record.size(); ++i) {
    Column* c = column(quantity[old.record[i]], {});
    if (c == nullptr) continue;
    c->record.push_back(old.record[i]);
    c->value.push_back(old.value[i]);
  }
  name->word.clear();
  name->record.clear();
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
    for (std::size_t i = 0; i < c.record.size(); ++i)
      labels[c.record[i]].emplace_back(lower(c.key), number(c.value[i], 17));
    any = any || !c.record.empty();
    c.record.clear();
    c.value.clear();
  }
  for (auto& words : words_) {
    if (!is_label_key(words.key)) continue;
    for (std::size_t i = 0; i < words.word.size(); ++i)
      labels[words.record[i]].emplace_back(lower(words.key), words.word[i]);
    any = any || !words.word.empty();
    words.word.clear();
    words.record.clear();
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
  for (std::size_t i = 0; i < old.record.size(); ++i) {
    Labels all = old.labels;
    all.insert(all.end(), labels[old.record[i]].begin(), labels[old.record[i]].end());
    std::sort(all.begin(), all.end());
    Column& to = split[all];
    to.record.push_back(old.record[i]);
    to.value.push_back(old.value[i]);
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
