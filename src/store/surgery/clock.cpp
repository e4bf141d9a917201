// The clock of a log: its unit, its pauses, its restarts (science handbook A1).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>

#include "stats/descriptive.hpp"
#include "store/key.hpp"
#include "store/run_builder.hpp"
#include "store/surgery/columns.hpp"
#include "store/surgery/surgeons.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

// A clock cannot count more than passes: of a smaller unit it may count half (evaluation and data stand between two
// records), or be rounded. One that counts less may just leave most of the time out, so minutes and hours must fit.
struct Factor {
  double factor, least, most;
  const char* unit;
};
constexpr std::array<Factor, 4> kFactors{{{1e-3, 0.5e-3, 2e-3, "milliseconds"},
                                          {1e-6, 0.5e-6, 2e-6, "microseconds"},
                                          {60, 54, 66, "minutes"},
                                          {3600, 3240, 3960, "hours"}}};

// Blocks of rows: timestamps of whole seconds need several rows to move, and a pause spoils one block alone.
constexpr std::size_t kBlocks = 50, kLeastBlocks = 5;

/// Seconds that the timestamps count to one of the clock, or of the time per step, in each block of rows.
std::vector<double> ratios(const Run& run, const Series& clock, const Series& stamp) {
  const Rows& rows = run.rows[stamp.rows];
  const std::size_t stride = std::max<std::size_t>(1, (rows.line.size() - 1) / kBlocks);
  const double per_step = clock.role == Role::step_time ? stats::median(clock.value) : 0;
  std::vector<double> out;
  for (std::size_t i = stride; i < rows.line.size(); i += stride) {
    const std::size_t k = i - stride;
    const double seconds = stamp.value[i] - stamp.value[k];
    const double counted = clock.role == Role::step_time
                               ? per_step * (rows.step[i] - rows.step[k])
                               : last_before(run, clock, rows.line[i] + 1) - last_before(run, clock, rows.line[k] + 1);
    if (counted > 0 && seconds >= 0) out.push_back(seconds / counted);
  }
  return out;
}

bool names_its_unit(const Series& clock) {
  static constexpr std::array<std::string_view, 8> kUnits{"s", "ms", "us", "ns", "min", "minutes", "h", "hours"};
  const auto words = take_apart(clock.logged_as).words;
  return std::find_first_of(words.begin(), words.end(), kUnits.begin(), kUnits.end()) != words.end();
}

void rescale(Run& run, Series& s, const std::vector<double>& ratio) {
  if (ratio.size() < kLeastBlocks) return;
  const double usual = stats::median(ratio);
  for (const auto& [factor, least, most, unit] : kFactors) {
    const auto fits = [least = least, most = most](double r) { return r > least && r < most; };
    if (!fits(usual)) continue;
    const Rows& rows = run.rows[s.rows];
    Note note{"unit.mended", {}, {{}, s.logged_as, rows.line.front()}, s.value.size()};
    note.last_line = rows.line.back();
    if (names_its_unit(s)) {
      // What the name says stands: one block in ten may hold a pause.
      if (std::count_if(ratio.begin(), ratio.end(), fits) * 10 < static_cast<std::ptrdiff_t>(ratio.size()) * 9) return;
      note.code = "unit.contradicted";
      note.text = fmt::format(
          "{} names its unit, but the timestamps beside it move {} times as fast throughout: it is left as it is",
          code_span(s.logged_as), number(usual));
    } else {
      for (double& v : s.value) v *= factor;
      note.text =
          fmt::format("{} counts {}, as the timestamps beside it show: it is read so", code_span(s.logged_as), unit);
    }
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
  if (stamp == nullptr || stamp->value.size() <= kLeastBlocks || !lines_rise(run)) return;
  if (Series* clock = mutable_of(run, Role::wall)) rescale(run, *clock, ratios(run, *clock, *stamp));
  if (Series* time = mutable_of(run, Role::step_time)) rescale(run, *time, ratios(run, *time, *stamp));
}

void note_clock(Run& run) {
  const Series* clock = find(run, Role::wall);
  if (clock == nullptr) clock = find(run, Role::timestamp);
  if (clock == nullptr) return;
  note_restarts(run, *clock);
  note_gaps(run, *clock);
}

}  // namespace expanalyze
