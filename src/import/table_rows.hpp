// The hot path of tables: the rows of a block, straight into columns.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "import/block_reader.hpp"
#include "import/table_header.hpp"

namespace expanalyze {

/// Cells are read where they stand; a row with quotes in odd places is split first.
class TableRows final : public BlockParser {
 public:
  explicit TableRows(const TableHeader& header) : header_(header), columns_(header.names.size()) {}

  void parse(const Block& block) override;
  void clear() override;

 private:
  enum class Kind : std::uint8_t { number, blank, word, dictionary };
  /// What a cell that is no number means, by its text.
  struct Meaning {
    Kind kind = Kind::blank;
    double number = 0;
    std::uint32_t code = 0;
    std::uint64_t edition = ~0ULL;  ///< of the group's words
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  struct Column {
    RowGroup::ColumnId values = RowGroup::kNone, words = RowGroup::kNone;
    std::unordered_map<std::string, Meaning, Hash, std::equal_to<>> known;
  };
  struct Cell {
    Kind kind = Kind::blank;
    double number = 0;
    Meaning* meaning = nullptr;
    std::string_view text;
  };
  enum class Row : std::uint8_t { fits, other_width, odd, open };

  void read_line(std::string_view row, Lines& lines, std::uint32_t line, bool cut);
  void refuse(std::string_view row, std::uint32_t line, bool cut);
  Row split(std::string_view row);
  Row split_carefully(std::string_view row);
  const char* quoted(const char* p, const char* end, Cell& cell);
  Cell cell(Column& column, std::string_view text);
  Meaning meaning(std::string_view text) const;
  void drop_doubtful_end(std::string_view row, std::uint32_t line);
  void write(std::uint32_t line);
  void write_word(std::size_t i, const Cell& cell);

  const TableHeader& header_;
  std::vector<Column> columns_;
  std::vector<Cell> cells_;
  std::vector<std::string> fields_;  ///< with their quotes taken off; cells_ look into them
  std::string_view block_;
  bool many_words_ = false;
};

}  // namespace expanalyze
