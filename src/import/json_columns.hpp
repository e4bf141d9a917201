// Lists of numbers that stand side by side in one JSON document.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "import/json_text.hpp"

namespace expanalyze {

class RunBuilder;

/// What a walk through the document finds.
struct JsonContents {
  std::string_view text;
  RunBuilder& builder;
  std::vector<std::pair<std::string, Json>> columns;
  std::vector<std::pair<std::string, Json>> totals;  ///< single numbers: one last record
  bool cut = false;                                  ///< the document breaks off: the last column may be short
};

/// A record for each element of the lists that are as long as most of them; a clock without a unit gets that of the
/// total that it agrees with.
void read_columns(JsonContents& found);

}  // namespace expanalyze
