// Strict JSON to a tree, in time that grows with the text alone.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "import/json_text.hpp"

namespace expanalyze {

/// nlohmann's own tree in the order of the text searches an object for each of its keys: 20000 of them cost half a
/// second a line, and a key that stands twice is replaced in silence. Here it is replaced and told to `repeated`.
std::optional<Json> json_tree(std::string_view text, std::vector<std::string>* repeated);

}  // namespace expanalyze
