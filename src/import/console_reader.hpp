// A console log read once: pieces, fields, templates.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "import/console_grammar.hpp"
#include "import/console_pieces.hpp"
#include "import/console_settings.hpp"
#include "import/console_table.hpp"

namespace expanalyze {

struct ConsoleLog {
  enum class Line : std::uint8_t { other, blank, has_numbers, too_long };
  ConsoleGrammar grammar;
  ConsoleSettings settings;
  std::vector<Line> lines;               ///< of line n at n - 1
  std::vector<std::uint32_t> headers;    ///< lines of tables' headers
  std::vector<ConsoleField> cut_fields;  ///< of an unfinished last line, as far as they are whole
  std::vector<char> cut_text;            ///< what they point into
  bool cut = false;                      ///< the last line is unfinished
  std::size_t unnamed = 0;               ///< numbers without a name
  std::size_t stamped = 0;               ///< lines with date or time in front
  std::size_t code = 0;                  ///< lines that look like those of a program
  std::vector<std::uint32_t> too_many;   ///< lines of a kind beyond the grammar's limits
  std::vector<std::uint32_t> too_full;   ///< lines with more numbers or tokens than are looked at
};

/// More numbers than this on one line are a dump of an array.
inline constexpr std::size_t kMostConsoleNumbers = 120;

/// Reads every line and learns; fields of an unfinished last line stand apart.
ConsoleLog read_console_log(std::string_view text);

}  // namespace expanalyze
