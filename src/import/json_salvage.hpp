// JSON documents that were copied while they grew, and several of them one after another.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "import/json_text.hpp"

namespace expanalyze {

class RunBuilder;
class Lines;

/// A document as far as it stands.
struct Document {
  Json json;
  bool cut = false;  ///< it breaks off: `json` is what came before
};

/// Of a document that breaks off, the elements and members that were complete; an unfinished element of a list is left
/// out with all it holds. nullopt: damaged in another way.
std::optional<Document> parse_document(std::string_view text);

/// All lines are understood, but for the last one of a document that is cut: that is noted.
void account_for(const Document& document, const Lines& lines, RunBuilder& builder);

/// The top-level values of a text that holds several, with the line each begins on; the last may be cut.
struct Part {
  std::string_view text;
  std::uint32_t line = 1;
};
std::vector<Part> top_level(std::string_view text);

}  // namespace expanalyze
