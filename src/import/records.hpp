// A JSON array of records, shared by the importers that read whole documents.
#pragma once

#include <string>
#include <string_view>

#include "import/json_text.hpp"
#include "store/run_builder.hpp"

namespace expanalyze {

/// Each object of the array is a record; its line is where it begins. `key`: of the array in the document, empty: it is
/// the document.
inline void read_records(const Json& array, std::string_view text, std::string_view key, RunBuilder& builder) {
  const auto lines = element_lines(text, key);
  for (std::size_t i = 0; i < array.size(); ++i) {
    const std::uint32_t line = i < lines.size() ? lines[i] : 1;
    if (!array[i].is_object()) {
      builder.note("value.array", "elements of a list of records that are no records are left out", line);
      continue;
    }
    builder.begin_record(line);
    read_values(array[i], builder, line);
  }
}

}  // namespace expanalyze
