#include "review/step_time.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "review/step_intervals.hpp"
#include "stats/bootstrap.hpp"
#include "stats/descriptive.hpp"

namespace expanalyze {

namespace {

constexpr double kStalled = 10;            // A1: a step of more than ten medians around it waits for something else
constexpr std::size_t kStallWindow = 101;  // A1
constexpr double kStartUpSteps = 10;       // A1: the first ten steps, or the first half per cent
constexpr double kStartUpShare = 0.005;
constexpr std::size_t kStretches =
    100;                             // a median over them keeps work that every k-th step does, unlike one over steps
constexpr std::size_t kFewest = 10;  // stretches for an interval

/// Tokens or samples a step, and its standard error where they vary.
void count_samples(const Curve& seen, Pace& pace) {
  if (seen.size() < 2) return;
  const double steps = seen.step.back() - seen.step.front();
  pace.samples = (seen.value.back() - seen.value.front()) / steps;
  const double least = 1e-3 * pace.samples;
  const auto off_at = [&](std::size_t i) {
    return (seen.value[i] - seen.value[i - 1]) / (seen.step[i] - seen.step[i - 1]) - pace.samples;
  };
  std::size_t first = 1;
  while (first < seen.size() && !(std::abs(off_at(first)) > least)) ++first;
  if (first == seen.size()) return;
  std::vector<double> off;
  off.reserve(seen.size());
  for (std::size_t i = 1; i < seen.size(); ++i) off.push_back(off_at(i));
  if (!(stats::mad(off) > least)) return;
  pace.samples_se = stats::sd(off) / std::sqrt(static_cast<double>(off.size()));
}

using Intervals = std::span<Interval>;

/// How many of the intervals are the first steps; none where hardly any would be left.
std::size_t start_up(std::span<const Interval> intervals) {
  if (intervals.size() < 5) return 0;
  const double end = intervals.back().from + intervals.back().steps;
  const double until = intervals.front().from + std::max(kStartUpSteps, kStartUpShare * (end - intervals.front().from));
  const auto steady =
      std::find_if(intervals.begin(), intervals.begin() + static_cast<std::ptrdiff_t>(intervals.size() / 2),
                   [until](const Interval& i) { return i.from >= until; });
  return static_cast<std::size_t>(steady - intervals.begin());
}

/// Puts the intervals near an evaluation behind the others, each in their order, and says how many the others are; all
/// of them, as they are, when these are too few to speak for the run.
std::size_t part_evaluations(Intervals intervals, bool& inside) {
  const auto clean = static_cast<std::size_t>(std::ranges::count(intervals, false, &Interval::evaluation));
  inside = clean < std::min(kFewest, intervals.size());
  if (inside) return intervals.size();
  if (clean < intervals.size())
    std::stable_partition(intervals.begin(), intervals.end(), [](const Interval& i) { return !i.evaluation; });
  return clean;
}

/// Cuts intervals of more than ten medians around them down to the median; returns the seconds cut off.
double cut_stalls(Intervals intervals) {
  std::vector<double> paces;
  double cut = 0;
  const std::size_t blocks = std::max<std::size_t>(1, intervals.size() / kStallWindow);
  for (std::size_t b = 0; b < blocks; ++b) {
    const std::size_t from = b * intervals.size() / blocks, to = (b + 1) * intervals.size() / blocks;
    const Intervals block = intervals.subspan(from, to - from);
    paces.clear();
    for (const Interval& i : block) paces.push_back(i.pace());
    const double usual = stats::median(paces);
    for (Interval& i : block) {
      if (i.pace() <= kStalled * usual || usual <= 0) continue;
      cut += i.seconds - usual * i.steps;
      i.seconds = usual * i.steps;
    }
  }
  return cut;
}

/// Mean pace of up to kStretches stretches of equally many intervals.
std::vector<double> stretches(std::span<const Interval> intervals) {
  const std::size_t n = std::min(kStretches, intervals.size());
  std::vector<double> out;
  for (std::size_t k = 0, i = 0; k < n; ++k) {
    double seconds = 0, steps = 0;
    for (; i < (k + 1) * intervals.size() / n; ++i) seconds += intervals[i].seconds, steps += intervals[i].steps;
    out.push_back(seconds / steps);
  }
  return out;
}

double beyond(std::span<const Interval> intervals, double seconds_per_step) {
  double sum = 0;
  for (const Interval& i : intervals) sum += i.seconds - seconds_per_step * i.steps;
  return std::max(0.0, sum);
}

}  // namespace

std::string_view to_string(Clock clock) {
  switch (clock) {
    case Clock::step_time:
      return "the logged step times";
    case Clock::throughput:
      return "the logged throughput and the size of a step";
    case Clock::elapsed:
      return "the clock";
  }
  return {};
}

Pace pace(const RunView& view, Clock clock) {
  const Run& run = *view.run;
  Pace out;
  if (clock == Clock::throughput && find(run, Role::throughput) == nullptr) return out;
  if (clock == Clock::step_time && find(run, Role::step_time) == nullptr) return out;
  count_samples(view.spent(Axis::tokens).curve, out);
  std::vector<Interval> all = intervals(view, clock, out.samples, out.outside);
  if (all.empty() || (all.size() < 2 && find(run, Role::step) == nullptr)) return out;
  for (const Interval& i : all) out.total += i.seconds;
  out.total += out.outside.evaluation + out.outside.stalls;
  if (clock == Clock::elapsed) all = over_ticks(std::move(all));
  const Intervals start = Intervals(all).first(start_up(all)), rest = Intervals(all).subspan(start.size());
  const Intervals clean = rest.first(part_evaluations(rest, out.evaluations_inside));
  out.outside.stalls += cut_stalls(clean);
  std::vector<double> paces = stretches(clean);
  out.seconds = stats::median(paces);
  if (!(out.seconds > 0)) return {};
  if (paces.size() >= kFewest) out.se = stats::bootstrap_se_of_median(paces);
  out.outside.start_up = beyond(start, out.seconds);
  if (!out.evaluations_inside) out.outside.evaluation += beyond(rest.subspan(clean.size()), out.seconds);
  return out;
}

}  // namespace expanalyze
