// One run, section by section: file, axes, roles, series, gaps, notes, settings.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "render/inspect_parts.hpp"
#include "render/markdown_parts.hpp"
#include "render/prose.hpp"
#include "render/table.hpp"
#include "text/format.hpp"

namespace expanalyze::render {

namespace {

constexpr auto kRight = Table::Align::right;
constexpr std::size_t kMostRows = 100;  // of a table: a page that is still read; the rest is in the JSON

std::string rest_of(std::size_t all, const char* what) {
  if (all <= kMostRows) return {};
  return paragraph(fmt::format("{} more {} are in `--format json`.", all - kMostRows, what));
}

std::string evaluation(const LastEvaluation& end) {
  const std::string last = fmt::format("last evaluation: {} = {} at step {}", code_span(end.logged_as),
                                       number(end.last.value, 6), number(end.last.step));
  if (end.last_finite.line == 0 || std::isfinite(end.last.value)) return last;
  return last + fmt::format(", the last finite one {} at step {}", number(end.last_finite.value, 6),
                            number(end.last_finite.step));
}

std::string head(const RunFacts& run) {
  std::string out = "# " + code_span(run.label) + "\n\n";
  out += bullet("file: " + code_span(run.path, 200) +
                (run.parts > 1 ? fmt::format(", run {} of {}", run.part, run.parts) : std::string{}));
  out += bullet("format: " + code_span(run.format) + (run.format_why.empty() ? "" : ", because " + run.format_why));
  out += bullet(fmt::format("understood: {} of {} {}{}; {} records with values", run.lines_understood, run.lines,
                            run.counted_in, run.parts > 1 ? " of the file" : "", run.rows));
  if (run.superseded > 0)
    out +=
        bullet(fmt::format("rewound: {} records were replaced by a later return to an earlier step", run.superseded));
  if (run.last_evaluation) out += bullet(evaluation(*run.last_evaluation));
  return out + "\n";
}

std::string on_axis(std::string_view axis, double value) {
  if (axis == "wall") return duration(value);
  if (axis == "flops") return flop_count(value);
  if (axis == "tokens" || axis == "samples") return count(value);
  return number(value, 6);
}

std::string spacing(const AxisFacts& axis) {
  if (axis.n < 2) return "-";
  const std::string usual = on_axis(axis.axis, axis.spacing);
  if (axis.narrowest == axis.widest) return usual;
  return fmt::format("{} ({} to {})", usual, on_axis(axis.axis, axis.narrowest), on_axis(axis.axis, axis.widest));
}

std::string axes(const RunFacts& run) {
  Table table({{"Axis"}, {"From", kRight}, {"To", kRight}, {"Points", kRight}, {"Apart: median (range)"}});
  std::string sources;
  for (const AxisFacts& axis : run.axes) {
    sources += bullet(fmt::format("{}: {}", axis.axis, axis.source.empty() ? "not in the log" : axis.source));
    if (!axis.source.empty())
      table.add({std::string(axis.axis), on_axis(axis.axis, axis.first), on_axis(axis.axis, axis.last),
                 std::to_string(axis.n), spacing(axis)});
  }
  return "## Axes\n\n" + table.str() + sources + "\n";
}

std::string roles(const RunFacts& run) {
  std::string out = "## Roles\n\n";
  if (run.roles.empty()) return out + paragraph("No key of the log was given a role.");
  for (const RoleChoice& choice : run.roles) out += bullet(role_text(choice));
  return out + "\n";
}

std::string unit_cell(Unit unit) { return unit == Unit::one ? "-" : spaced(unit_name(unit)); }

void add_series(Table& table, const RunFacts& run, const SeriesGroup& group) {
  const SeriesFacts& s = run.series[group.series.front()];
  const bool single = group.series.size() == 1;
  const std::string name =
      single ? code_span(s.logged_as) : fmt::format("{} x {}", group.series.size(), code_span(s.name));
  table.add({name, unit_cell(s.unit), std::to_string(group.n), single ? number(s.first.value) : "-",
             single ? number(s.last.value) : "-", number(group.min.value), number(group.min.step),
             std::to_string(group.non_finite)});
}

std::string series(const RunFacts& run) {
  Table table({{"Series", Table::Align::left, 16},
               {"Unit"},
               {"Values", kRight, 9},
               {"First", kRight, 10},
               {"Last", kRight, 10},
               {"Lowest", kRight, 10},
               {"at step", kRight, 9},
               {"NaN, inf", kRight}});
  std::string labels;
  for (std::size_t i = 0; i < std::min(run.groups.size(), kMostRows); ++i) {
    const SeriesGroup& group = run.groups[i];
    add_series(table, run, group);
    if (!group.labels.empty()) labels += bullet(code_span(group.name) + ": " + code_span(group.labels, 200));
  }
  if (!labels.empty()) labels = "Labels:\n\n" + labels + "\n";
  return "## Series\n\n" + table.str() + labels + rest_of(run.groups.size(), "series");
}

std::string gap_text(const Gap& gap) {
  const std::string where = fmt::format("between steps {} and {}", number(gap.from), number(gap.to));
  const std::string at = gap.line == 0 ? "" : fmt::format(" (line {})", gap.line);
  if (gap.kind == Gap::Kind::steps)
    return fmt::format("{} no row for {} steps, where {} is usual{}", where, number(gap.size), number(gap.usual), at);
  return fmt::format("{} the clock moves by {}, where {} is usual{}", where, duration(gap.size), duration(gap.usual),
                     at);
}

std::string gaps(const RunFacts& run) {
  std::string out = "## Gaps\n\n";
  if (run.gaps.empty()) return out + paragraph("No rows are missing, and the clock has no pause.");
  for (const Gap& gap : run.gaps) out += bullet(gap_text(gap));
  out += "\n";
  const std::size_t all = run.step_gaps + run.clock_gaps;
  if (all > run.gaps.size())
    out += paragraph(fmt::format("In all {} gaps in the steps and {} in the clock.", run.step_gaps, run.clock_gaps));
  return out;
}

/// A code span is never wrapped: one that is wider than the page loses its end here, and keeps it in the JSON.
std::string with_short_spans(std::string_view text) {
  constexpr std::size_t widest = kPageWidth - 10;
  std::string out;
  for (bool in_code = false;; in_code = !in_code) {
    const std::string_view part = text.substr(0, text.find('`'));
    out += in_code ? "`" + ends_of(part, widest) + "`" : std::string(part);
    if (part.size() == text.size()) return out;
    text.remove_prefix(part.size() + 1);
  }
}

std::string notes(const RunFacts& run) {
  std::string out = "## Notes\n\n";
  if (run.notes.empty()) return out + paragraph("Nothing was noted: no line was skipped, nothing repaired.");
  for (const Note& note : run.notes) {
    std::vector<std::string> more;
    if (note.count > 1) more.push_back(fmt::format("{} times", note.count));
    if (note.where.line > 0) more.push_back(fmt::format("first at line {}", note.where.line));
    if (note.last_line > note.where.line) more.push_back(fmt::format("last at line {}", note.last_line));
    out += bullet(fmt::format("`{}`: {}{}", note.code, with_short_spans(note.text),
                              more.empty() ? "" : " (" + join(more, ", ") + ")"));
  }
  return out + "\n";
}

std::string settings(const RunFacts& run) {
  std::string out = "## Settings\n\n";
  if (run.config.empty()) return out + paragraph("None are known: `--config FILE` names a file that holds them.");
  out += paragraph(fmt::format("{} keys, from {}.", run.config.size(), run.config_source));
  Table table({{"Setting"}, {"Value"}});
  std::size_t shown = 0;
  for (const auto& [key, value] : run.config)
    if (shown++ < kMostRows) table.add({code_span(key), code_span(to_text(value), 200)});
  return out + table.str() + rest_of(run.config.size(), "settings");
}

}  // namespace

std::string_view unit_name(Unit unit) {
  static constexpr std::array<std::string_view, 11> kNames{
      "one", "nats", "bits", "seconds", "bytes", "tokens", "samples", "steps", "flops", "epochs", "per_second"};
  return kNames[static_cast<std::size_t>(unit)];
}

std::string run_in_full(const RunFacts& run) {
  return head(run) + axes(run) + roles(run) + series(run) + gaps(run) + notes(run) + settings(run);
}

}  // namespace expanalyze::render
