// A theory card as a page to read, and an empty one to fill in.
#pragma once

#include <string>
#include <string_view>

#include "expanalyze/theory.hpp"

namespace expanalyze {

/// Markdown: source, when it applies, and each claim with its formula, test and what to log. `level` of its heading.
std::string card_page(const TheoryCard& card, int level);

/// A commented TOML card that parse_card() accepts.
std::string_view card_skeleton();

}  // namespace expanalyze
