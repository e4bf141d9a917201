// From the text of a theory card to a TheoryCard.
#pragma once

#include <string>
#include <string_view>

#include "expanalyze/theory.hpp"

namespace expanalyze {

/// Throws Error{input} "file:line:column: …" with a hint for anything that is not a valid card: a misspelt key would
/// silently test nothing.
TheoryCard parse_card(std::string_view toml, const std::string& file);

}  // namespace expanalyze
