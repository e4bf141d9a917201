// Numbers from text, whatever the locale.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace expanalyze {

std::string_view trim(std::string_view text);
/// ASCII only: bytes above 127 stay as they are.
std::string lower(std::string_view text);

/// The whole text is one number: decimal or scientific, leading '+', nan and inf in any spelling of case, "infinity".
/// Too large becomes ±inf, too small 0: what the writer's own double would have been.
std::optional<double> number_from(std::string_view text);

/// Seconds from "H:MM:SS", "H:MM:SS.ffffff", "MM:SS" or "N day(s), H:MM:SS", as Python prints a timedelta.
std::optional<double> duration_from(std::string_view text);

/// Words that stand for "no value here": "", "null", "none", "na", "n/a", "-".
bool is_blank_word(std::string_view text);

/// The candidate with the least edit distance, if it is at most a third of the word's length (two letters for four and
/// more: a swap counts as two); else empty.
template <class Strings>
std::string closest(std::string_view word, const Strings& candidates);
std::size_t edit_distance(std::string_view a, std::string_view b);

template <class Strings>
std::string closest(std::string_view word, const Strings& candidates) {
  std::string best;
  std::size_t least = std::max<std::size_t>(word.size() / 3, word.size() < 4 ? 1 : 2) + 1;
  for (const auto& candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance >= least) continue;
    least = distance;
    best = std::string(candidate);
  }
  return best;
}

}  // namespace expanalyze
