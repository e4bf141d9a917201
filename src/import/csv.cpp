#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>

#include "expanalyze/error.hpp"
#include "import/importers.hpp"
#include "import/table.hpp"
#include "import/table_header.hpp"
#include "import/table_rows.hpp"
#include "io/input.hpp"
#include "io/lines.hpp"
#include "store/roles.hpp"
#include "store/run_builder.hpp"
#include "text/format.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

/// A header and its first row are found within so many bytes, or there is none.
constexpr std::size_t kHeaderWithinBytes = 64U << 20U;

void name_columns(std::vector<std::string>& names, RunBuilder& builder, std::uint32_t line) {
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

/// Looks into the first block, and further where it holds less than a header and a row.
TableHeader header_of(Input& input) {
  std::size_t before = 0;
  Block block;
  for (std::size_t about = Input::kBlock; input.next_block(block, about); about *= 4) {
    auto header = find_table_header(Lines(block.text()));
    const bool all = block.size == before || about > kHeaderWithinBytes;
    before = block.size;
    input.put_back(block, 0);
    if (header) return std::move(*header);
    if (all) break;
  }
  throw Error(Error::Kind::input, "no line looks like the header of a table", "the first line must name the columns");
}

/// The next whole rows: a quoted field may run over lines, and over the end of a block.
bool next_rows(Input& input, Block& block) {
  std::size_t before = 0;
  for (std::size_t about = Input::kBlock; input.next_block(block, about); about *= 2) {
    const std::size_t whole = whole_rows(block.text());
    if (whole > 0 && whole < block.size) input.put_back(block, whole);
    if (whole > 0 || block.size == before || block.size > Input::kLongestLine) return true;
    before = block.size;
    input.put_back(block, 0);
  }
  return false;
}

Sniff sniff(const Probe& probe) {
  const auto header = find_table_header(Lines(probe.head));
  if (!header) return {};
  // A table of files or of settings counts nothing and measures nothing.
  const bool means_something = std::any_of(header->names.begin(), header->names.end(), [](const std::string& name) {
    const Role role = meaning(name).role;
    return role != Role::mechanism && role != Role::none;
  });
  // Below prose, one row that agrees is an accident of commas.
  constexpr std::uint32_t kTop = 5;
  if (header->agreeing < 2 && header->line > kTop) return {};
  const int sure = !means_something ? 30 : header->agreeing >= 2 ? 70 : 40;
  return {sure,
          fmt::format("line {} names {} columns, and the rows below have as many", header->line, header->names.size())};
}

}  // namespace

void read_table(Input& input, RunBuilder& builder) {
  TableHeader header = header_of(input);
  name_columns(header.names, builder, header.line);
  if (header.decimal_comma)
    builder.note("number.decimal_comma", "numbers have a comma for a point: `0,5` is read as 0.5", header.line + 1);
  std::vector<std::unique_ptr<BlockParser>> parsers;
  const unsigned threads = worthwhile_threads(input, builder.threads());
  for (unsigned i = 0; i < threads; ++i) parsers.push_back(std::make_unique<TableRows>(header));
  read_blocks(
      input, [&](Block& block) { return next_rows(input, block); }, parsers,
      [&](const RowGroup& rows, double share) { builder.append(rows, share); });
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
