// A GitHub table padded so that it also reads well raw, at most a page wide.
#pragma once

#include <string>
#include <vector>

namespace expanalyze::render {

class Table {
 public:
  enum class Align { left, right };
  struct Column {
    std::string title;
    Align align = Align::left;
    std::size_t least = 8;  ///< it is not narrowed below this
  };
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// One cell a column: numbers, code spans, or short prose.
  void add(std::vector<std::string> cells);
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  /// With an empty line after it; empty when there are no rows. Cells of the widest columns are shortened to fit the
  /// page.
  [[nodiscard]] std::string str() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace expanalyze::render
