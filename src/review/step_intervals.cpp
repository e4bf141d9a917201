#include "review/step_intervals.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "stats/descriptive.hpp"

namespace expanalyze {

namespace {

constexpr std::size_t kFewest = 10;   // records in which a running mean shows
constexpr double kRunningMean = 0.2;  // a mean over five records or more
constexpr double kTicks = 20;         // of the clock, at least, in one interval: half a tick is 2.5 % of it

/// Steps at which the run was evaluated, ascending.
std::vector<double> evaluated(const Run& run) {
  std::vector<double> out;
  for (const Role role : {Role::eval_loss, Role::eval_metric})
    if (const Series* series = find(run, role)) {
      const auto& step = run.rows[series->rows].step;
      out.insert(out.end(), step.begin(), step.end());
    }
  std::erase_if(out, [](double s) { return !std::isfinite(s); });
  std::sort(out.begin(), out.end());
  return out;
}

bool any_between(const std::vector<double>& sorted, double from, double to) {
  const auto it = std::lower_bound(sorted.begin(), sorted.end(), from);
  return it != sorted.end() && *it <= to;
}

/// Intervals of a clock in the order of the log. Where it goes on while the step stands still, the run was at something
/// else: at an evaluation, if one is logged there. Where clock or step fall back nothing is known.
std::vector<Interval> clock_intervals(const Run& run, const Series& clock, const std::vector<double>& evaluations,
                                      Outside& outside) {
  const auto& step = run.rows[clock.rows].step;
  std::vector<Interval> out;
  out.reserve(clock.value.size());
  std::size_t last = clock.value.size();
  for (std::size_t i = 0; i < clock.value.size(); ++i) {
    if (!std::isfinite(clock.value[i]) || !std::isfinite(step[i])) continue;
    const std::size_t before = std::exchange(last, i);
    if (before == clock.value.size()) continue;
    const double seconds = clock.value[i] - clock.value[before], steps = step[i] - step[before];
    if (!(seconds >= 0) || steps < 0) continue;
    const bool evaluation = any_between(evaluations, step[before], step[i]);
    if (steps > 0)
      out.push_back({step[before], steps, seconds, evaluation});
    else
      (evaluation ? outside.evaluation : outside.stalls) += seconds;
  }
  return out;
}

/// The tick of a clock that moves by whole minutes, seconds or milliseconds; 0 for a finer one.
template <class Range, class Seconds = std::identity>
double tick(const Range& range, Seconds seconds = {}) {
  for (const double unit : {60.0, 1.0, 1e-3}) {
    const auto whole = [unit](double s) { return std::abs(s - unit * std::round(s / unit)) < 1e-6; };
    if (std::ranges::all_of(range, whole, seconds)) return unit;
  }
  return 0;
}

double usual_change(const std::vector<double>& y) {
  std::vector<double> changes;
  changes.reserve(y.size());
  for (std::size_t i = 1; i < y.size(); ++i) changes.push_back(std::abs(y[i] - y[i - 1]));
  return stats::median(changes);
}

/// A time a step that is the mean of all steps so far hardly moves from record to record while the clock's increments
/// do: a mean over n records takes 1 / n of a change. It says little of a run that began slowly, so it is not used.
bool is_running_mean(const RunView& view, const Curve& took) {
  const Series* series = find(*view.run, Role::wall);
  if (series == nullptr) return false;
  const Curve clock = finite(trajectory(*view.run, *series));
  const Common common = common_steps(clock, took, 0.5 * view.end.last_step, view.end.last_step);
  if (common.step.size() < kFewest) return false;
  std::vector<double> seen;
  seen.reserve(common.a.size());
  for (std::size_t i = 1; i < common.a.size(); ++i) seen.push_back(common.a[i] - common.a[i - 1]);
  if (stats::median(seen) < kTicks * tick(seen)) return false;  // its changes are the clock's rounding
  for (std::size_t i = 1; i < common.step.size(); ++i) seen[i - 1] /= common.step[i] - common.step[i - 1];
  return usual_change(common.b) < kRunningMean * usual_change(seen);
}

std::vector<Interval> logged_intervals(const Curve& curve) {
  std::vector<Interval> out;
  out.reserve(curve.size());
  double before = curve.empty() ? 0 : curve.step.front() - (curve.size() > 1 ? curve.step[1] - curve.step[0] : 1);
  for (std::size_t i = 0; i < curve.size(); ++i) {
    const double steps = curve.step[i] - before;
    if (curve.value[i] > 0) out.push_back({before, steps, curve.value[i] * steps, false});
    before = curve.step[i];
  }
  return out;
}

/// Throughputs count samples or tokens, or something else altogether: one that the clock cannot have seen is not used.
std::vector<Interval> throughput_intervals(const RunView& view, double samples) {
  const Curve& clock = view.spent(Axis::wall).curve;
  if (!(samples > 0) || clock.size() < 3) return {};
  Curve rate = finite(trajectory(*view.run, Role::throughput));
  for (double& v : rate.value) v = v > 0 ? samples / v : 0;
  const double steps = clock.step.back() - clock.step.front();
  const double seen = (clock.value.back() - clock.value.front()) / steps;
  const double claimed = rate.empty() ? 0 : stats::median(rate.value);
  return claimed > 0.5 * seen && claimed < 1.05 * seen ? logged_intervals(rate) : std::vector<Interval>{};
}

}  // namespace

std::vector<Interval> intervals(const RunView& view, Clock clock, double samples, Outside& outside) {
  const Run& run = *view.run;
  if (clock == Clock::throughput) return throughput_intervals(view, samples);
  if (clock == Clock::step_time) {
    const Curve took = finite(trajectory(run, Role::step_time));
    return took.empty() || is_running_mean(view, took) ? std::vector<Interval>{} : logged_intervals(took);
  }
  for (const Role role : {Role::wall, Role::timestamp})
    if (const Series* series = find(run, role)) return clock_intervals(run, *series, evaluated(run), outside);
  return {};
}

std::vector<Interval> over_ticks(std::vector<Interval> fine) {
  const double least = kTicks * tick(fine, &Interval::seconds);
  if (!(least > 0)) return fine;
  std::vector<Interval> out;
  bool open = false;
  for (const Interval& next : fine) {
    if (!open)
      out.push_back(next);
    else
      out.back() = {out.back().from, out.back().steps + next.steps, out.back().seconds + next.seconds,
                    out.back().evaluation || next.evaluation};
    open = out.back().seconds < least;
  }
  if (open && out.size() > 1) {
    const Interval rest = out.back();
    out.pop_back();
    out.back().steps += rest.steps, out.back().seconds += rest.seconds;
    out.back().evaluation = out.back().evaluation || rest.evaluation;
  }
  return out;
}

}  // namespace expanalyze
