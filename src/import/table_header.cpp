#include "import/table_header.hpp"

#include <algorithm>
#include <array>

#include "io/lines.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

using Fields = std::vector<std::string>;
constexpr auto kDelimiters = std::to_array<char>({',', '\t', ';'});
/// A quoted field may hold newlines; a quote that was never closed must not swallow the file.
constexpr int kMostLinesInARow = 100;
/// The header stands within the first lines: comments and a blank line may come before it.
constexpr int kHeaderWithin = 20;

bool numeric(const std::string& field) { return number_from(field).has_value() || comma_number(field).has_value(); }

bool header_like(const Fields& fields) {
  const auto words = std::count_if(fields.begin(), fields.end(),
                                   [](const std::string& f) { return !is_blank_word(f) && !numeric(f); });
  return fields.size() >= 2 && static_cast<std::size_t>(words) * 2 > fields.size() && words >= 2;
}

std::size_t agreeing_rows(Lines lines, const TableHeader& header) {
  std::string_view row;
  std::uint32_t line = 0;
  std::size_t n = 0;
  for (int i = 0; i < 5 && lines.next(row, line); ++i) {
    const auto fields = split_row(row, header.delimiter);
    n += fields.size() == header.names.size() && std::any_of(fields.begin(), fields.end(), numeric) ? 1 : 0;
  }
  return n;
}

/// Only where the delimiter is no comma, some of the first rows have one in a number, and none has a point in one.
bool has_decimal_commas(Lines lines, const TableHeader& header) {
  if (header.delimiter == ',') return false;
  std::string_view row;
  std::uint32_t line = 0;
  std::size_t commas = 0;
  for (int i = 0; i < kHeaderWithin && lines.next(row, line); ++i)
    for (const auto& field : split_row(row, header.delimiter)) {
      if (field.find('.') != std::string::npos && number_from(field)) return false;
      commas += comma_number(field) ? 1 : 0;
    }
  return commas > 0;
}

bool odd_quotes(std::string_view row) { return count_of('"', row) % 2 == 1; }

/// How a number is printed: digits before and behind the point, and of the exponent.
struct Print {
  std::size_t digits = 0, decimals = 0;
  bool exponent = false;
};

Print print_of(std::string_view cell) {
  Print print;
  const auto e = std::min(cell.find_first_of("eE"), cell.size());
  const auto point = std::min(cell.find_first_of(".,"), e);
  print.exponent = e < cell.size();
  print.decimals = point < e ? e - point - 1 : 0;
  for (const char c : cell.substr(0, e)) print.digits += c >= '0' && c <= '9' ? 1 : 0;
  return print;
}

/// Where a cut takes nothing that matters: the twelfth digit.
constexpr std::size_t kEnoughDigits = 12;
/// A decimal that is printed as short as can be lacks its last digit one time in ten: two above it, in a hundred.
constexpr std::size_t kEnoughAlike = 2;

}  // namespace

std::optional<double> comma_number(std::string_view text) {
  const auto comma = text.find(',');
  if (comma == std::string_view::npos || text.find('.') != std::string_view::npos) return std::nullopt;
  std::string point(text);
  point[comma] = '.';
  return number_from(point);
}

std::vector<std::string> split_row(std::string_view row, char delimiter) {
  Fields fields(1);
  bool quoted = false;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const char c = row[i];
    if (quoted && c == '"' && i + 1 < row.size() && row[i + 1] == '"') {
      fields.back() += '"';
      ++i;
    } else if (c == '"' && (quoted || fields.back().empty())) {
      quoted = !quoted;
    } else if (c == delimiter && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

std::optional<TableHeader> find_table_header(Lines lines) {
  std::optional<TableHeader> best;
  std::string_view row;
  std::uint32_t line = 0;
  for (int i = 0; i < kHeaderWithin && lines.next(row, line) && !best; ++i) {
    if (row.substr(0, 1) == "{" || row.substr(0, 1) == "[") continue;
    for (const char delimiter : kDelimiters) {
      TableHeader h{delimiter, split_row(row, delimiter), std::string(row), line};
      if (!header_like(h.names)) continue;
      h.agreeing = agreeing_rows(lines, h);
      h.decimal_comma = has_decimal_commas(lines, h);
      if (h.agreeing > 0 && (!best || h.names.size() > best->names.size())) best = std::move(h);
    }
  }
  return best;
}

std::string_view whole_row(std::string_view row, Lines& lines, std::vector<std::uint32_t>& also) {
  if (!odd_quotes(row)) return row;
  Lines ahead = lines;
  std::string_view next;
  std::uint32_t line = 0;
  std::vector<std::uint32_t> passed;
  for (int i = 0; i < kMostLinesInARow && ahead.next(next, line); ++i) {
    passed.push_back(line);
    if (!odd_quotes(next)) continue;
    lines = ahead;
    also = std::move(passed);
    return {row.data(), static_cast<std::size_t>(next.data() + next.size() - row.data())};
  }
  return row;
}

std::size_t whole_rows(std::string_view text) {
  if (text.find('"') == std::string_view::npos) return text.size();
  Lines lines(text);
  std::string_view row;
  std::uint32_t line = 0;
  std::vector<std::uint32_t> also;
  while (lines.next(row, line)) {
    if (!odd_quotes(row) || whole_row(row, lines, also).size() > row.size()) continue;
    if (lines.count() - line < kMostLinesInARow) return static_cast<std::size_t>(row.data() - text.data());
  }
  return text.size();
}

bool may_be_cut(std::string_view cell, const std::vector<std::string_view>& earlier) {
  cell = trim(cell);
  if (cell.empty()) return false;
  const auto seen = [&](std::string_view other) { return trim(other) == cell; };
  if (!number_from(cell) && !comma_number(cell)) return std::none_of(earlier.begin(), earlier.end(), seen);
  std::vector<Print> prints;
  for (const auto other : earlier)
    if (number_from(other) || comma_number(other)) prints.push_back(print_of(trim(other)));
  const Print own = print_of(cell);
  const bool exponents = std::any_of(prints.begin(), prints.end(), [](const Print& p) { return p.exponent; });
  if (prints.empty() || exponents || own.exponent) return true;
  if (own.decimals > 0 && own.digits >= kEnoughDigits) return false;
  // Printed with so many decimals, always: 2.2 below 2.5 alone could still become 2.25.
  const bool alike = std::all_of(prints.begin(), prints.end(), [&](const Print& p) {
    return p.decimals == own.decimals && (own.decimals > 0 || p.digits <= own.digits);
  });
  return !alike || prints.size() < kEnoughAlike;
}

}  // namespace expanalyze
