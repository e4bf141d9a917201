// expanalyze BASELINE EXPERIMENT
#include <algorithm>

#include "cli/commands.hpp"
#include "cli/control_runs.hpp"
#include "cli/named_path.hpp"
#include "cli/output.hpp"
#include "cli/sides.hpp"
#include "expanalyze/error.hpp"
#include "expanalyze/render.hpp"

namespace expanalyze::cli {

namespace {

bool matches(const Review& review, const std::vector<std::string>& words) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return word == to_string(review.overall) ||
           std::find(review.modifiers.begin(), review.modifiers.end(), word) != review.modifiers.end();
  });
}

}  // namespace

int compare(const Options& options) {
  for (const auto* side : {&options.baseline, &options.experiment, &options.controls})
    for (const std::string& input : *side) refuse_to_replace(named_path(input).path, options.output);
  for (const auto& [side, file] : options.config) refuse_to_replace(file, options.output);
  for (const auto& card : options.theory) refuse_to_replace(card, options.output);
  Output output(options.output);
  const std::vector<TheoryCard> cards = theory_cards(options.theory);
  const Sides sides = read_sides(options);

  Report report = analyze(sides.store, sides.comparison, options.review, cards);
  report.review.notes.insert(report.review.notes.begin(), sides.notes.begin(), sides.notes.end());
  if (!options.controls.empty() && !report.review.controls_used) refuse_controls(report.review.notes);
  output.write(options.format == Format::json ? render_json(report) : render_markdown(report));
  return matches(report.review, options.fail_on) ? 1 : 0;
}

}  // namespace expanalyze::cli
