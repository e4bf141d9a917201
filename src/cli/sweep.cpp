// expanalyze sweep DIR --baseline NAME
#include <algorithm>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "expanalyze/error.hpp"
#include "expanalyze/render.hpp"
#include "import/read_each.hpp"
#include "pipeline/seed_groups.hpp"
#include "text/format.hpp"

namespace expanalyze::cli {

namespace {

/// A file that cannot be read is a note, not the end of the sweep.
RunStore read_all(const Options& options, std::vector<Note>& notes) {
  RunStore store;
  const auto paths = find_runs(options.directory, notes);
  std::vector<std::vector<Run>> read(paths.size());
  std::vector<std::string> trouble(paths.size());
  read_each(paths.size(), options.import, [&](std::size_t i, const ImportOptions& import) {
    try {
      read[i] = read_runs(paths[i], import);
    } catch (const Error& e) {
      if (e.kind == Error::Kind::usage) throw;
      trouble[i] = code_span(paths[i].string()) + " is left out: " + one_line(e.what());
    }
  });
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (!trouble[i].empty()) notes.push_back({"sweep.unreadable", trouble[i], {}, 1});
    for (Run& run : read[i]) store.runs.push_back(std::move(run));
  }
  if (store.runs.empty())
    throw Error(Error::Kind::input, "no run was found below " + one_line(options.directory),
                "a sweep wants a folder of logs; name the format with --format-in if it was not recognised");
  make_labels_unique(store.runs);
  return store;
}

bool matches(const SweepReport& sweep, const std::vector<std::string>& words) {
  return std::any_of(sweep.groups.begin(), sweep.groups.end(), [&](const SweepRow& row) {
    return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
      return word == to_string(row.verdict) ||
             std::find(row.modifiers.begin(), row.modifiers.end(), word) != row.modifiers.end();
    });
  });
}

}  // namespace

int sweep(const Options& options) {
  Output output(options.output);
  const std::vector<TheoryCard> cards = theory_cards(options.theory);
  std::vector<Note> notes;
  const RunStore store = read_all(options, notes);
  SweepReport report = analyze_sweep(store, options.sweep_baseline, options.review, cards);
  report.notes.insert(report.notes.begin(), notes.begin(), notes.end());
  output.write(options.format == Format::json ? render_json(report) : render_markdown(report));
  return matches(report, options.fail_on) ? 1 : 0;
}

}  // namespace expanalyze::cli
