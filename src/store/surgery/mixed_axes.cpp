#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "store/run_builder.hpp"
#include "store/surgery/columns.hpp"
#include "store/surgery/surgeons.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

/// The step of the last training record before each line of the evaluation rows; empty unless their own steps count
/// evaluations or are all 0.
std::map<std::uint32_t, double> steps_of_training(const Rows& eval, const Rows& train) {
  std::map<std::uint32_t, double> mended;
  double highest = 0;
  for (std::size_t i = 0; i < eval.step.size(); ++i) {
    const std::size_t at = from_line(train, eval.line[i]);
    if (at == 0) continue;  // before training
    const double step = train.step[at - 1];
    // An evaluation that lags by half of the training is no evaluation of an earlier state: it counts something else.
    if (!(eval.step[i] < step / 2)) return {};
    highest = std::max(highest, eval.step[i]);
    mended.emplace(eval.line[i], step);
  }
  const bool counts = highest <= static_cast<double>(eval.step.size());
  return counts && mended.size() >= 2 ? mended : std::map<std::uint32_t, double>{};
}

/// Steps that fall at more than a quarter of the rows count something else; runs that were appended fall now and then.
bool rises(const std::vector<double>& step) {
  std::size_t falls = 0;
  for (std::size_t i = 1; i < step.size(); ++i) falls += step[i] < step[i - 1] ? 1U : 0U;
  return falls * 4 <= step.size();
}

void move_to(Run& run, const std::map<std::uint32_t, double>& mended) {
  for (Rows& rows : run.rows)
    for (std::size_t i = from_line(rows, mended.begin()->first); i < rows.line.size(); ++i)
      if (const auto at = mended.find(rows.line[i]); at != mended.end()) rows.step[i] = at->second;
}

}  // namespace

void mend_mixed_axes(Run& run) {
  const Series* train = find(run, Role::train_loss);
  if (train == nullptr || find(run, Role::step) == nullptr || !lines_rise(run)) return;
  const Rows& train_rows = run.rows[train->rows];
  if (!rises(train_rows.step)) return;
  for (const Series& s : run.series) {
    if (s.rows == train->rows || (s.role != Role::eval_loss && s.role != Role::eval_metric)) continue;
    const auto mended = steps_of_training(run.rows[s.rows], train_rows);
    if (mended.empty()) continue;
    for (const auto& [line, step] : mended)
      add_note(run.notes, "axis.step.mixed",
               fmt::format("{} counts evaluations in the rows of {}, not updates: they stand at the step of the "
                           "training row before them",
                           code_span(find(run, Role::step)->logged_as), code_span(s.logged_as)),
               line);
    move_to(run, mended);
  }
}

}  // namespace expanalyze
