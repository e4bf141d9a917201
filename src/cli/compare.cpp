// expanalyze BASELINE EXPERIMENT
#include <algorithm>
#include <optional>

#include "cli/commands.hpp"
#include "cli/control_runs.hpp"
#include "cli/emit_config.hpp"
#include "cli/named_path.hpp"
#include "cli/output.hpp"
#include "cli/sides.hpp"
#include "expanalyze/error.hpp"
#include "expanalyze/render.hpp"
#include "text/format.hpp"

namespace expanalyze::cli {

namespace {

bool matches(const Review& review, const std::vector<std::string>& words) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return word == to_string(review.overall) ||
           std::find(review.modifiers.begin(), review.modifiers.end(), word) != review.modifiers.end();
  });
}

/// No input is written over, by the report or by the settings of the next run.
void refuse_to_replace_inputs(const Options& options, const std::string& written) {
  for (const auto* side : {&options.baseline, &options.experiment, &options.controls})
    for (const std::string& input : *side) refuse_to_replace(named_path(input).path, written);
  for (const auto& [side, file] : options.config) refuse_to_replace(file, written);
  for (const auto& card : options.theory) refuse_to_replace(card, written);
}

}  // namespace

int compare(const Options& options) {
  refuse_to_replace_inputs(options, options.output);
  std::optional<Output> next;
  if (!options.emit_config.empty()) {
    refuse_config_name(options.emit_config);
    refuse_to_replace_inputs(options, options.emit_config);
    if (std::filesystem::path(options.emit_config).lexically_normal() ==
        std::filesystem::path(options.output).lexically_normal())
      throw Error(Error::Kind::usage, "the report and the settings would go to one file, " + one_line(options.output),
                  "give -o and --emit-config different names");
    next.emplace(options.emit_config);
  }
  Output output(options.output);
  const std::vector<TheoryCard> cards = theory_cards(options.theory);
  const Sides sides = read_sides(options);
  if (next)
    for (const RunId id : sides.comparison.experiment) refuse_unknown_settings(sides.store.runs[id]);

  Report report = analyze(sides.store, sides.comparison, options.review, cards);
  report.review.notes.insert(report.review.notes.begin(), sides.notes.begin(), sides.notes.end());
  if (!options.controls.empty() && !report.review.controls_used) refuse_controls(report.review.notes);
  output.write(options.format == Format::json ? render_json(report) : render_markdown(report));
  if (next) emit_config(report, options.emit_config, *next);
  return matches(report.review, options.fail_on) ? 1 : 0;
}

}  // namespace expanalyze::cli
