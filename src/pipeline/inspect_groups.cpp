// "24 series, layer 0..23": series that differ in the values of their labels alone are one line.
#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "pipeline/inspect_parts.hpp"
#include "text/format.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

constexpr std::size_t kMostLabelValues = 6;  // what fits beside the name of a series

using GroupKey = std::tuple<std::string, Role, Unit, std::vector<std::string>>;

std::vector<std::string> label_keys(const Labels& labels) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : labels) keys.push_back(key);
  return keys;
}

/// Whole numbers in a row as "0..23"; else nothing.
std::string as_range(const std::vector<std::string>& values) {
  std::vector<double> numbers;
  for (const std::string& value : values) {
    const auto n = number_from(value);
    if (!n || *n != std::floor(*n)) return {};
    numbers.push_back(*n);
  }
  std::sort(numbers.begin(), numbers.end());
  const double span = numbers.back() - numbers.front();
  if (numbers.size() < 3 || span + 1 != static_cast<double>(numbers.size())) return {};
  return number(numbers.front()) + ".." + number(numbers.back());
}

std::string values_text(const std::vector<std::string>& values) {
  if (std::string range = as_range(values); !range.empty()) return range;
  const std::size_t shown = std::min(values.size(), kMostLabelValues);
  const std::string text = join(std::span(values).first(shown), ", ");
  return shown == values.size() ? text : text + ", … (" + std::to_string(values.size()) + ")";
}

std::string labels_text(const std::vector<SeriesFacts>& series, const SeriesGroup& group) {
  std::vector<std::string> parts;
  for (std::size_t k = 0; k < series[group.series.front()].labels.size(); ++k) {
    std::vector<std::string> values;
    for (const std::size_t i : group.series) {
      const std::string& value = series[i].labels[k].second;
      if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
    }
    parts.push_back(series[group.series.front()].labels[k].first + " " + values_text(values));
  }
  return join(parts, "; ");
}

void take_in(SeriesGroup& group, const SeriesFacts& s) {
  group.n += s.n;
  group.non_finite += s.non_finite;
  if (std::isnan(s.min.value)) return;  // nothing finite in it
  if (!(group.min.value <= s.min.value)) group.min = s.min;
  if (!(group.max.value >= s.max.value)) group.max = s.max;
}

}  // namespace

std::vector<SeriesGroup> groups_of(const std::vector<SeriesFacts>& series) {
  std::vector<SeriesGroup> groups;
  std::map<GroupKey, std::size_t> group_of;
  for (std::size_t i = 0; i < series.size(); ++i) {
    const SeriesFacts& s = series[i];
    const auto [at, fresh] = group_of.emplace(GroupKey{s.name, s.role, s.unit, label_keys(s.labels)}, groups.size());
    if (fresh) groups.push_back({s.name, {}, {}, 0, 0, {}, {}});
    groups[at->second].series.push_back(i);
    take_in(groups[at->second], s);
  }
  for (SeriesGroup& group : groups) group.labels = labels_text(series, group);
  return groups;
}

}  // namespace expanalyze
