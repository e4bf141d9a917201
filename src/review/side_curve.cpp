#include "review/side_curve.hpp"

#include <algorithm>
#include <cmath>

#include "review/measure.hpp"
#include "stats/trend.hpp"
#include "store/alignment.hpp"

namespace expanalyze {

namespace {

constexpr std::size_t kPart = 64;  // a group is this part of what lies before it
// A curve that falls at nine of ten points has nothing to smooth, and a line through five points of its steep begin
// would lie above it.
constexpr double kMayRise = 0.1;
constexpr double kAbout = 1.25;
// Over half as many steps again as it began with, a window's line lies above a curve that falls as early ones do.
constexpr double kWidestWindow = 0.405;  // ln 1.5

bool rises_often(const std::vector<double>& y) {
  std::size_t rises = 0;
  for (std::size_t i = 1; i < y.size(); ++i) rises += y[i] > y[i - 1] ? 1 : 0;
  return static_cast<double>(rises) > kMayRise * static_cast<double>(y.size());
}

/// The steps of any of the curves, each once.
std::vector<double> all_steps(const std::vector<const Curve*>& curves) {
  std::vector<double> out, before;
  for (const Curve* curve : curves) {
    if (out == curve->step) continue;
    before.swap(out);
    out.clear();
    out.reserve(before.size() + curve->size());
    std::set_union(before.begin(), before.end(), curve->step.begin(), curve->step.end(), std::back_inserter(out));
  }
  return out;
}

/// read_at() for steps that come in order: `at` goes along with them.
double read_next(const Curve& curve, double step, std::size_t& at) {
  while (at < curve.size() && curve.step[at] < step) ++at;
  return at < curve.size() && curve.step[at] == step ? curve.value[at] : read_at(curve, step);
}

/// Mean over the curves on all of their steps, where at least half of them can be read.
Curve mean_of(const std::vector<const Curve*>& curves) {
  Curve out;
  const std::vector<double> steps = all_steps(curves);
  for (auto* column : {&out.step, &out.value}) column->reserve(steps.size());
  std::vector<std::size_t> at(curves.size(), 0);
  for (const double step : steps) {
    double sum = 0, n = 0;
    for (std::size_t i = 0; i < curves.size(); ++i)
      if (const double v = read_next(*curves[i], step, at[i]); std::isfinite(v)) sum += v, n += 1;
    // Where only some of the runs are left, their mean would jump: the curve ends with the shorter half.
    if (curves.size() > 1 && 2 * n <= static_cast<double>(curves.size())) continue;
    out.step.push_back(step);
    out.value.push_back(sum / n);
  }
  out.line.assign(out.step.size(), 0);
  return out;
}

/// Between two points: a power law where that is defined, else a line.
double between_points(double x0, double y0, double x1, double y1, double x, bool power) {
  if (power) return y0 * std::pow(y1 / y0, std::log(x / x0) / std::log(x1 / x0));
  return y0 + (y1 - y0) * (x - x0) / (x1 - x0);
}

bool power_law(const SideCurve& curve, double x0, double y0, double y1) {
  return x0 > 0 && y0 > 0 && y1 > 0 && x0 < curve.straight_from;
}

}  // namespace

Curve mean_curve(const Side& side) {
  std::vector<const Curve*> curves;
  for (const RunView* view : side.standing()) curves.push_back(&view->known());
  return mean_of(curves);
}

Curve grouped(const Curve& curve, std::vector<double>* sizes) {
  Curve out;
  if (sizes) sizes->clear();
  for (std::size_t i = 0; i < curve.size();) {
    const std::size_t size = std::min(std::max<std::size_t>(1, i / kPart), curve.size() - i);
    double x = 0, y = 0;
    for (std::size_t k = i; k < i + size; ++k) x += curve.step[k], y += curve.value[k];
    out.step.push_back(x / static_cast<double>(size));
    out.value.push_back(y / static_cast<double>(size));
    out.line.push_back(curve.line[i]);
    if (sizes) sizes->push_back(static_cast<double>(size));
    i += size;
  }
  return out;
}

std::vector<double> smoothed(const std::vector<double>& x, const std::vector<double>& y) {
  const auto positive = std::find_if(x.begin(), x.end(), [](double v) { return v > 0; });
  const double before = positive == x.end() ? 0 : std::log(*positive / 2);
  std::vector<double> at(x);
  for (double& v : at) v = v > 0 ? std::log(v) : before;
  const std::size_t window = stats::smoothing_window(y.size());
  std::vector<double> out = stats::smooth(at, y, window);
  for (std::size_t i = 0; i < y.size(); ++i) {
    const std::size_t last = std::min(i + window / 2, y.size() - 1);
    if (at[last] - at[i - std::min(i, window / 2)] > kWidestWindow) out[i] = y[i];
  }
  return out;
}

std::vector<GroupedRun> grouped_runs(const Side& side) {
  std::vector<GroupedRun> out;
  for (const RunView* view : side.standing()) {
    GroupedRun run;
    run.curve = grouped(view->known(), &run.sizes);
    run.straight_from = view->on(Axis::step).annealing_from;
    run.failed = view->end.failed;
    out.push_back(std::move(run));
  }
  return out;
}

SideCurve side_curve(std::span<const GroupedRun> runs, double sign) {
  SideCurve out;
  std::vector<const Curve*> curves;
  for (const GroupedRun& run : runs) curves.push_back(&run.curve);
  Curve mean = mean_of(curves);
  out.x = std::move(mean.step);
  out.mean = std::move(mean.value);
  for (double& v : out.mean) v *= sign;
  out.noisy = rises_often(out.mean);
  out.smoothed = out.noisy ? smoothed(out.x, out.mean) : out.mean;
  out.falling = stats::isotonic_decreasing(out.smoothed);
  out.weight = runs.front().sizes;
  out.weight.resize(out.x.size(), out.weight.empty() ? 1 : out.weight.back());
  out.straight_from = runs.front().straight_from;
  if (runs.size() > 1)
    for (const GroupedRun& run : runs)
      if (!run.curve.empty()) out.seeds.push_back(side_curve({&run, 1}, sign));
  return out;
}

double along(const SideCurve& curve, const std::vector<double>& y, double at) {
  const auto it = std::lower_bound(curve.x.begin(), curve.x.end(), at);
  if (it == curve.x.begin()) return y.front();
  if (it == curve.x.end()) return y.back();
  const auto i = static_cast<std::size_t>(it - curve.x.begin());
  return between_points(curve.x[i - 1], y[i - 1], curve.x[i], y[i], at,
                        power_law(curve, curve.x[i - 1], y[i - 1], y[i]));
}

double first_at(const SideCurve& curve, double level) {
  const auto& y = curve.falling;
  const auto it = std::partition_point(y.begin(), y.end(), [level](double v) { return v > level; });
  if (it == y.end()) return std::numeric_limits<double>::infinity();
  const auto i = static_cast<std::size_t>(it - y.begin());
  if (i == 0) return curve.x.front();
  const double x0 = curve.x[i - 1], x1 = curve.x[i];
  if (!power_law(curve, x0, y[i - 1], y[i])) return between_points(y[i - 1], x0, y[i], x1, level, false);
  return x0 * std::pow(x1 / x0, std::log(level / y[i - 1]) / std::log(y[i] / y[i - 1]));
}

double fall_per_efold(const SideCurve& curve, double at) {
  const double from = std::max(at / kAbout, curve.x.front() > 0 ? curve.x.front() : curve.x[1]);
  const double to = std::min(at * kAbout, curve.end());
  return to > from ? (along(curve, curve.falling, from) - along(curve, curve.falling, to)) / std::log(to / from) : 0;
}

}  // namespace expanalyze
