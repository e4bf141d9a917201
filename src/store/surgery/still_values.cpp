// Values that stand still: an evaluation that is repeated until the next one, and a metric that never moves again.
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

// A7: constant over 20 records or more is stuck.
constexpr std::size_t kStuck = 20;

/// Where each stretch of one value begins, and the end behind the last. NaN equals nothing.
std::vector<std::size_t> stretches(const std::vector<double>& value) {
  std::vector<std::size_t> begin;
  for (std::size_t i = 0; i < value.size(); ++i)
    if (i == 0 || value[i] != value[i - 1]) begin.push_back(i);
  begin.push_back(value.size());
  return begin;
}

std::vector<std::size_t> lengths(const std::vector<std::size_t>& begin) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i + 1 < begin.size(); ++i) out.push_back(begin[i + 1] - begin[i]);
  return out;
}

/// The training loss moves on nearly every row, or there is nothing to compare an evaluation's rows with.
bool training_moves(const Run& run, const Series& eval) {
  const Series* train = find(run, Role::train_loss);
  if (train == nullptr || train->value.size() < eval.value.size() / 2) return false;
  return stretches(train->value).size() > train->value.size() * 9 / 10;
}

/// Every how many rows a value changes, if that is regular; 0: it is not. Two evaluations with equal results make one
/// stretch of twice the length.
std::size_t period_of(std::vector<std::size_t> length) {
  if (length.size() < 6) return 0;  // four whole stretches between a first and a last one that may be cut
  length.erase(length.begin());
  length.pop_back();
  const std::size_t period = *std::min_element(length.begin(), length.end());
  const bool regular = std::all_of(length.begin(), length.end(), [&](std::size_t n) { return n % period == 0; });
  // One stretch sets the period; that each of the others is a multiple of it by chance must be rarer than 1 in 1000.
  const bool chance = std::pow(static_cast<double>(period), static_cast<double>(length.size() - 1)) < 1000;
  return regular && !chance ? period : 0;
}

/// The first of the rows of each evaluation.
std::vector<std::size_t> evaluations(const std::vector<double>& value, std::size_t second, std::size_t period) {
  std::vector<std::size_t> kept;
  // The first stretch ends where the second evaluation begins, so it counts back from there.
  if (second % period > 0) kept.push_back(0);
  for (std::size_t i = second % period; i < value.size(); i += period) kept.push_back(i);
  return kept;
}

// Shorter stretches are what coarse values do by themselves.
constexpr std::size_t kLongStretch = 5;

/// A metric at its bound stands there for good reasons.
bool at_bound(double v) { return v == 0 || v == 1 || v == 100; }

}  // namespace

void thin_forward_filled(Run& run) {
  for (Series& s : run.series) {
    if (s.role != Role::eval_loss && s.role != Role::eval_metric) continue;
    const auto begin = stretches(s.value);
    const auto length = lengths(begin);
    const std::size_t period = period_of(length);
    // A metric of few digits that moves slowly stands still as well, without a period: its values are measured.
    const bool slow = length.size() >= 6 && *std::min_element(length.begin() + 1, length.end() - 1) >= kLongStretch;
    if ((period == 0 && !slow) || !training_moves(run, s)) continue;
    const Rows& rows = run.rows[s.rows];
    Note note{"value.forward_filled", {}, {{}, s.logged_as, rows.line.front()}, length.size()};
    note.last_line = rows.line.back();
    if (period == 0) {
      note.code = "value.slow";
      note.text = fmt::format(
          "{} stands on every row and changes at {} of {}, at no regular distance: it moves slowly, or evaluations are "
          "repeated until the next one; it is left as it is",
          code_span(s.logged_as), length.size(), s.value.size());
      run.notes.push_back(std::move(note));
      continue;
    }
    const auto kept = evaluations(s.value, begin[1], period);
    note.text = fmt::format("{} stands on every row and changes at {} of {}: each evaluation is counted once",
                            code_span(s.logged_as), length.size(), s.value.size());
    note.count = s.value.size() - kept.size();
    run.notes.push_back(std::move(note));
    keep_only(run, s, kept);
  }
}

void note_frozen(Run& run) {
  for (const Series& s : run.series) {
    if (!is_measure(s.role) || s.value.size() <= kStuck || at_bound(s.value.back())) continue;
    if (!std::equal(s.value.end() - kStuck, s.value.end() - 1, s.value.end() - kStuck + 1)) continue;
    const auto begin = stretches(s.value);
    auto length = lengths(begin);
    const std::size_t last = length.back();
    length.pop_back();
    // Coarse values repeat by chance: the end must outlast by far what came before.
    const std::size_t before = length.empty() ? 0 : *std::max_element(length.begin(), length.end());
    if (last < kStuck || last < 3 * before || length.empty()) continue;
    const Rows& rows = run.rows[s.rows];
    const std::size_t at = begin[begin.size() - 2];
    Note note{"value.frozen",
              fmt::format("{} is {} from step {} to the end, to the last digit: it is no longer measured, or the model "
                          "no longer answers",
                          code_span(s.logged_as), number(s.value.back()), number(rows.step[at])),
              {{}, s.logged_as, rows.line[at], rows.step[at]},
              last};
    note.last_line = rows.line.back();
    run.notes.push_back(std::move(note));
  }
}

}  // namespace expanalyze
