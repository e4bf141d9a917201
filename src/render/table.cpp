#include "render/table.hpp"

#include <algorithm>
#include <numeric>

#include "render/prose.hpp"

namespace expanalyze::render {

namespace {

std::string padded(const std::string& cell, std::size_t width, Table::Align align) {
  const std::string fill(width - std::min(width, display_width(cell)), ' ');
  return align == Table::Align::right ? fill + cell : cell + fill;
}

/// Narrows the widest columns, one column at a time, until the table fits: narrow columns (numbers) keep their text.
void fit(std::vector<std::size_t>& width, const std::vector<Table::Column>& columns) {
  const std::size_t frame = 3 * width.size() + 1;  // "| a | b |"
  while (std::accumulate(width.begin(), width.end(), frame) > kPageWidth) {
    std::size_t widest = 0;
    std::size_t most = 0;
    for (std::size_t c = 0; c < width.size(); ++c)
      if (width[c] > columns[c].least && width[c] > most) most = width[widest = c];
    if (most == 0) return;
    --width[widest];
  }
}

std::string without_bars(std::string cell) {
  std::replace(cell.begin(), cell.end(), '|', '/');
  return cell;
}

}  // namespace

void Table::add(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  for (std::string& cell : cells) cell = without_bars(safe_prose(cell));
  rows_.push_back(std::move(cells));
}

std::string Table::str() const {
  if (rows_.empty()) return {};
  std::vector<std::size_t> width;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    width.push_back(std::max<std::size_t>(3, display_width(columns_[c].title)));
    for (const auto& row : rows_) width[c] = std::max(width[c], display_width(row[c]));
  }
  fit(width, columns_);

  std::string head = "|", rule = "|", body;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    const bool right = columns_[c].align == Align::right;
    head += " " + padded(shortened(columns_[c].title, width[c]), width[c], columns_[c].align) + " |";
    rule += " " + std::string(width[c] - (right ? 1 : 0), '-') + (right ? ":" : "") + " |";
  }
  for (const auto& row : rows_) {
    body += "|";
    for (std::size_t c = 0; c < columns_.size(); ++c)
      body += " " + padded(shortened(row[c], width[c]), width[c], columns_[c].align) + " |";
    body += "\n";
  }
  return head + "\n" + rule + "\n" + body + "\n";
}

}  // namespace expanalyze::render
