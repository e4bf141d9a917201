#include "render/markdown_parts.hpp"

#include <algorithm>
#include <cmath>

#include "render/prose.hpp"
#include "render/table.hpp"
#include "text/format.hpp"

namespace expanalyze::render {

namespace {

std::string bound(double value, bool with_sign) { return with_sign ? signed_number(value) : number(value); }

/// Codes as words: "one_seed" → "one seed"; without any, that no interval could be given.
std::string reasons(const Estimate& e) {
  std::string out;
  for (const std::string& note : e.notes) out += (out.empty() ? "" : ", ") + spaced(note);
  return out.empty() ? "no interval" : out;
}

std::string range_text(double low, double high, bool with_sign) {
  return "[" + bound(low, with_sign) + ", " + bound(high, with_sign) + "]";
}

}  // namespace

std::string spaced(std::string_view code) {
  std::string out = one_line(code);
  std::replace(out.begin(), out.end(), '_', ' ');
  return out;
}

std::string estimate_text(const Estimate& e, bool with_sign) {
  if (std::isnan(e.value)) return "not computed (" + reasons(e) + ")";
  const std::string value = bound(e.value, with_sign);
  const bool known = std::isfinite(e.low) || std::isfinite(e.high);
  if (!known || e.low == e.high) return value + " (" + reasons(e) + ")";
  return value + " " + range_text(e.low, e.high, with_sign);
}

std::string relative_text(const Estimate& e) {
  Estimate in_percent = e;
  in_percent.value *= 100;
  in_percent.low *= 100;
  in_percent.high *= 100;
  const std::string text = estimate_text(in_percent, true);
  const auto blank = text.find(' ');
  if (std::isnan(e.value) || blank == std::string::npos) return text;
  return text.substr(0, blank) + " %" + text.substr(blank);
}

std::string likelihood(double p) {
  const char* words = p >= .9 ? "very likely" : p >= .66 ? "likely" : p >= kShownFrom ? "possible" : "unlikely";
  return std::string(words) + " (" + number(p, 2) + ")";
}

std::string metric_words(const Metric& m) {
  return code_span(m.name) + (m.direction == Direction::min ? ", lower is better" : ", higher is better");
}

std::string place_text(const Place& place) {
  std::vector<std::string> parts;
  if (!place.run.empty()) parts.push_back(code_span(place.run));
  if (!place.series.empty()) parts.push_back(code_span(place.series));
  if (place.line != 0) parts.push_back("line " + std::to_string(place.line));
  if (!std::isnan(place.step)) parts.push_back("step " + number(place.step));
  return parts.empty() ? std::string{} : "(" + join(parts, ", ") + ")";
}

std::string config_diff_table(const std::vector<ConfigDifference>& differences) {
  Table table({{"Setting"}, {"Baseline"}, {"Experiment"}, {"Class"}});
  for (const ConfigDifference& d : differences)
    table.add({code_span(d.key), code_span(to_text(d.baseline)), code_span(to_text(d.experiment)),
               std::string(to_string(d.cls))});
  return table.str();
}

std::string in_block(std::string_view log_text, std::size_t most) {
  const std::string span = code_span(log_text, most);
  return span.substr(1, span.size() - 2);
}

}  // namespace expanalyze::render
