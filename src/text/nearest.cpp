#include "text/nearest.hpp"

#include <algorithm>
#include <numeric>

#include "text/format.hpp"

namespace expanalyze {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

std::vector<std::string> nearest(std::string_view word, std::span<const std::string> names, std::size_t most) {
  std::vector<std::pair<std::size_t, std::string>> close;
  // Two letters from four on: a swap counts as two.
  const std::size_t allowed = std::max<std::size_t>(word.size() / 3, word.size() < 4 ? 1 : 2);
  for (const std::string& name : names) {
    const std::size_t distance = edit_distance(word, name);
    const bool inside = word.size() >= 3 && name.find(word) != std::string::npos;
    if (distance <= allowed || inside) close.emplace_back(distance, name);
  }
  std::stable_sort(close.begin(), close.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> out;
  for (std::size_t i = 0; i < std::min(most, close.size()); ++i) out.push_back(close[i].second);
  return out;
}

std::string did_you_mean(std::string_view word, std::span<const std::string> names) {
  const std::vector<std::string> close = nearest(word, names);
  if (!close.empty()) return "did you mean " + join(close, " or ") + "?";
  return names.empty() ? "there is none to choose from" : "known: " + join(names, ", ");
}

}  // namespace expanalyze
