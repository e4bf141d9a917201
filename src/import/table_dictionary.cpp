#include "import/table_dictionary.hpp"

#include "import/json_text.hpp"
#include "import/python_literal.hpp"
#include "store/row_group.hpp"
#include "text/parse.hpp"

namespace expanalyze {

bool read_dictionary(const std::string& key, std::string_view cell, RowGroup& rows, std::uint32_t line) {
  const auto text = trim(cell);
  if (text.empty() || text.front() != '{') return false;
  auto dictionary = parse_json(text);
  if (!dictionary) dictionary = parse_python(text);
  if (!dictionary || !dictionary->is_object()) return false;
  if (!is_config_word(key)) {
    read_values(*dictionary, rows, line, key);
    return true;
  }
  read_config(*dictionary, rows, line);
  rows.config_source("the column `" + key + "` of the log");
  return true;
}

}  // namespace expanalyze
