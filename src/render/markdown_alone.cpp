// Step 1 of the Markdown report of one side that has nothing to be compared with.
#include <cmath>

#include "render/markdown_parts.hpp"
#include "render/prose.hpp"
#include "render/table.hpp"
#include "text/format.hpp"

namespace expanalyze::render {

namespace {

std::string steps_text(const RunEnd& end) {
  return number(end.last_step) + (end.planned_steps > 0 ? " of " + number(end.planned_steps) + " planned" : "");
}

/// One row a run: the best value is shown beside the last one and decides nothing, as it is the luckiest of many.
std::string ends(const Report& report) {
  constexpr auto right = Table::Align::right;
  Table table({{"Run"}, {"Steps", right}, {"First", right}, {"Last", right}, {"Best (the luckiest of many)"}});
  for (std::size_t i = 0; i < report.review.ends.size() && i < report.experiment.size(); ++i) {
    const RunEnd& end = report.review.ends[i];
    table.add({code_span(report.experiment[i].label), steps_text(end), number(end.first_value), number(end.final_value),
               std::isfinite(end.best_value) ? number(end.best_value) + " at step " + number(end.best_step) : "none"});
  }
  return table.str();
}

std::string quantities(const Review& r) {
  const FinalQuality& f = r.final_quality;
  Table table({{"Quantity"}, {"Value"}});
  table.add({"final value, n = " + std::to_string(f.experiment.n), estimate_text(f.experiment)});
  if (f.seed_sd > 0) table.add({"s.d. between seeds", seed_sd_text(f)});
  if (r.wall.experiment_step_seconds.value > 0)
    table.add({"a step takes, read from " + r.wall.source, duration(r.wall.experiment_step_seconds.value)});
  if (r.wall.experiment_seconds > 0) table.add({"time in all", duration(r.wall.experiment_seconds)});
  return table.str();
}

}  // namespace

std::string alone_section(const Report& report) {
  const Review& r = report.review;
  const FinalQuality& f = r.final_quality;
  return "## 1. Metric Review\n\n" + paragraph("Metric: " + metric_words(r.metric) + ".") + ends(report) +
         failures(report) + curves(r) + quantities(r) + (f.plateau.empty() ? "" : paragraph(sentence(f.plateau))) +
         forecasts(r);
}

}  // namespace expanalyze::render
