// How far a run had come by each row: the same axes that a comparison uses, and the holes in them.
#include <algorithm>
#include <cmath>

#include "pipeline/inspect_parts.hpp"
#include "stats/descriptive.hpp"
#include "store/trajectory.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

/// A distance of twice both neighbouring distances lacks at least one row. Of both, so that a change of the interval
/// (every step up to 10, every 50 from there on) is none.
constexpr double kMissingRow = 2;
/// An evaluation or a checkpoint makes an interval a few times longer; ten times is a pause ...
constexpr double kPause = 10;
/// ... and below a hundredth of the run's time it moves no verdict on speed.
constexpr double kPauseShare = 0.01;
// Nobody waits for less than a second, however short the steps are.
constexpr double kLeastPause = 1;
/// A median of fewer intervals says nothing about the usual one.
constexpr std::size_t kFewestIntervals = 4;

bool is_axis(Role role) {
  return role == Role::step || role == Role::epoch || role == Role::tokens || role == Role::samples ||
         role == Role::wall || role == Role::timestamp || role == Role::flops;
}

std::vector<double> distances(const std::vector<double>& values) {
  std::vector<double> out;
  for (std::size_t i = 1; i < values.size(); ++i) out.push_back(values[i] - values[i - 1]);
  return out;
}

AxisFacts axis(std::string_view name, const std::vector<double>& values, std::string source) {
  AxisFacts facts;
  facts.axis = name;
  if (values.empty()) return facts;
  facts.source = std::move(source);
  facts.n = values.size();
  facts.first = values.front();
  facts.last = values.back();
  const std::vector<double> apart = distances(values);
  if (apart.empty()) return facts;
  const auto [least, most] = std::minmax_element(apart.begin(), apart.end());
  facts.narrowest = *least;
  facts.widest = *most;
  facts.spacing = stats::median(apart);
  return facts;
}

std::string source_of_steps(const Run& run) {
  if (const Series* step = find(run, Role::step)) return "logged as " + code_span(step->logged_as);
  if (const Series* epoch = find(run, Role::epoch))
    return code_span(epoch->logged_as) + " stands in for steps, which the log does not count";
  return "number of the record: the log counts neither steps nor epochs";
}

AxisFacts spent_axis(const Run& run, Axis which, std::string_view name) {
  const Spent used = spent(run, which);
  return axis(name, used.curve.value, used.source);
}

AxisFacts epoch_axis(const Run& run) {
  const Series* epoch = find(run, Role::epoch);
  if (epoch == nullptr) return axis("epoch", {}, {});
  return axis("epoch", finite(trajectory(run, *epoch)).value, "logged as " + code_span(epoch->logged_as));
}

void step_gaps(const Curve& rows, std::vector<Gap>& gaps) {
  const std::vector<double> apart = distances(rows.step);
  for (std::size_t i = 1; i + 1 < apart.size(); ++i) {
    const double usual = std::max(apart[i - 1], apart[i + 1]);
    if (apart[i] < kMissingRow * usual) continue;
    gaps.push_back({Gap::Kind::steps, rows.step[i], rows.step[i + 1], apart[i], usual, rows.line[i + 1]});
  }
}

void clock_gaps(const Curve& clock, std::vector<Gap>& gaps) {
  if (clock.size() <= kFewestIntervals) return;
  const std::vector<double> seconds = distances(clock.value), steps = distances(clock.step);
  const double total = clock.value.back() - clock.value.front();
  std::vector<double> rate;
  for (std::size_t i = 0; i < seconds.size(); ++i) rate.push_back(seconds[i] / steps[i]);
  double usual = stats::median(rate);
  // A clock in whole seconds stands still over most fast steps.
  if (usual <= 0) usual = total / (clock.step.back() - clock.step.front());
  for (std::size_t i = 0; i < seconds.size(); ++i)
    if (seconds[i] > kPause * usual * steps[i] && seconds[i] > kPauseShare * total && seconds[i] >= kLeastPause)
      gaps.push_back(
          {Gap::Kind::clock, clock.step[i], clock.step[i + 1], seconds[i], usual * steps[i], clock.line[i + 1]});
}

}  // namespace

const Series* longest_series(const Run& run) {
  const Series *longest = nullptr, *of_axes = nullptr;
  for (const Series& s : run.series) {
    const Series*& best = is_axis(s.role) ? of_axes : longest;
    if (best == nullptr || s.value.size() > best->value.size()) best = &s;
  }
  return longest != nullptr ? longest : of_axes;
}

std::vector<AxisFacts> axes_of(const Run& run) {
  const bool samples = find(run, Role::tokens) == nullptr && find(run, Role::samples) != nullptr;
  return {axis("step", spent(run, Axis::step).curve.value, source_of_steps(run)),
          spent_axis(run, Axis::tokens, samples ? "samples" : "tokens"), spent_axis(run, Axis::wall, "wall"),
          spent_axis(run, Axis::flops, "flops"), epoch_axis(run)};
}

std::vector<Gap> gaps_of(const Run& run) {
  std::vector<Gap> gaps;
  if (const Series* longest = longest_series(run)) step_gaps(trajectory(run, *longest), gaps);
  clock_gaps(spent(run, Axis::wall).curve, gaps);
  return gaps;
}

}  // namespace expanalyze
