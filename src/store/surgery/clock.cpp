// The clock of a log: its unit, its pauses, its restarts (science handbook A1).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "stats/descriptive.hpp"
#include "store/run_builder.hpp"
#include "store/surgery/columns.hpp"
#include "store/surgery/surgeons.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

struct Factor {
  double factor;
  const char* unit;
};
constexpr std::array<Factor, 4> kFactors{
    {{1e-3, "milliseconds"}, {1e-6, "microseconds"}, {60, "minutes"}, {3600, "hours"}}};

/// Seconds between the first and the last record of the timestamps, and what the clock counted between the same lines.
double ratio_to_timestamps(const Run& run, const Series& clock, const Series& stamp) {
  const Rows& rows = run.rows[stamp.rows];
  const double seconds = stamp.value.back() - stamp.value.front();
  const double counted = last_before(run, clock, rows.line.back() + 1) - first_from(run, clock, rows.line.front());
  return counted > 0 && seconds > 0 ? seconds / counted : 1;
}

/// Time per step as the clock's twin: its sum over the steps.
double ratio_of_steps(const Run& run, const Series& time, const Series& stamp) {
  const auto& step = run.rows[stamp.rows].step;
  const double seconds = stamp.value.back() - stamp.value.front();
  const double counted = stats::median(time.value) * (step.back() - step.front());
  return counted > 0 && seconds > 0 ? seconds / counted : 1;
}

void rescale(Run& run, Series& s, double ratio) {
  for (const auto& [factor, unit] : kFactors) {
    // Evaluation and start-up stand between the two clocks: half to twice is the same unit, the next one is 60 away.
    if (!(ratio > factor / 2 && ratio < factor * 2)) continue;
    for (double& v : s.value) v *= factor;
    const Rows& rows = run.rows[s.rows];
    Note note{
        "unit.mended",
        fmt::format("{} counts {}, as the timestamps beside it show: it is read so", code_span(s.logged_as), unit),
        {{}, s.logged_as, rows.line.front()},
        s.value.size()};
    note.last_line = rows.line.back();
    run.notes.push_back(std::move(note));
    return;
  }
}

Series* mutable_of(Run& run, Role role) {
  const Series* found = find(run, role);
  return found == nullptr ? nullptr : &run.series[static_cast<std::size_t>(found - run.series.data())];
}

void note_restarts(Run& run, const Series& clock) {
  const Rows& rows = run.rows[clock.rows];
  for (std::size_t i = 1; i < clock.value.size(); ++i)
    if (clock.value[i] < clock.value[i - 1] && rows.step[i] > rows.step[i - 1])
      add_note(run.notes, "clock.restarted",
               fmt::format("{} falls back while the steps go on: it was set anew, and the clock goes on from there",
                           code_span(clock.logged_as)),
               rows.line[i], clock.logged_as);
}

// A1: above 10 times the median of 101 steps around it a step is stalled. Pauses below a hundredth of the run move no
// verdict, and so at most a hundred have to be looked at; nor does one of less than a second.
constexpr double kStalled = 10, kWorthSaying = 0.01, kLeastSeconds = 1;
constexpr std::size_t kAround = 50, kStartUp = 10;

/// Seconds per step from record i - 1 to i; NaN where the clock or the steps fell back.
double pace(const Series& clock, const Rows& rows, std::size_t i) {
  const double steps = rows.step[i] - rows.step[i - 1], seconds = clock.value[i] - clock.value[i - 1];
  return steps > 0 && seconds >= 0 ? seconds / steps : std::numeric_limits<double>::quiet_NaN();
}

double usual_pace(const Series& clock, const Rows& rows, std::size_t i) {
  std::vector<double> around;
  for (std::size_t k = i > kAround ? i - kAround : 1; k < std::min(i + kAround + 1, clock.value.size()); ++k)
    if (const double p = pace(clock, rows, k); std::isfinite(p)) around.push_back(p);
  return stats::median(around);
}

void note_gaps(Run& run, const Series& clock) {
  const Rows& rows = run.rows[clock.rows];
  if (clock.value.size() < 3 * kStartUp) return;
  double total = 0;
  for (std::size_t i = 1; i < clock.value.size(); ++i)
    if (std::isfinite(pace(clock, rows, i))) total += clock.value[i] - clock.value[i - 1];
  Note note{"clock.gap", {}, {{}, clock.logged_as}, 0};
  double paused = 0;
  for (std::size_t i = kStartUp + 1; i < clock.value.size(); ++i) {
    const double seconds = clock.value[i] - clock.value[i - 1];
    if (!(seconds > kWorthSaying * total && seconds >= kLeastSeconds)) continue;
    const double usual = usual_pace(clock, rows, i);
    if (!(usual > 0) || !(pace(clock, rows, i) > kStalled * usual)) continue;
    if (note.count++ == 0) note.where.line = rows.line[i];
    note.last_line = rows.line[i];
    paused += seconds;
  }
  if (note.count == 0) return;
  note.text = fmt::format("the clock runs for {} in all where steps took more than {} times as long as usual",
                          duration(paused), number(kStalled));
  run.notes.push_back(std::move(note));
}

}  // namespace

void mend_clock_unit(Run& run) {
  const Series* stamp = find(run, Role::timestamp);
  if (stamp == nullptr || stamp->value.size() < 3 || !lines_rise(run)) return;
  if (Series* clock = mutable_of(run, Role::wall)) rescale(run, *clock, ratio_to_timestamps(run, *clock, *stamp));
  if (Series* time = mutable_of(run, Role::step_time)) rescale(run, *time, ratio_of_steps(run, *time, *stamp));
}

void note_clock(Run& run) {
  const Series* clock = find(run, Role::wall);
  if (clock == nullptr) clock = find(run, Role::timestamp);
  if (clock == nullptr) return;
  note_restarts(run, *clock);
  note_gaps(run, *clock);
}

}  // namespace expanalyze
