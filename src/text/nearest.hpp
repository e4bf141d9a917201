// "Did you mean": names that a misspelt word is close to.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace expanalyze {

/// Up to `most` names, nearest first, that need at most a third of the word changed or contain it.
std::vector<std::string> nearest(std::string_view word, std::span<const std::string> names, std::size_t most = 3);
/// "did you mean a or b?", or else "known: a, b, c".
std::string did_you_mean(std::string_view word, std::span<const std::string> names);

}  // namespace expanalyze
