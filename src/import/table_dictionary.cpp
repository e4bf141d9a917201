#include "import/table_dictionary.hpp"

#include "import/json_text.hpp"
#include "import/python_literal.hpp"
#include "store/row_group.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

bool holds_settings(std::string_view key) {
  const std::string word = lower(key);
  return word == "config" || word == "hparams" || word == "params" || word == "args";
}

}  // namespace

bool read_dictionary(const std::string& key, std::string_view cell, RowGroup& rows, std::uint32_t line) {
  const auto text = trim(cell);
  if (text.empty() || text.front() != '{') return false;
  auto dictionary = parse_json(text);
  if (!dictionary) dictionary = parse_python(text);
  if (!dictionary || !dictionary->is_object()) return false;
  if (!holds_settings(key)) {
    read_values(*dictionary, rows, line, key);
    return true;
  }
  read_config(*dictionary, rows, line);
  rows.config_source("the column `" + key + "` of the log");
  return true;
}

}  // namespace expanalyze
