#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "expanalyze/error.hpp"
#include "import/importers.hpp"
#include "import/table.hpp"
#include "import/table_dictionary.hpp"
#include "io/input.hpp"
#include "io/lines.hpp"
#include "store/run_builder.hpp"
#include "text/format.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

using Fields = std::vector<std::string>;
constexpr auto kDelimiters = std::to_array<char>({',', '\t', ';'});
/// A quoted field may hold newlines; a quote that was never closed must not swallow the file.
constexpr int kMostLinesInARow = 100;
/// The header stands within the first lines: comments and a blank line may come before it.
constexpr int kHeaderWithin = 20;

Fields split(std::string_view row, char delimiter) {
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

bool numeric(const std::string& field) { return number_from(field).has_value(); }

bool header_like(const Fields& fields) {
  const auto words = std::count_if(fields.begin(), fields.end(),
                                   [](const std::string& f) { return !is_blank_word(f) && !numeric(f); });
  return fields.size() >= 2 && static_cast<std::size_t>(words) * 2 > fields.size() && words >= 2;
}

struct Header {
  char delimiter = ',';
  Fields names;
  std::uint32_t line = 0;
  std::size_t agreeing = 0;  ///< rows right below that have as many fields, a number among them
};

std::size_t agreeing_rows(Lines lines, const Header& header) {
  std::string_view row;
  std::uint32_t line = 0;
  std::size_t n = 0;
  for (int i = 0; i < 5 && lines.next(row, line); ++i) {
    const auto fields = split(row, header.delimiter);
    n += fields.size() == header.names.size() && std::any_of(fields.begin(), fields.end(), numeric) ? 1 : 0;
  }
  return n;
}

/// The line within the first ones, and the delimiter, whose fields are words that the rows below agree with.
std::optional<Header> find_header(Lines lines) {
  std::optional<Header> best;
  std::string_view row;
  std::uint32_t line = 0;
  for (int i = 0; i < kHeaderWithin && lines.next(row, line) && !best; ++i) {
    if (row.substr(0, 1) == "{" || row.substr(0, 1) == "[") continue;
    for (const char delimiter : kDelimiters) {
      Header h{delimiter, split(row, delimiter), line, 0};
      if (!header_like(h.names)) continue;
      h.agreeing = agreeing_rows(lines, h);
      if (h.agreeing > 0 && (!best || h.names.size() > best->names.size())) best = std::move(h);
    }
  }
  return best;
}

void name_columns(Fields& names, RunBuilder& builder, std::uint32_t line) {
  std::set<std::string> seen;
  for (std::size_t i = 0; i < names.size(); ++i) {
    names[i] = std::string(trim(names[i]));  // Ultralytics pads its names
    if (names[i].empty()) names[i] = fmt::format("column_{}", i + 1);
    if (seen.insert(names[i]).second) continue;
    builder.note("key.repeated",
                 fmt::format("two columns are called {}; the later one gets its number", code_span(names[i])), line);
    names[i] += fmt::format("#{}", i + 1);
    seen.insert(names[i]);
  }
}

void read_cell(const std::string& key, const std::string& cell, RunBuilder& builder) {
  const std::string word = lower(trim(cell));
  if (const auto v = number_from(cell))
    builder.value(key, *v);
  else if (is_blank_word(cell))
    builder.blank(key);
  else if (word == "true" || word == "false")
    builder.value(key, word == "true" ? 1 : 0);
  else if (const auto seconds = duration_from(cell))
    builder.value(key, *seconds);
  else
    builder.text(key, cell);
}

/// A row with the lines that its quoted fields run over.
std::string_view whole_row(std::string_view row, Lines& lines, std::vector<std::uint32_t>& also) {
  const auto open = [](std::string_view r) { return std::count(r.begin(), r.end(), '"') % 2 == 1; };
  if (!open(row)) return row;
  Lines ahead = lines;
  std::string_view next, whole = row;
  std::uint32_t line = 0;
  std::vector<std::uint32_t> passed;
  for (int i = 0; i < kMostLinesInARow && ahead.next(next, line); ++i) {
    passed.push_back(line);
    whole = {row.data(), static_cast<std::size_t>(next.data() + next.size() - row.data())};
    if (std::count(next.begin(), next.end(), '"') % 2 == 0) continue;
    lines = ahead;
    also = std::move(passed);
    return whole;
  }
  return row;
}

void read_row(std::string_view row, const Header& header, bool last_and_cut, RunBuilder& builder, std::uint32_t line) {
  const auto fields = split(row, header.delimiter);
  if (fields.size() != header.names.size()) {
    if (last_and_cut) return builder.note("line.cut", "the last row breaks off in the middle", line);
    return builder.note("line.unreadable",
                        fmt::format("rows with other than {} fields, first {}", header.names.size(), code_span(row)),
                        line);
  }
  // "0.1" may be the beginning of "0.12": a number that touches the end of an unfinished log is not one yet.
  const bool doubtful = last_and_cut && number_from(fields.back()).has_value();
  if (doubtful)
    builder.note("line.cut", "the last row has no newline: its last number may go on and is left out", line);
  builder.begin_record(line);
  for (std::size_t i = 0; i + (doubtful ? 1 : 0) < fields.size(); ++i)
    if (!read_dictionary(header.names[i], fields[i], builder, line)) read_cell(header.names[i], fields[i], builder);
}

Sniff sniff(const Probe& probe) {
  const auto header = find_header(Lines(probe.head));
  if (!header) return {};
  const int sure = header->agreeing >= 2 ? 70 : 40;
  return {sure,
          fmt::format("line {} names {} columns, and the rows below have as many", header->line, header->names.size())};
}

}  // namespace

void read_table(Input& input, RunBuilder& builder) {
  Lines lines(input.all());
  auto header = find_header(lines);
  if (!header)
    throw Error(Error::Kind::input, "no line looks like the header of a table", "the first line must name the columns");
  std::string_view row;
  std::uint32_t line = 0;
  std::string header_row;
  while (lines.next(row, line)) {
    std::vector<std::uint32_t> also;
    if (line < header->line) {
      const bool comment = trim(row).empty() || trim(row).front() == '#';
      comment ? builder.understood(line)
              : builder.note("line.unreadable", fmt::format("lines before the header, first {}", code_span(row)), line);
    } else if (line == header->line) {
      header_row = row;
      name_columns(header->names, builder, line);
      builder.understood(line);
    } else if (trim(row).empty()) {
      builder.understood(line);
    } else if (row == header_row) {
      builder.understood(line);
      builder.note("table.header_again", "the header stands again within the table: a run was started anew", line);
    } else {
      row = whole_row(row, lines, also);
      read_row(row, *header, lines.cut() && line == lines.count(), builder, line);
      for (const auto n : also) builder.understood(n);
    }
  }
}

constinit const Importer csv{
    "csv", "tables: CSV, TSV and semicolons", sniff, read_table,
    R"(Reads a table whose first line names the columns: Lightning `metrics.csv`, RLlib `progress.csv`, AlgoPerf
`measurements.csv`, Ultralytics `results.csv`, tab-separated logs. The delimiter is found by looking; quoted fields may hold it.

**An empty cell** means that the quantity was not logged in that row, unless it stops for good while the columns that were always
filled with it go on: then it is the NaN of a writer that cannot spell it (AlgoPerf). `nan` and `inf` are kept.

**A dictionary in a cell**, as Python or as JSON, is read like the object of a JSON line: its keys are joined with `/` behind
the column's name, and a column `config` holds settings.

**What it cannot know:** what words in cells mean: they are counted and left out.)"};

}  // namespace expanalyze
