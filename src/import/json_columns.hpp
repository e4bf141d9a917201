// Lists that stand side by side in one JSON document.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "import/json_text.hpp"

namespace expanalyze {

class RunBuilder;

struct JsonColumn {
  std::string group;  ///< the path of the object it stands in: "history/train"
  std::string key;
  Json cells;
};

/// What a walk through the document finds.
struct JsonContents {
  std::string_view text;
  RunBuilder& builder;
  std::vector<JsonColumn> columns;
  std::vector<std::pair<std::string, Json>> totals;  ///< single numbers: one last record
  bool cut = false;                                  ///< the document breaks off: the last column may be short
};

/// Element i of every list is a record. Where several sections hold steps of their own, each is a table, and the
/// records of all come in the order of their steps. A key that several sections use is told apart by the section:
/// "train/loss".
void read_columns(JsonContents& found);

}  // namespace expanalyze
