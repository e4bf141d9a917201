// Two runs, bit for bit.
#pragma once

#include <bit>
#include <string>

#include "support/run.hpp"

namespace test {

inline bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](double x, double y) {
    return std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y) || (x != x && y != y);
  });
}

inline bool same_config(const expanalyze::Config& a, const expanalyze::Config& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    const auto *v = std::get_if<double>(&x.second), *w = std::get_if<double>(&y.second);
    return x.first == y.first && (v != nullptr && w != nullptr ? same_bits({*v}, {*w}) : x.second == y.second);
  });
}

/// What differs first; empty: nothing.
inline std::string difference(const expanalyze::Run& a, const expanalyze::Run& b) {
  if (a.lines != b.lines || a.lines_understood != b.lines_understood) return "lines";
  if (!same_config(a.config, b.config) || a.config_source != b.config_source) return "config";
  if (a.rows.size() != b.rows.size()) return "number of rows";
  for (std::size_t i = 0; i < a.rows.size(); ++i)
    if (a.rows[i].line != b.rows[i].line || !same_bits(a.rows[i].step, b.rows[i].step))
      return "rows " + std::to_string(i);
  if (a.series.size() != b.series.size()) return "number of series";
  for (std::size_t i = 0; i < a.series.size(); ++i) {
    const auto &s = a.series[i], &t = b.series[i];
    if (s.logged_as != t.logged_as || s.name != t.name || s.role != t.role || s.labels != t.labels || s.rows != t.rows)
      return "series " + std::to_string(i) + ": " + s.logged_as + " and " + t.logged_as;
    if (!same_bits(s.value, t.value)) return "values of " + s.logged_as;
  }
  if (a.notes.size() != b.notes.size()) return "number of notes";
  for (std::size_t i = 0; i < a.notes.size(); ++i) {
    const auto &m = a.notes[i], &n = b.notes[i];
    if (m.code != n.code || m.text != n.text || m.count != n.count || m.where.line != n.where.line)
      return "note " + std::string(m.code) + ": " + m.text + " and " + n.text;
  }
  return {};
}

}  // namespace test
