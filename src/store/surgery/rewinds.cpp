#include <fmt/format.h>

#include <algorithm>

#include "store/run_builder.hpp"
#include "store/surgery/columns.hpp"
#include "store/surgery/surgeons.hpp"
#include "store/trajectory.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

Note over(std::string_view code, std::string text, const Rows& rows, const std::vector<std::size_t>& at,
          std::size_t count) {
  Note note{code, std::move(text), {{}, {}, rows.line[at.front()]}, count};
  note.last_line = rows.line[at.back()];
  return note;
}

}  // namespace

void note_rewinds(Run& run) {
  const Series* main = main_series(run);
  if (main == nullptr || !is_measure(main->role) || find(run, Role::step) == nullptr) return;
  const Rows& rows = run.rows[main->rows];
  std::vector<std::size_t> falls, twice;
  for (std::size_t i = 1; i < rows.step.size(); ++i) {
    if (rows.step[i] < rows.step[i - 1]) falls.push_back(i);
    if (rows.step[i] == rows.step[i - 1]) twice.push_back(i);
  }
  if (falls.empty() && twice.empty()) return;
  const Curve curve = trajectory(run, *main);
  std::vector<Note> notes;
  const std::string key = code_span(main->logged_as);
  if (!falls.empty() && curve.superseded > 0)
    notes.push_back(
        over("run.resumed",
             fmt::format("the log goes back to an earlier step {}, first from {} to {}: {} values of {} are "
                         "replaced by the later ones",
                         falls.size() == 1 ? "once" : fmt::format("{} times", falls.size()),
                         number(rows.step[falls.front() - 1]), number(rows.step[falls.front()]), curve.superseded, key),
             rows, falls, curve.superseded));
  if (!twice.empty() && curve.same_step > 0)
    notes.push_back(over("record.same_step",
                         fmt::format("several values of {} stand at one step: the last of each step is kept", key),
                         rows, twice, curve.same_step));
  const auto& copies = twice.empty() ? falls : twice;
  if (curve.repeated > 0 && !copies.empty())
    notes.push_back(over("record.repeated",
                         fmt::format("{} stands several times at a step with the same value: it is kept once", key),
                         rows, copies, curve.repeated));
  run.notes.insert(run.notes.end(), notes.begin(), notes.end());
}

}  // namespace expanalyze
