#include "text/nearest.hpp"

#include <algorithm>

#include "text/format.hpp"
#include "text/parse.hpp"

namespace expanalyze {

std::vector<std::string> nearest(std::string_view word, std::span<const std::string> names, std::size_t most) {
  std::vector<std::pair<std::size_t, std::string>> close;
  const std::size_t allowed = std::max<std::size_t>(1, word.size() / 3);
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
