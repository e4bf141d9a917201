// A line of a console log as words, numbers with units, and punctuation.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "import/console_units.hpp"

namespace expanalyze {

struct ConsoleToken {
  enum class Kind : std::uint8_t {
    word,
    number,
    opaque,  ///< neither: a date, a version, an address, quoted prose
    mark
  };
  Kind kind = Kind::mark;
  std::string_view text;     ///< as written; of a number without its unit
  std::uint32_t gap = 0;     ///< blanks in front; a tab counts as two
  char mark = 0;             ///< of a mark; '~' for rules, leaders and pictures
  bool whole = false;        ///< a number written without point and exponent
  bool clock = false;        ///< a number written as H:MM:SS, in seconds
  double value = 0;          ///< of a number, in base units of its measure
  std::string_view spelled;  ///< unit as written; empty: none
  ConsoleUnit unit;
};

/// More tokens than this are no line that a person reads: one more is given, to show that there are.
inline constexpr std::size_t kMostConsoleTokens = 600;

/// `tokens` is emptied first. The views point into `text`.
void tokenize_console(std::string_view text, std::vector<ConsoleToken>& tokens);

}  // namespace expanalyze
