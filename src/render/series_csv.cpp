// One column of the store as a table for machines: shortest digits that read back as the same double.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "expanalyze/render.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

std::string exact(double value) { return std::isfinite(value) ? fmt::format("{}", value) : number(value); }

/// RFC 4180: quoted where it holds a comma or a quote; one line, as every name in our output.
std::string cell(std::string_view text) {
  const std::string line = one_line(text, std::string_view::npos);
  if (line.find_first_of(",\"") == std::string::npos) return line;
  std::string out = "\"";
  for (const char c : line) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

std::string label_of(const Series& series, const std::string& key) {
  const auto at =
      std::find_if(series.labels.begin(), series.labels.end(), [&](const auto& l) { return l.first == key; });
  return at == series.labels.end() ? std::string{} : cell(at->second);
}

/// A single series needs no column for its labels.
std::vector<std::string> label_keys(const std::vector<PickedSeries>& picked) {
  std::set<std::string> keys;
  for (const auto& [run, series] : picked)
    if (series.size() > 1)
      for (const Series* s : series)
        for (const auto& [key, value] : s->labels) keys.insert(key);
  return {keys.begin(), keys.end()};
}

void add_rows(std::string& out, const std::string& start, const Rows& rows, const Series& series) {
  for (std::size_t i = 0; i < series.value.size(); ++i)
    out += fmt::format("{}{},{},{}\n", start, exact(rows.step[i]), exact(series.value[i]), rows.line[i]);
}

}  // namespace

std::string render_csv(const std::vector<PickedSeries>& picked, bool with_run) {
  const std::vector<std::string> keys = label_keys(picked);
  std::string out = with_run ? "run," : "";
  for (const std::string& key : keys) out += cell(key) + ",";
  out += "step,value,line\n";
  for (const auto& [run, series] : picked)
    for (const Series* s : series) {
      std::string start = with_run ? cell(run->label) + "," : "";
      for (const std::string& key : keys) start += label_of(*s, key) + ",";
      add_rows(out, start, run->rows[s->rows], *s);
    }
  return out;
}

}  // namespace expanalyze
