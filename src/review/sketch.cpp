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
    if (!std::isfinite(curve.value[i])) continue;
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
  Curve out = finite(side.runs.front().metric);
  if (side.runs.size() == 1) return out;
  std::vector<Curve> others;
  for (std::size_t i = 1; i < side.runs.size(); ++i) others.push_back(finite(side.runs[i].metric));
  for (std::size_t i = 0; i < out.size(); ++i) {
    double sum = out.value[i];
    double n = 1;
    for (const Curve& other : others)
      if (const double v = value_at(other, out.step[i]); std::isfinite(v)) {
        sum += v;
        n += 1;
      }
    out.value[i] = sum / n;
  }
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
