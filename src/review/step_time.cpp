#include "review/step_time.hpp"

#include <algorithm>
#include <cmath>

#include "stats/bootstrap.hpp"
#include "stats/descriptive.hpp"

namespace expanalyze {

namespace {

constexpr double kStalled = 10;            // A1: a step of more than ten medians around it waits for something else
constexpr std::size_t kStallWindow = 101;  // A1
constexpr double kStartUpSteps = 10;       // A1: the first ten steps, or the first half per cent
constexpr double kStartUpShare = 0.005;
constexpr std::size_t kStretches =
    100;                              // a median over them keeps work that every k-th step does, unlike one over steps
constexpr std::size_t kFewest = 10;   // stretches for an interval
constexpr double kRunningMean = 0.2;  // a mean over five records or more
constexpr double kTicks = 20;         // of the clock, at least, in one interval: half a tick is 2.5 % of it

/// What passed between two records.
struct Interval {
  double from = 0, steps = 0, seconds = 0;
  bool evaluation = false;
  [[nodiscard]] double pace() const { return seconds / steps; }
};

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
double tick(const std::vector<double>& seconds) {
  for (const double unit : {60.0, 1.0, 1e-3}) {
    const auto whole = [unit](double s) { return std::abs(s - unit * std::round(s / unit)) < 1e-6; };
    if (std::all_of(seconds.begin(), seconds.end(), whole)) return unit;
  }
  return 0;
}

double usual_change(const std::vector<double>& y) {
  std::vector<double> changes;
  for (std::size_t i = 1; i < y.size(); ++i) changes.push_back(std::abs(y[i] - y[i - 1]));
  return stats::median(changes);
}

/// A time a step that is the mean of all steps so far hardly moves from record to record while the clock's increments
/// do: a mean over n records takes 1 / n of a change. It says little of a run that began slowly, so it is not used.
bool is_running_mean(const Run& run, const Curve& took) {
  const Series* series = find(run, Role::wall);
  if (series == nullptr) return false;
  const Curve clock = finite(trajectory(run, *series));
  const Common common = common_steps(between(clock, 0.5 * last_step(run), last_step(run)), took);
  if (common.step.size() < kFewest) return false;
  std::vector<double> seen;
  for (std::size_t i = 1; i < common.a.size(); ++i) seen.push_back(common.a[i] - common.a[i - 1]);
  if (stats::median(seen) < kTicks * tick(seen)) return false;  // its changes are the clock's rounding
  for (std::size_t i = 1; i < common.step.size(); ++i) seen[i - 1] /= common.step[i] - common.step[i - 1];
  return usual_change(common.b) < kRunningMean * usual_change(seen);
}

std::vector<Interval> logged_intervals(const Curve& curve) {
  std::vector<Interval> out;
  double before = curve.empty() ? 0 : curve.step.front() - (curve.size() > 1 ? curve.step[1] - curve.step[0] : 1);
  for (std::size_t i = 0; i < curve.size(); ++i) {
    const double steps = curve.step[i] - before;
    if (curve.value[i] > 0) out.push_back({before, steps, curve.value[i] * steps, false});
    before = curve.step[i];
  }
  return out;
}

/// Tokens or samples a step, and its standard error where they vary.
void count_samples(const Run& run, Pace& pace) {
  const Curve seen = spent(run, Axis::tokens).curve;
  if (seen.size() < 2) return;
  const double steps = seen.step.back() - seen.step.front();
  pace.samples = (seen.value.back() - seen.value.front()) / steps;
  std::vector<double> off;
  off.reserve(seen.size());
  for (std::size_t i = 1; i < seen.size(); ++i)
    off.push_back((seen.value[i] - seen.value[i - 1]) / (seen.step[i] - seen.step[i - 1]) - pace.samples);
  const double least = 1e-3 * pace.samples;
  if (std::none_of(off.begin(), off.end(), [least](double o) { return std::abs(o) > least; })) return;
  if (!(stats::mad(off) > least)) return;
  pace.samples_se = stats::sd(off) / std::sqrt(static_cast<double>(off.size()));
}

/// Throughputs count samples or tokens, or something else altogether: one that the clock cannot have seen is not used.
std::vector<Interval> throughput_intervals(const Run& run, double samples) {
  const Curve clock = spent(run, Axis::wall).curve;
  if (!(samples > 0) || clock.size() < 3) return {};
  Curve rate = finite(trajectory(run, Role::throughput));
  for (double& v : rate.value) v = v > 0 ? samples / v : 0;
  const double steps = clock.step.back() - clock.step.front();
  const double seen = (clock.value.back() - clock.value.front()) / steps;
  const double claimed = rate.empty() ? 0 : stats::median(rate.value);
  return claimed > 0.5 * seen && claimed < 1.05 * seen ? logged_intervals(rate) : std::vector<Interval>{};
}

std::vector<Interval> intervals_of(const Run& run, Clock clock, Pace& pace) {
  if (clock == Clock::throughput) return throughput_intervals(run, pace.samples);
  if (clock == Clock::step_time) {
    const Curve took = finite(trajectory(run, Role::step_time));
    return took.empty() || is_running_mean(run, took) ? std::vector<Interval>{} : logged_intervals(took);
  }
  for (const Role role : {Role::wall, Role::timestamp})
    if (const Series* series = find(run, role)) return clock_intervals(run, *series, evaluated(run), pace.outside);
  return {};
}

std::vector<double> seconds_of(const std::vector<Interval>& intervals) {
  std::vector<double> out;
  out.reserve(intervals.size());
  for (const Interval& i : intervals) out.push_back(i.seconds);
  return out;
}

/// Neighbours joined until each holds `least` seconds; what is left at the end joins the last.
std::vector<Interval> coarse(std::vector<Interval> fine, double least) {
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

/// Takes the first steps out, unless hardly any are left.
std::vector<Interval> take_start(std::vector<Interval>& intervals) {
  if (intervals.size() < 5) return {};
  const double end = intervals.back().from + intervals.back().steps;
  const double until = intervals.front().from + std::max(kStartUpSteps, kStartUpShare * (end - intervals.front().from));
  const auto steady =
      std::find_if(intervals.begin(), intervals.begin() + static_cast<std::ptrdiff_t>(intervals.size() / 2),
                   [until](const Interval& i) { return i.from >= until; });
  std::vector<Interval> out(intervals.begin(), steady);
  intervals.erase(intervals.begin(), steady);
  return out;
}

/// Intervals that no evaluation is near; all of them when these are too few to speak for the run.
std::vector<Interval> without_evaluations(const std::vector<Interval>& intervals, bool& inside) {
  std::vector<Interval> out;
  out.reserve(intervals.size());
  for (const Interval& i : intervals)
    if (!i.evaluation) out.push_back(i);
  inside = out.size() < std::min(kFewest, intervals.size());
  return inside ? intervals : out;
}

/// Cuts intervals of more than ten medians around them down to the median; returns the seconds cut off.
double cut_stalls(std::vector<Interval>& intervals) {
  std::vector<double> paces;
  paces.reserve(intervals.size());
  for (const Interval& i : intervals) paces.push_back(i.pace());
  double cut = 0;
  const std::size_t blocks = std::max<std::size_t>(1, paces.size() / kStallWindow);
  for (std::size_t b = 0, i = 0; b < blocks; ++b) {
    const std::size_t end = (b + 1) * paces.size() / blocks;
    const double usual = stats::median(std::span(paces).subspan(i, end - i));
    for (; i < end; ++i) {
      if (paces[i] <= kStalled * usual || usual <= 0) continue;
      cut += intervals[i].seconds - usual * intervals[i].steps;
      intervals[i].seconds = usual * intervals[i].steps;
    }
  }
  return cut;
}

/// Mean pace of up to kStretches stretches of equally many intervals.
std::vector<double> stretches(const std::vector<Interval>& intervals) {
  const std::size_t n = std::min(kStretches, intervals.size());
  std::vector<double> out;
  for (std::size_t k = 0, i = 0; k < n; ++k) {
    double seconds = 0, steps = 0;
    for (; i < (k + 1) * intervals.size() / n; ++i) seconds += intervals[i].seconds, steps += intervals[i].steps;
    out.push_back(seconds / steps);
  }
  return out;
}

double beyond(const std::vector<Interval>& intervals, double seconds_per_step) {
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

Pace pace(const Run& run, Clock clock) {
  Pace out;
  if (clock == Clock::throughput && find(run, Role::throughput) == nullptr) return out;
  if (clock == Clock::step_time && find(run, Role::step_time) == nullptr) return out;
  count_samples(run, out);
  std::vector<Interval> all = intervals_of(run, clock, out);
  if (all.empty() || (all.size() < 2 && find(run, Role::step) == nullptr)) return out;
  for (const Interval& i : all) out.total += i.seconds;
  out.total += out.outside.evaluation + out.outside.stalls;
  if (clock == Clock::elapsed) {
    const double least = kTicks * tick(seconds_of(all));
    all = coarse(std::move(all), least);
  }
  const std::vector<Interval> start = take_start(all);
  std::vector<Interval> clean = without_evaluations(all, out.evaluations_inside);
  out.outside.stalls += cut_stalls(clean);
  std::vector<double> paces = stretches(clean);
  out.seconds = stats::median(paces);
  if (!(out.seconds > 0)) return {};
  if (paces.size() >= kFewest) out.se = stats::bootstrap_se_of_median(paces);
  out.outside.start_up = beyond(start, out.seconds);
  std::erase_if(all, [](const Interval& i) { return !i.evaluation; });
  if (!out.evaluations_inside) out.outside.evaluation += beyond(all, out.seconds);
  return out;
}

}  // namespace expanalyze
