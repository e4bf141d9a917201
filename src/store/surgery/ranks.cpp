#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <numeric>

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

/// Records of one epoch can as well be its batches, one after the other. Then from the first to the last of k the value
/// goes (k - 1) / k of the way to the next epoch, else not at all: how much of that way it goes is the slope of a line
/// through 0, and ranks stay 5 of its standard errors below 1.
bool no_batches(const std::vector<double>& value, const std::vector<std::size_t>& begin) {
  const auto mean_of = [&](std::size_t i) {
    return stats::mean({value.begin() + static_cast<std::ptrdiff_t>(begin[i]),
                        value.begin() + static_cast<std::ptrdiff_t>(begin[i + 1])});
  };
  std::vector<double> way, gone;
  for (std::size_t i = 0; i + 2 < begin.size(); ++i) {
    const auto k = static_cast<double>(begin[i + 1] - begin[i]);
    const double w = (k - 1) / k * (mean_of(i + 1) - mean_of(i)), g = value[begin[i + 1] - 1] - value[begin[i]];
    if (!std::isfinite(w) || !std::isfinite(g)) continue;
    way.push_back(w);
    gone.push_back(g);
  }
  const double squares = std::inner_product(way.begin(), way.end(), way.begin(), 0.0);
  const double slope = std::inner_product(way.begin(), way.end(), gone.begin(), 0.0) / squares;
  for (std::size_t i = 0; i < way.size(); ++i) gone[i] -= slope * way[i];
  return 1 - slope > 5 * stats::sd(gone) / std::sqrt(squares);
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

/// The records of an epoch, where no key counts steps, evenly within it: up to its number, where the evaluation stands,
/// or from there if epochs count from 0.
void lay_out(Run& run, const Series& main, const std::vector<std::size_t>& begin) {
  const Rows& rows = run.rows[main.rows];
  const bool up_to = rows.step.front() >= 1;
  std::map<std::uint32_t, double> at;
  for (std::size_t i = 0; i + 1 < begin.size(); ++i) {
    const auto n = static_cast<double>(begin[i + 1] - begin[i]);
    for (std::size_t k = begin[i]; k < begin[i + 1]; ++k)
      at[rows.line[k]] = rows.step[k] + (static_cast<double>(k - begin[i]) - (up_to ? n - 1 : 0)) / n;
  }
  Note note{
      "record.within_epoch",
      fmt::format("{} stands several times in each epoch and no key counts steps: the records are laid out evenly "
                  "within it, in their order",
                  code_span(main.logged_as)),
      {{}, main.logged_as, rows.line.front()},
      rows.line.size()};
  note.last_line = rows.line.back();
  run.notes.push_back(std::move(note));
  for (Rows& each : run.rows)
    for (std::size_t i = 0; i < each.line.size(); ++i)
      if (const auto found = at.find(each.line[i]); found != at.end()) each.step[i] = found->second;
}

}  // namespace

void merge_ranks(Run& run) {
  const Series* main = main_series(run);
  if (main == nullptr || !is_measure(main->role)) return;
  const RowsId id = main->rows;
  const auto& step = run.rows[id].step;
  if (std::adjacent_find(step.begin(), step.end()) == step.end()) return;
  const auto begin = stretches(step);
  const std::size_t k = copies(begin);
  const auto same = [&](std::size_t i) { return main->value[i] == main->value[i - 1]; };
  std::size_t differ = 0;
  for (std::size_t s = 0; s + 1 < begin.size(); ++s)
    for (std::size_t i = begin[s] + 1; i < begin[s + 1]; ++i) differ += same(i) ? 0U : 1U;
  if (k < 2 || differ == 0) return;
  const bool of_epoch = find(run, Role::step) == nullptr;
  if (!exchangeable(main->value, begin) || (of_epoch && !no_batches(main->value, begin))) {
    if (of_epoch && std::is_sorted(step.begin(), step.end()) && lines_rise(run)) lay_out(run, *main, begin);
    return;
  }
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
