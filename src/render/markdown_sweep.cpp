// A sweep as Markdown: a table of groups, then a paragraph for each.
#include <algorithm>
#include <cmath>

#include "expanalyze/render.hpp"
#include "render/markdown_parts.hpp"
#include "render/prose.hpp"
#include "render/sweep_limits.hpp"
#include "render/table.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

using namespace render;

std::string ratio_text(double ratio) { return ratio == 0 ? "-" : number(ratio, 3) + "×"; }

std::string group_table(const SweepReport& sweep) {
  constexpr auto right = Table::Align::right;
  const bool flops =
      std::any_of(sweep.groups.begin(), sweep.groups.end(), [](const SweepRow& row) { return row.flops_ratio != 0; });
  std::vector<Table::Column> columns{{"Group", Table::Align::left, 16},      {"Runs", right},
                                     {"Verdict", Table::Align::left, 14},    {"Final", right},
                                     {"Difference", Table::Align::left, 28}, {"Time", right}};
  if (flops) columns.push_back({"FLOPs", right});
  Table table(std::move(columns));
  for (const SweepRow& row : sweep.groups) {
    const bool failed = !row.failure.empty();
    std::vector<std::string> cells{
        code_span(ends_of(row.label, 23)),
        std::to_string(row.runs.size()),
        spaced(to_string(row.verdict)),
        std::isnan(row.final.value) ? "-" : number(row.final.value),
        failed && std::isnan(row.difference.value) ? "-" : estimate_text(row.difference, true),
        ratio_text(row.wall_ratio)};
    if (flops) cells.push_back(ratio_text(row.flops_ratio));
    table.add(std::move(cells));
  }
  return table.str();
}

std::string group_text(const SweepRow& row) {
  std::string out = "### " + code_span(row.label) + "\n\n";
  if (!row.failure.empty()) out += paragraph("Failed or not comparable: " + sentence(row.failure));
  if (!row.soul.empty()) out += paragraph(row.soul);
  if (!row.headline.empty() && row.headline != "undetermined")
    out += paragraph("`" + std::string(row.headline) + "`, " + likelihood(row.headline_probability) + ".");
  out += row.config.empty() ? paragraph("No setting is known to differ from the baseline's.")
                            : config_diff_table(row.config);
  return out;
}

}  // namespace

std::string render_markdown(const SweepReport& sweep) {
  std::string out = "# Sweep against " + code_span(sweep.baseline) + "\n\n";
  if (!sweep.metric.name.empty()) out += paragraph("Metric: " + metric_words(sweep.metric) + ". Best first.");
  if (sweep.groups.empty()) out += paragraph("There is no group besides the baseline.");
  out += group_table(sweep);
  for (const SweepRow& row : sweep.groups) out += group_text(row);
  out += "## Notes\n\n";
  for (const Note& note : sweep.notes) out += bullet("`" + std::string(note.code) + "`: " + sentence(note.text));
  return out + bullet("`" + std::string(sweep_limits().code) + "`: " + sentence(sweep_limits().text));
}

}  // namespace expanalyze
