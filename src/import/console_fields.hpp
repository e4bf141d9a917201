// The numbers of a console line under the names that they stand beside.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "import/console_tokens.hpp"

namespace expanalyze {

struct ConsoleField {
  enum class Kind : std::uint8_t {
    plain,
    average,  ///< in brackets behind the value of `key`: its running mean
    share,    ///< a percentage in brackets behind the value of `key`
    bar       ///< what a progress bar draws by itself: counter, clock, rate
  };
  std::string_view key;    ///< as written; empty: no name stands beside the number
  std::string_view scope;  ///< "valid" of "valid | loss 3.1": a word that says whose number it is
  Kind kind = Kind::plain;
  bool assigned = false;  ///< ':' or '=' binds key and value
  bool whole = false;
  double value = 0;                                         ///< in base units
  double total = std::numeric_limits<double>::quiet_NaN();  ///< N of "n/N"
  ConsoleUnit unit;
  std::string_view spelled;        ///< unit as written
  std::uint32_t from = 0, to = 0;  ///< where the number with its unit and total stands, from the start of the text
};

/// Appends the fields of a text without bars; `tokens` is work space.
void console_fields(std::string_view text, std::vector<ConsoleToken>& tokens, std::vector<ConsoleField>& fields);

/// Words for a side of the data within a key or heading: "val" of "Epoch(val)", "train_inner"; empty: none.
std::string_view scope_word(std::string_view text);
bool evaluation_scope(std::string_view scope);

}  // namespace expanalyze
