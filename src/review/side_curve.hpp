// One falling curve for a side: records in groups, averaged over its runs, smoothed where they are noisy (science
// handbook A3, A5, B2.2).
#pragma once

#include <span>
#include <vector>

#include "review/sides.hpp"

namespace expanalyze {

/// Means of neighbouring records, each group about a 64th of the way so far: a hundred thousand records become some
/// five hundred points that are even in ln x late in the run, and the first 64 stay as they are. The mean, because the
/// median of a loss lies below what is expected of it (A5).
Curve grouped(const Curve& curve, std::vector<double>* sizes = nullptr);

/// The metric oriented so that lower is better.
struct SideCurve {
  std::vector<double> x;         ///< steps, rising
  std::vector<double> mean;      ///< of the group, over the runs
  std::vector<double> smoothed;  ///< as `mean` where that falls at nearly every point
  std::vector<double> falling;   ///< isotonic fit of `smoothed`
  std::vector<double> weight;    ///< records in a group: noise is taken to be 1 / sqrt(weight)
  double straight_from = 0;      ///< learning rate anneals from here (read_at)
  bool noisy = false;
  std::vector<SideCurve> seeds;  ///< of each run by itself; empty where there is one
  [[nodiscard]] bool empty() const { return x.size() < 4; }
  [[nodiscard]] double end() const { return x.back(); }
};
/// The standing runs of a side as the curve is made of them, each read and grouped once.
struct GroupedRun {
  Curve curve;                ///< as logged, not oriented
  std::vector<double> sizes;  ///< records in each group
  double straight_from = 0;
  bool failed = false;
};
std::vector<GroupedRun> grouped_runs(const Side& side);
SideCurve side_curve(std::span<const GroupedRun> runs, double sign);

/// A5: running median and local line in ln x, where a window spans less than a factor 1.5; step 0 counts as half the
/// first step after it.
std::vector<double> smoothed(const std::vector<double>& x, const std::vector<double>& y);

/// `y` at `at`, between neighbours as read_at() does, the end values beyond them.
double along(const SideCurve& curve, const std::vector<double>& y, double at);
/// First x at which the falling fit is at or below `level`; +inf: censored, it never is.
double first_at(const SideCurve& curve, double level);
/// -dL / d ln x of the smoothed curve about `at`, over a factor 1.25 to both sides as far as the curve goes.
double fall_per_efold(const SideCurve& curve, double at);

}  // namespace expanalyze
