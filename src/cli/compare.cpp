// expanalyze BASELINE EXPERIMENT
#include <algorithm>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "expanalyze/render.hpp"
#include "pipeline/seed_groups.hpp"

namespace expanalyze::cli {

namespace {

std::vector<RunId> read_side(RunStore& store, const std::vector<std::string>& paths, const char* side,
                             const Options& options) {
  ImportOptions import = options.import;
  if (const auto file = options.config.find(side); file != options.config.end()) import.config = file->second;
  std::vector<RunId> ids;
  for (const std::string& path : paths) {
    ids.push_back(store.runs.size());
    store.runs.push_back(read_run(path, import));
  }
  return ids;
}

bool matches(const Review& review, const std::vector<std::string>& words) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return word == to_string(review.overall) ||
           std::find(review.modifiers.begin(), review.modifiers.end(), word) != review.modifiers.end();
  });
}

}  // namespace

int compare(const Options& options) {
  for (const auto* side : {&options.baseline, &options.experiment})
    for (const std::string& input : *side) refuse_to_replace(input, options.output);
  for (const auto& [side, file] : options.config) refuse_to_replace(file, options.output);
  for (const auto& card : options.theory) refuse_to_replace(card, options.output);
  Output output(options.output);
  const std::vector<TheoryCard> cards = theory_cards(options.theory);
  RunStore store;
  Comparison sides;
  sides.baseline = read_side(store, options.baseline, "baseline", options);
  sides.experiment = read_side(store, options.experiment, "experiment", options);
  make_labels_unique(store.runs);
  std::vector<Note> duplicates;
  sides.baseline = without_duplicates(store, sides.baseline, duplicates);
  sides.experiment = without_duplicates(store, sides.experiment, duplicates);

  Report report = analyze(store, sides, options.review, cards);
  report.review.notes.insert(report.review.notes.begin(), duplicates.begin(), duplicates.end());
  output.write(options.format == Format::json ? render_json(report) : render_markdown(report));
  return matches(report.review, options.fail_on) ? 1 : 0;
}

}  // namespace expanalyze::cli
