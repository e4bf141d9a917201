// Down-sampled mean curves for the sparklines of a report.
#include <algorithm>
#include <cmath>

#include "review/measure.hpp"
#include "store/alignment.hpp"

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

double middle_of(std::size_t bin, double end) { return end * (static_cast<double>(bin) + 0.5) / kPoints; }

/// The points of one run.
struct Drawn {
  const RunView* view;
  std::vector<double> points;
};

const Curve& drawn_curve(const RunView& view, bool training) {
  return training ? view.curves->training() : view.known();
}

std::vector<Drawn> drawn_runs(const Side& side, double end, bool training) {
  std::vector<Drawn> out;
  for (const auto& view : side.runs) out.push_back({&view, binned(drawn_curve(view, training), end)});
  return out;
}

/// Seeds that log at other steps are read in the bins where only the others have a record, so that the mean of a side
/// neither jumps nor breaks off.
std::vector<double> mean_binned(const std::vector<Drawn>& runs, double end, bool training,
                                const std::vector<bool>& drawn) {
  std::vector<double> sum(kPoints, 0);
  std::vector<double> n(kPoints, 0);
  for (const auto& [view, points] : runs)
    for (std::size_t i = 0; i < kPoints; ++i) {
      const bool between = drawn[i] && std::isnan(points[i]);
      const double one = between ? read_at(drawn_curve(*view, training), middle_of(i, end)) : points[i];
      if (!std::isfinite(one)) continue;
      sum[i] += one;
      n[i] += 1;
    }
  for (std::size_t i = 0; i < kPoints; ++i)
    sum[i] = n[i] > 0 ? sum[i] / n[i] : std::numeric_limits<double>::quiet_NaN();
  return sum;
}

/// The bins in which any run has a finite record: the others are not drawn, so that a sparse metric has no holes.
std::vector<bool> filled(const std::vector<Drawn>& baseline, const std::vector<Drawn>& experiment) {
  std::vector<bool> out(kPoints, false);
  for (const auto* side : {&baseline, &experiment})
    for (const auto& run : *side)
      for (std::size_t i = 0; i < kPoints; ++i) out[i] = out[i] || std::isfinite(run.points[i]);
  return out;
}

void drop_empty(Sketch& sketch, const std::vector<bool>& drawn) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < sketch.step.size(); ++i) {
    if (!drawn[i]) continue;
    sketch.step[kept] = sketch.step[i];
    sketch.baseline[kept] = sketch.baseline[i];
    sketch.experiment[kept++] = sketch.experiment[i];
  }
  sketch.step.resize(kept);
  sketch.baseline.resize(kept);
  sketch.experiment.resize(kept);
}

}  // namespace

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
    const auto baseline = drawn_runs(sides.baseline, end, training);
    const auto experiment = drawn_runs(sides.experiment, end, training);
    const auto drawn = filled(baseline, experiment);
    sketch.baseline = mean_binned(baseline, end, training, drawn);
    sketch.experiment = mean_binned(experiment, end, training, drawn);
    drop_empty(sketch, drawn);
    out.push_back(std::move(sketch));
  }
  return out;
}

}  // namespace expanalyze
