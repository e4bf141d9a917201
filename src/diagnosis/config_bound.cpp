#include "diagnosis/config_bound.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <set>

#include "store/roles.hpp"

namespace expanalyze {

namespace {

/// Runs of two letters or more, in lower case.
std::set<std::string> words_of(std::string_view name) {
  std::set<std::string> out;
  std::string word;
  for (std::size_t i = 0; i <= name.size(); ++i) {
    const auto ch = i < name.size() ? static_cast<unsigned char>(name[i]) : static_cast<unsigned char>('.');
    if (std::isalpha(ch)) {
      word += static_cast<char>(std::tolower(ch));
      continue;
    }
    if (word.size() > 1) out.insert(word);
    word.clear();
  }
  return out;
}

/// A word in common ("ns_steps", "avg_steps") counts most, a word for bounds next.
int sounds_like_bound(std::string_view key, std::string_view signal) {
  static constexpr std::array<std::string_view, 9> kBounds{"max",   "min",     "cap",       "limit", "bound",
                                                           "steps", "ceiling", "threshold", "floor"};
  const auto own = words_of(signal);
  int score = 0;
  for (const auto& word : words_of(key)) {
    if (own.contains(word)) score += 2;
    if (std::find(kBounds.begin(), kBounds.end(), word) != kBounds.end()) score += 1;
  }
  return score;
}

/// To five logged digits.
bool equals(double a, double b) { return std::abs(a - b) <= 5e-5 * std::abs(a); }

const double* number_of(const std::string& key, const ConfigValue& value) {
  const auto* number = std::get_if<double>(&value);
  return number && std::isfinite(*number) && !is_bookkeeping(key) ? number : nullptr;
}

}  // namespace

std::vector<double> settings_at_ends(const Config& config, std::span<const double> values) {
  std::vector<double> out;
  if (values.empty()) return out;
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  for (const auto& [key, value] : config)
    if (const double* number = number_of(key, value); number && (equals(*number, *low) || equals(*number, *high)))
      out.push_back(*number);
  return out;
}

std::string setting_of_bound(const Config& config, double bound, std::string_view signal) {
  std::string best_key;
  // 0 and 1 are the ends of every share and flag: too common to be recognised by value.
  if (!std::isfinite(bound) || bound == 0 || bound == 1) return best_key;
  int best = -1;
  for (const auto& [key, value] : config) {
    const double* number = number_of(key, value);
    if (!number || !equals(*number, bound)) continue;
    if (const int score = sounds_like_bound(key, signal); score > best) best = score, best_key = key;
  }
  return best_key;
}

bool share_a_word(std::string_view a, std::string_view b) {
  const auto words = words_of(a), others = words_of(b);
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) { return others.contains(word); });
}

}  // namespace expanalyze
