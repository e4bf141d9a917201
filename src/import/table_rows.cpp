#include "import/table_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "import/table_dictionary.hpp"
#include "text/format.hpp"
#include "text/parse.hpp"
#include "text/scan.hpp"

namespace expanalyze {

namespace {

/// Different words in one column that are remembered with what they mean.
constexpr std::size_t kRemembered = 4096;
/// Rows above an unfinished last one that show how its column is printed.
constexpr std::size_t kCompared = 100;

bool comment(std::string_view row) {
  row = trim(row);
  return row.empty() || row.front() == '#';
}

std::string_view last_cell(std::string_view row, char delimiter) {
  const auto at = row.rfind(delimiter);
  return at == std::string_view::npos ? row : row.substr(at + 1);
}

}  // namespace

void TableRows::parse(const Block& block) {
  block_ = block.text();
  Lines lines(block_);
  std::string_view row;
  std::uint32_t within = 0;
  while (lines.next(row, within)) {
    const bool cut = lines.cut_here();
    const std::uint32_t line = block.first_line + within - 1;
    if (line > header_.line) {
      read_line(row, lines, line, cut);
    } else if (line == header_.line || comment(row)) {
      rows.understood(line);
    } else {
      rows.note("line.unreadable", fmt::format("lines before the header, first {}", code_span(row)), line);
    }
  }
}

void TableRows::clear() {
  for (Column& c : columns_) {
    if (many_words_ && c.known.size() > kRemembered) c.known.clear();
    if (rows.crowded()) c.values = c.words = RowGroup::kNone;
  }
  many_words_ = false;
  rows.crowded() ? rows.forget() : rows.clear();
}

void TableRows::read_line(std::string_view row, Lines& lines, std::uint32_t line, bool cut) {
  if (trim(row).empty()) return rows.understood(line);
  if (row == header_.row) {
    rows.understood(line);
    return rows.note("table.header_again", "the header stands again within the table: a run was started anew", line);
  }
  std::vector<std::uint32_t> also;
  Row is = split(row);
  if (is == Row::open) {
    row = whole_row(row, lines, also);
    is = also.empty() ? Row::odd : split(row);
  }
  if (is == Row::odd || is == Row::open) is = split_carefully(row);
  if (is != Row::fits) {
    refuse(row, line, cut);
  } else {
    if (cut) drop_doubtful_end(row, line);
    write(line);
  }
  for (std::uint32_t i = 1; i <= also.size(); ++i) rows.understood(line + i);
}

void TableRows::refuse(std::string_view row, std::uint32_t line, bool cut) {
  if (comment(row)) return rows.understood(line);
  if (cut) return rows.note("line.cut", "the last row breaks off in the middle", line);
  if (rows.noted_again("line.unreadable", {}, 1, line)) return;
  rows.note("line.unreadable",
            fmt::format("rows with other than {} fields, first {}", header_.names.size(), code_span(row)), line);
}

/// Numbers are read where they stand; their end must be that of the cell.
TableRows::Row TableRows::split(std::string_view row) {
  const char *p = row.data(), *const end = p + row.size();
  const char delimiter = header_.delimiter;
  cells_.clear();
  while (cells_.size() < columns_.size()) {
    Cell& cell = cells_.emplace_back();  // in place: a copy would wait for the number to reach the cache
    Column& column = columns_[cells_.size() - 1];
    const char* stop = nullptr;
    if (p < end && *p == '"') {
      stop = quoted(p + 1, end, cell);
      if (stop == nullptr) return Row::open;
      if (stop < end && *stop != delimiter) return Row::odd;
    } else {
      while (p < end && *p == ' ') ++p;
      stop = scan_number(p, end, cell.number);
      while (stop != nullptr && stop < end && *stop == ' ') ++stop;
      if (stop != nullptr && (stop == end || *stop == delimiter)) {
        cell.kind = Kind::number;
      } else {
        const void* found = p < end ? std::memchr(p, delimiter, static_cast<std::size_t>(end - p)) : nullptr;
        stop = found == nullptr ? end : static_cast<const char*>(found);
        if (stop > p) cell = this->cell(column, {p, static_cast<std::size_t>(stop - p)});
      }
    }
    if (stop == end) return cells_.size() == columns_.size() ? Row::fits : Row::other_width;
    p = stop + 1;
  }
  return Row::other_width;
}

/// A cell whose opening quote stands before `p`; answers what follows its closing one, nullptr when that is missing.
const char* TableRows::quoted(const char* p, const char* end, Cell& cell) {
  const std::size_t at = cells_.size() - 1;
  std::string* unescaped = nullptr;
  for (const char* from = p;;) {
    const auto* quote = static_cast<const char*>(std::memchr(from, '"', static_cast<std::size_t>(end - from)));
    if (quote == nullptr) return nullptr;
    const bool twice = quote + 1 < end && quote[1] == '"';
    if (twice && unescaped == nullptr) {
      fields_.resize(columns_.size());
      unescaped = &fields_[at];
      unescaped->clear();
    }
    if (unescaped != nullptr) unescaped->append(from, quote + (twice ? 1 : 0));
    if (!twice) {
      const std::string_view raw(p, static_cast<std::size_t>(quote - p));
      cell = this->cell(columns_[at], unescaped == nullptr ? raw : std::string_view(*unescaped));
      return quote + 1;
    }
    from = quote + 2;
  }
}

TableRows::Row TableRows::split_carefully(std::string_view row) {
  fields_ = split_row(row, header_.delimiter);
  if (fields_.size() != columns_.size()) return Row::other_width;
  cells_.clear();
  for (std::size_t i = 0; i < fields_.size(); ++i) cells_.push_back(cell(columns_[i], fields_[i]));
  return Row::fits;
}

TableRows::Cell TableRows::cell(Column& column, std::string_view text) {
  auto known = column.known.find(text);
  if (known == column.known.end()) {
    const Meaning fresh = meaning(text);
    if (fresh.kind == Kind::dictionary || fresh.kind == Kind::number) return {fresh.kind, fresh.number, nullptr, text};
    known = column.known.emplace(text, fresh).first;
    many_words_ = many_words_ || column.known.size() > kRemembered;
  }
  return {known->second.kind, known->second.number, &known->second, text};
}

TableRows::Meaning TableRows::meaning(std::string_view text) const {
  auto number = number_from(text);
  if (!number && header_.decimal_comma) number = comma_number(text);
  if (number) return {Kind::number, *number};
  if (is_blank_word(text)) return {Kind::blank};
  const std::string_view bare = trim(text);
  if (bare.front() == '{') return {Kind::dictionary};
  const std::string word = lower(bare);
  if (word == "true" || word == "false") return {Kind::number, word == "true" ? 1.0 : 0.0};
  if (const auto seconds = duration_from(text)) return {Kind::number, *seconds};
  return {Kind::word};
}

/// A last row without a newline is usual in some files and the trace of a kill in others. Cells that a delimiter ends
/// are whole; the last one counts when it is printed like those above it.
void TableRows::drop_doubtful_end(std::string_view row, std::uint32_t line) {
  std::vector<std::string_view> above;
  std::string_view before = block_.substr(0, static_cast<std::size_t>(row.data() - block_.data()));
  while (!before.empty() && above.size() < kCompared) {
    before.remove_suffix(1);  // the newline
    const auto start = before.rfind('\n') + 1;
    const auto other = before.substr(start);
    if (other != header_.row && !comment(other)) above.push_back(last_cell(other, header_.delimiter));
    before = before.substr(0, start);
  }
  if (!may_be_cut(last_cell(row, header_.delimiter), above)) return;
  cells_.pop_back();
  rows.note("line.cut", "the last row has no line end, and its last cell may be cut: it is left out", line);
}

void TableRows::write(std::uint32_t line) {
  rows.begin_record(line);
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    const Cell& cell = cells_[i];
    if (cell.kind == Kind::word) {
      write_word(i, cell);
      continue;
    }
    if (cell.kind == Kind::dictionary) {
      if (!read_dictionary(header_.names[i], cell.text, rows, line)) rows.text(header_.names[i], cell.text);
      continue;
    }
    auto& values = columns_[i].values;
    if (values == RowGroup::kNone) values = rows.column(header_.names[i]);
    cell.kind == Kind::number ? rows.put(values, cell.number) : rows.put_blank(values);
  }
}

void TableRows::write_word(std::size_t i, const Cell& cell) {
  auto& words = columns_[i].words;
  if (words == RowGroup::kNone) words = rows.words(header_.names[i]);
  if (cell.meaning->edition != rows.words_edition()) {
    cell.meaning->code = rows.code_for(words, cell.text);
    cell.meaning->edition = rows.words_edition();
  }
  rows.put_code(words, cell.meaning->code);
}

}  // namespace expanalyze
