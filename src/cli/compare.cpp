// expanalyze BASELINE EXPERIMENT
#include <fmt/format.h>

#include <algorithm>

#include "cli/commands.hpp"
#include "cli/named_path.hpp"
#include "cli/output.hpp"
#include "expanalyze/error.hpp"
#include "expanalyze/render.hpp"
#include "pipeline/seed_groups.hpp"
#include "store/recipe.hpp"

namespace expanalyze::cli {

namespace {

/// Several runs at one path are the seeds of one side only if nothing but their names and seeds differs.
void refuse_mixture(const std::vector<Run>& runs, const std::string& path) {
  for (const Run& run : runs) {
    if (recipe_of(run.config) == recipe_of(runs.front().config)) continue;
    throw Error(
        Error::Kind::input,
        fmt::format("{}: holds {} runs with different settings, {} and {} among them", path, runs.size(),
                    runs.front().label, run.label),
        fmt::format("name one of them, as a file or as {}#1, or compare all with `expanalyze sweep {}`", path, path));
  }
}

std::vector<RunId> read_side(RunStore& store, const std::vector<std::string>& paths, const char* side,
                             const Options& options) {
  ImportOptions import = options.import;
  if (const auto file = options.config.find(side); file != options.config.end()) import.config = file->second;
  std::vector<RunId> ids;
  for (const std::string& path : paths) {
    std::vector<Run> runs = read_named(path, import);
    refuse_mixture(runs, path);
    for (Run& run : runs) {
      ids.push_back(store.runs.size());
      store.runs.push_back(std::move(run));
    }
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
    for (const std::string& input : *side) refuse_to_replace(named_path(input).path, options.output);
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
