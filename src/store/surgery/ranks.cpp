#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "stats/descriptive.hpp"
#include "store/run_builder.hpp"
#include "store/surgery/columns.hpp"
#include "store/surgery/surgeons.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

// Fewer steps could be a habit of the first ones; of more, a tenth may differ (an evaluation, a cut end).
constexpr std::size_t kLeastSteps = 10;
constexpr double kThroughout = 0.9;

/// Where each stretch of records with one step begins, and the end behind the last.
std::vector<std::size_t> stretches(const std::vector<double>& step) {
  std::vector<std::size_t> begin;
  for (std::size_t i = 0; i < step.size(); ++i)
    if (i == 0 || step[i] != step[i - 1]) begin.push_back(i);
  begin.push_back(step.size());
  return begin;
}

/// Records a step, if it is the same (2 or more) throughout; else 1.
std::size_t copies(const std::vector<std::size_t>& begin) {
  const std::size_t steps = begin.size() - 1;
  if (steps < kLeastSteps) return 1;
  std::vector<double> size;
  for (std::size_t i = 0; i < steps; ++i) size.push_back(static_cast<double>(begin[i + 1] - begin[i]));
  const double usual = stats::median(size);
  const auto same = static_cast<double>(std::count(size.begin(), size.end(), usual));
  return same >= kThroughout * static_cast<double>(steps) ? static_cast<std::size_t>(usual) : 1;
}

/// First against last copy of each step: copies of one quantity differ by chance only, of two by a constant. The mean
/// difference of exchangeable copies lies within 5 of its standard errors (a t of 5 at 9 degrees of freedom: 1 in
/// 1000).
bool exchangeable(const std::vector<double>& value, const std::vector<std::size_t>& begin) {
  std::vector<double> difference;
  for (std::size_t i = 0; i + 1 < begin.size(); ++i)
    if (begin[i + 1] - begin[i] > 1) difference.push_back(value[begin[i + 1] - 1] - value[begin[i]]);
  std::erase_if(difference, [](double d) { return !std::isfinite(d); });
  const double error = stats::sd(difference) / std::sqrt(static_cast<double>(difference.size()));
  return std::abs(stats::mean(difference)) <= 5 * error;
}

bool counts(Role role) {
  return role == Role::step || role == Role::epoch || role == Role::tokens || role == Role::samples ||
         role == Role::wall || role == Role::timestamp || role == Role::flops;
}

/// A NaN of one rank is the NaN of the step.
void average(std::vector<double>& value, const std::vector<std::size_t>& begin, bool last) {
  std::vector<double> out;
  for (std::size_t i = 0; i + 1 < begin.size(); ++i) {
    double sum = 0;
    for (std::size_t k = begin[i]; k < begin[i + 1]; ++k) sum += value[k];
    out.push_back(last ? value[begin[i + 1] - 1] : sum / static_cast<double>(begin[i + 1] - begin[i]));
  }
  value = std::move(out);
}

void merge(Run& run, RowsId id, const std::vector<std::size_t>& begin) {
  for (Series& s : run.series)
    if (s.rows == id) average(s.value, begin, counts(s.role));
  Rows merged;
  for (std::size_t i = 0; i + 1 < begin.size(); ++i) {
    merged.step.push_back(run.rows[id].step[begin[i]]);
    merged.line.push_back(run.rows[id].line[begin[i]]);
  }
  run.rows[id] = std::move(merged);
}

}  // namespace

void merge_ranks(Run& run) {
  const Series* main = main_series(run);
  if (main == nullptr || !is_measure(main->role)) return;
  const RowsId id = main->rows;
  const auto begin = stretches(run.rows[id].step);
  const std::size_t k = copies(begin);
  const auto same = [&](std::size_t i) { return main->value[i] == main->value[i - 1]; };
  std::size_t differ = 0;
  for (std::size_t s = 0; s + 1 < begin.size(); ++s)
    for (std::size_t i = begin[s] + 1; i < begin[s + 1]; ++i) differ += same(i) ? 0 : 1;
  if (k < 2 || differ == 0 || !exchangeable(main->value, begin)) return;
  Note note{"record.ranks",
            fmt::format("{} stands {} times at each step (ranks or micro-batches): the mean of each step is taken",
                        code_span(main->logged_as), k),
            {{}, main->logged_as, run.rows[id].line.front()},
            begin.size() - 1};
  note.last_line = run.rows[id].line.back();
  run.notes.push_back(std::move(note));
  merge(run, id, begin);
}

}  // namespace expanalyze
