// "Did you mean": names that a misspelt word is close to.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace expanalyze {

/// Fewest insertions, deletions and replacements of bytes that make one of the other (Levenshtein 1966).
std::size_t edit_distance(std::string_view a, std::string_view b);
/// Up to `most` names, nearest first, that need at most a third of the word changed (two letters from four on) or
/// contain it.
std::vector<std::string> nearest(std::string_view word, std::span<const std::string> names, std::size_t most = 3);
/// "did you mean a or b?", or else "known: a, b, c".
std::string did_you_mean(std::string_view word, std::span<const std::string> names);

}  // namespace expanalyze
