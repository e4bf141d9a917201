// What dialects of tables and JSON Lines share: a look at names before a file is claimed, and records one by one.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "import/json_text.hpp"

namespace expanalyze {

class Input;
class RunBuilder;

using Cells = std::vector<std::string_view>;

/// The cells of one row as they stand: blanks and quotes are kept, so that joining them gives the row again.
Cells raw_cells(std::string_view row, char delimiter);
/// Without blanks around it and without quotes.
std::string_view bare(std::string_view cell);

/// The top of a table: its first line that is neither empty nor a comment, and the rows below.
struct TableHead {
  char delimiter = ',';
  std::vector<std::string> names;
  std::vector<Cells> rows;  ///< up to 20, views into the text
  [[nodiscard]] bool has(std::string_view name) const;
  [[nodiscard]] bool has_all(std::initializer_list<std::string_view> wanted) const;
  /// Index of a column; names.size() where there is none.
  [[nodiscard]] std::size_t column(std::string_view name) const;
};
/// nullopt: the first line has no two cells by any of the usual delimiters, or begins like JSON.
std::optional<TableHead> table_head(std::string_view head);

/// The table with the cells of each row changed by `edit`, line by line; rows of another width stay as they are.
std::string edited_table(std::string_view text, const TableHead& head,
                         const std::function<void(Cells& cells, std::uint32_t line)>& edit);

/// The first line, if it is a JSON object that holds these keys. Lines without them are not even parsed.
std::optional<Json> first_object(std::string_view head, std::initializer_list<std::string_view> keys);

/// Calls `visit` with each line that is a JSON object; the other lines are understood or noted.
void each_object(Input& input, RunBuilder& builder,
                 const std::function<void(const Json& object, std::uint32_t line)>& visit);

bool starts_with(std::string_view text, std::string_view prefix);
bool ends_with(std::string_view text, std::string_view suffix);

}  // namespace expanalyze
