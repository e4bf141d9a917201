#include "import/json_columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "store/key.hpp"
#include "store/roles.hpp"
#include "store/run_builder.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

/// The length that most columns have; that of the step column where there is one.
std::size_t rows_of(const JsonContents& found, std::string& step_key) {
  std::map<std::size_t, std::size_t> votes;
  for (const auto& [key, column] : found.columns) {
    if (meaning(key).role == Role::step) {
      step_key = key;
      return column.size();
    }
    if (!column.empty()) ++votes[column.size()];
  }
  std::size_t best = 0, most = 0;
  for (const auto& [length, n] : votes)
    if (n >= most) {
      best = length;
      most = n;
    }
  return best;
}

bool has_unit(const Key& key) {
  return std::any_of(key.words.begin(), key.words.end(), [](const std::string& w) {
    return w == "s" || w == "ms" || w == "minutes" || w == "min" || w == "h";
  });
}

/// "elapsed_times" does not say its unit; a total beside it does ("total_time_minutes"). Minutes and seconds differ by
/// 60, so the total that lies within a factor 2 of the clock's last value has the clock's unit. 0: no total is near.
double clock_factor(const Json& column, const JsonContents& found) {
  const auto last = column.empty() ? std::nullopt : json_number(column.back());
  if (!last || !(*last > 0)) return 0;
  double best = std::log(2.0), factor = 0;
  for (const auto& [path, value] : found.totals) {
    const Meaning total = meaning(path.substr(path.rfind('/') + 1));
    const auto v = json_number(value);
    if (total.unit != Unit::seconds || !has_unit(take_apart(path)) || !v || !(*v > 0)) continue;
    const double distance = std::abs(std::log(*last / *v));
    if (distance >= best) continue;
    best = distance;
    factor = total.factor;
  }
  return factor;
}

double unit_factor(const std::string& key, const Json& column, const JsonContents& found, std::uint32_t line) {
  if (meaning(key).role != Role::wall || has_unit(take_apart(key))) return 1;
  const double factor = clock_factor(column, found);
  if (factor == 0 && found.cut) {
    found.builder.declare(key, {});
    found.builder.note("unit.unknown",
                       fmt::format("the unit of {} may have stood behind the cut: it is no clock", code_span(key)),
                       line, key);
  } else if (factor == 0) {
    found.builder.note("unit.guessed",
                       fmt::format("{} is taken for seconds: nothing in the document says", code_span(key)), line, key);
  } else if (factor != 1) {
    found.builder.note("unit.converted",
                       fmt::format("{} is read in seconds: its last value agrees with a total when multiplied by {}",
                                   code_span(key), number(factor)),
                       line, key);
  }
  return factor == 0 ? 1 : factor;
}

void read_cell(const std::string& key, const Json& cell, double factor, RunBuilder& builder, std::uint32_t line) {
  const auto v = factor == 1 ? std::nullopt : json_number(cell);
  if (v)
    builder.value(key, *v * factor);
  else
    read_value(key, cell, builder, line);
}

/// The column in which a document breaks off is short; where it is that of the steps, the others go on without.
bool cut_short(const std::string& key, std::size_t rows, const std::string& step_key, JsonContents& found) {
  if (!found.cut) return false;
  const auto& [last, cells] = found.columns.back();
  if (key == last ? cells.size() >= rows : last != step_key) return false;
  found.builder.note(
      "value.array_length",
      fmt::format("the document breaks off in {}: it is read as far as {} elements go", code_span(last), cells.size()),
      0, key);
  return true;
}

}  // namespace

void read_columns(JsonContents& found) {
  std::string step_key;
  const std::size_t rows = rows_of(found, step_key);
  const auto lines =
      element_lines(found.text, step_key.empty() && !found.columns.empty() ? found.columns[0].first : step_key);
  const auto line_of = [&](std::size_t i) { return i < lines.size() ? lines[i] : 1U; };
  std::vector<std::pair<const std::pair<std::string, Json>*, double>> used;
  for (const auto& column : found.columns) {
    const bool agrees = column.second.size() == rows || cut_short(column.first, rows, step_key, found);
    if (agrees && rows > 0)
      used.emplace_back(&column, unit_factor(column.first, column.second, found, line_of(0)));
    else
      found.builder.note("value.array_length",
                         fmt::format("{} has {} elements where the others have {}: it is left out",
                                     code_span(column.first), column.second.size(), rows),
                         0, column.first);
  }
  for (std::size_t i = 0; i < rows; ++i) {
    found.builder.begin_record(line_of(i));
    for (const auto& [column, factor] : used)
      if (i < column->second.size()) read_cell(column->first, column->second[i], factor, found.builder, line_of(i));
  }
}

}  // namespace expanalyze
