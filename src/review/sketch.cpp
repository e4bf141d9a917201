// Down-sampled mean curves for the sparklines of a report.
#include <algorithm>
#include <cmath>

#include "review/measure.hpp"

namespace expanalyze {

namespace {

constexpr std::size_t kPoints = 48;

/// Mean of the finite values in each of kPoints equal bins of [0, end]; NaN where a bin is empty.
std::vector<double> binned(const Curve& curve, double end) {
  std::vector<double> sum(kPoints, 0);
  std::vector<double> n(kPoints, 0);
  for (std::size_t i = 0; i < curve.size(); ++i) {
    if (!std::isfinite(curve.value[i]) || curve.step[i] < 0) continue;
    const auto bin = std::min(kPoints - 1, static_cast<std::size_t>(curve.step[i] / end * kPoints));
    sum[bin] += curve.value[i];
    n[bin] += 1;
  }
  for (std::size_t i = 0; i < kPoints; ++i)
    sum[i] = n[i] > 0 ? sum[i] / n[i] : std::numeric_limits<double>::quiet_NaN();
  return sum;
}

std::vector<double> mean_binned(const Side& side, double end, bool training) {
  std::vector<double> sum(kPoints, 0);
  std::vector<double> n(kPoints, 0);
  for (const auto& view : side.runs) {
    const auto one = binned(training ? trajectory(*view.run, Role::train_loss) : view.metric, end);
    for (std::size_t i = 0; i < kPoints; ++i)
      if (std::isfinite(one[i])) {
        sum[i] += one[i];
        n[i] += 1;
      }
  }
  for (std::size_t i = 0; i < kPoints; ++i)
    sum[i] = n[i] > 0 ? sum[i] / n[i] : std::numeric_limits<double>::quiet_NaN();
  return sum;
}

/// Bins that no side fills are dropped, so that a sparse metric has no holes.
void drop_empty(Sketch& sketch) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < sketch.step.size(); ++i) {
    if (std::isnan(sketch.baseline[i]) && std::isnan(sketch.experiment[i])) continue;
    sketch.step[kept] = sketch.step[i];
    sketch.baseline[kept] = sketch.baseline[i];
    sketch.experiment[kept++] = sketch.experiment[i];
  }
  sketch.step.resize(kept);
  sketch.baseline.resize(kept);
  sketch.experiment.resize(kept);
}

}  // namespace

Curve mean_curve(const Side& side) {
  std::vector<Curve> curves;
  Curve out;
  for (const auto& view : side.runs) {
    curves.push_back(finite(view.metric));
    out.step.insert(out.step.end(), curves.back().step.begin(), curves.back().step.end());
  }
  std::sort(out.step.begin(), out.step.end());
  out.step.erase(std::unique(out.step.begin(), out.step.end()), out.step.end());
  std::vector<double> kept;
  for (const double step : out.step) {
    double sum = 0;
    double n = 0;
    for (const Curve& curve : curves)
      if (const double v = value_at(curve, step); std::isfinite(v)) {
        sum += v;
        n += 1;
      }
    // Where only some of the runs are left, their mean would jump: the curve ends with the shorter half.
    if (2 * n < static_cast<double>(curves.size())) continue;
    kept.push_back(step);
    out.value.push_back(sum / n);
  }
  out.step = std::move(kept);
  out.line.assign(out.step.size(), 0);
  return out;
}

std::vector<Sketch> sketches(const Sides& sides) {
  double end = 0;
  for (const Side* side : {&sides.baseline, &sides.experiment})
    for (const auto& view : side->runs) end = std::max(end, view.end.last_step);
  std::vector<Sketch> out;
  if (end <= 0) return out;
  for (const bool training : {false, true}) {
    const Series* series = training ? find(*sides.baseline.runs.front().run, Role::train_loss) : nullptr;
    if (training && (!series || sides.metric.role == Role::train_loss)) continue;
    Sketch sketch;
    sketch.name = training ? series->logged_as : sides.metric.name;
    for (std::size_t i = 0; i < kPoints; ++i) sketch.step.push_back(end * static_cast<double>(i) / (kPoints - 1));
    sketch.baseline = mean_binned(sides.baseline, end, training);
    sketch.experiment = mean_binned(sides.experiment, end, training);
    drop_empty(sketch);
    out.push_back(std::move(sketch));
  }
  return out;
}

}  // namespace expanalyze
