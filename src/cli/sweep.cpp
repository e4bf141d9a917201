// expanalyze sweep DIR --baseline NAME
#include <algorithm>

#include "cli/commands.hpp"
#include "cli/control_runs.hpp"
#include "cli/output.hpp"
#include "cli/read_below.hpp"
#include "expanalyze/error.hpp"
#include "expanalyze/render.hpp"
#include "pipeline/seed_groups.hpp"
#include "text/format.hpp"

namespace expanalyze::cli {

namespace {

RunStore read_all(const Options& options, std::vector<Note>& notes) {
  RunStore store;
  store.runs = read_below(options.directory, options.import, "sweep.unreadable", notes);
  if (store.runs.empty())
    throw Error(Error::Kind::input, "no run was found below " + one_line(options.directory),
                "a sweep wants a folder of logs; name the format with --format-in if it was not recognised");
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
  RunStore store = read_all(options, notes);
  const std::vector<RunId> controls = read_controls(store, options.controls, options.import, notes);
  make_labels_unique(store.runs);
  SweepReport report = analyze_sweep(store, options.sweep_baseline, options.review, cards, controls);
  if (!options.controls.empty() && report.controls_used == 0) refuse_controls(report.notes);
  report.notes.insert(report.notes.begin(), notes.begin(), notes.end());
  output.write(options.format == Format::json ? render_json(report) : render_markdown(report));
  return matches(report, options.fail_on) ? 1 : 0;
}

}  // namespace expanalyze::cli
