// Which line of a table names its columns, and how rows are divided.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/lines.hpp"

namespace expanalyze {

struct TableHeader {
  char delimiter = ',';
  std::vector<std::string> names;
  std::string row;             ///< as it stands in the log
  std::uint32_t line = 0;      ///< 1-based
  std::size_t agreeing = 0;    ///< rows right below that have as many fields, a number among them
  bool decimal_comma = false;  ///< "0,5" is a half, as in tables with semicolons
};

/// The line within the first ones, and the delimiter, whose fields are words that the rows below agree with.
std::optional<TableHeader> find_table_header(Lines lines);

/// The fields of one row; quotes around them are taken off, "" inside quotes is one.
std::vector<std::string> split_row(std::string_view row, char delimiter);

/// A row with the lines that its quoted fields run over: `lines` goes on behind it. The row itself when no quote is
/// open, or when it is not closed within a hundred lines: such a quote must not swallow the file.
std::string_view whole_row(std::string_view row, Lines& lines, std::vector<std::uint32_t>& also);

/// How many bytes of these lines are whole rows: less than all when the last one may go on behind them.
std::size_t whole_rows(std::string_view text);

/// "0,5" → 0.5; nullopt when it is no number with a comma.
std::optional<double> comma_number(std::string_view text);

/// The last cell of a log that ends without a newline: could it be the front of a longer one? `earlier`: cells of its
/// column above.
bool may_be_cut(std::string_view cell, const std::vector<std::string_view>& earlier);

}  // namespace expanalyze
