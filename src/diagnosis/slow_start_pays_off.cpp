// D-45: behind early, ahead at the end. Not a failure.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnosis/levels.hpp"
#include "diagnosis/weigh.hpp"
#include "stats/descriptive.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Oriented difference of the side means at the evaluations that every run has; > 0: the experiment is behind.
Curve behind(const Case& c) {
  std::vector<Curve> baseline, experiment;
  for (const Run* run : c.baseline) baseline.push_back(metric_curve(*run, c.review.metric));
  for (const Run* run : c.experiment) experiment.push_back(metric_curve(*run, c.review.metric));
  const auto mean_at = [](const std::vector<Curve>& side, double step) {
    double sum = 0;
    for (const Curve& curve : side) sum += value_at(curve, step);
    return sum / static_cast<double>(side.size());
  };
  Curve out;
  for (std::size_t i = 0; i < baseline.front().size(); ++i) {
    const double step = baseline.front().step[i];
    const double gap = c.sign * (mean_at(experiment, step) - mean_at(baseline, step));
    if (step <= 0 || !std::isfinite(gap)) continue;
    out.step.push_back(step);
    out.value.push_back(gap);
    out.line.push_back(baseline.front().line[i]);
  }
  return out;
}

struct Crossing {
  double behind_share = 0;  ///< of the evaluations before the crossing, at which it was behind
  double ahead_share = 0;   ///< after it, ahead
  double at = kNan;         ///< first step of the last stretch ahead
  double early = 0;         ///< median gap before the crossing
  std::size_t before = 0, after = 0;
};

/// The split that agrees best with "behind, then ahead".
Crossing crossing(const Curve& gap) {
  Crossing best;
  double most = -1;
  auto ahead = std::count_if(gap.value.begin(), gap.value.end(), [](double v) { return v < 0; });
  std::ptrdiff_t late = 0;
  for (std::size_t k = 1; k + 2 <= gap.size(); ++k) {
    late += gap.value[k - 1] > 0 ? 1 : 0;
    ahead -= gap.value[k - 1] < 0 ? 1 : 0;
    if (k < 2 || static_cast<double>(late + ahead) <= most) continue;
    most = static_cast<double>(late + ahead);
    best = {static_cast<double>(late) / static_cast<double>(k),
            static_cast<double>(ahead) / static_cast<double>(gap.size() - k),
            gap.step[k],
            0,
            k,
            gap.size() - k};
  }
  if (best.before > 0) best.early = stats::median(std::span(gap.value).first(best.before));
  return best;
}

/// Standard error of the gap of the side means before a step, each run by its median there.
double luck_before(const Case& c, double step) {
  const auto variance_of_mean = [&](const Runs& runs) {
    std::vector<double> levels;
    for (const Run* run : runs) {
      const Curve all = metric_curve(*run, c.review.metric);
      if (all.empty()) continue;
      const Curve early = between(all, 0, step);
      if (!early.empty()) levels.push_back(stats::median(early.value));
    }
    return levels.size() > 1 ? stats::variance(levels) / static_cast<double>(levels.size()) : 0.0;
  };
  return std::sqrt(variance_of_mean(c.baseline) + variance_of_mean(c.experiment));
}

Outcome detect(const Case& c) {
  const Curve gap = behind(c);
  if (gap.size() < 6)
    return Untestable{
        {}, "six evaluations that both sides share", "evaluate at least ten times a run at the same steps"};
  Scored out;
  const Crossing cross = crossing(gap);
  const double end = gap.step.back();
  out.looked_at = fmt::format("order of the sides over {} evaluations", gap.size());
  out.slots = {{"crossing_step", cross.at}, {"early_gap", cross.early}};
  if (!c.better) {
    out.evidence.push_back({"it is not ahead at the end", on(c.review, Axis::step).difference, -kDecisive, 1, 0, {}});
    return out;
  }
  const double agree = std::min(cross.behind_share, cross.ahead_share);
  const double smallest = std::max({0.5 * c.gap_scale, c.review.final_quality.sesoi, 2 * luck_before(c, cross.at)});
  if (agree > 0.8 && cross.early > 0) {
    out.evidence.push_back(
        {fmt::format("it was behind at {} of the {} evaluations before step {}, by {} in the median",
                     percent(cross.behind_share, 2), cross.before, number(cross.at), number(cross.early, 3)),
         bare(cross.early, "median", cross.before),
         kStrong,
         graded_above(cross.early, smallest),
         0,
         {{c.baseline.front()->label, c.review.metric.name, 0, cross.at}}});
    out.evidence.push_back({fmt::format("from there on it was ahead at {} of {} and ends {} better",
                                        percent(cross.ahead_share, 2), cross.after, number(std::abs(c.gap), 3)),
                            c.review.final_quality.difference,
                            kModerate,
                            graded_above(std::abs(c.gap), c.gap_scale),
                            0,
                            {}});
    // One early evaluation behind is warm-up; a tenth of the run is a budget at which somebody stops.
    out.evidence.push_back({fmt::format("the order changed at {} of the run", percent(cross.at / end, 2)),
                            bare(cross.at / end, "evaluations"),
                            kModerate,
                            graded_above(cross.at / end, 0.15),
                            0,
                            {}});
  } else {
    out.evidence.push_back({"the order of the sides does not change once, from behind to ahead",
                            bare(agree, "evaluations"),
                            -kStrong,
                            1,
                            0,
                            {}});
  }
  out.effect_share = 1;
  out.soul = fmt::format(
      "It was behind until step {} and ahead from then on, by {} at the end: judged before, it would have been thrown "
      "away.",
      number(cross.at), number(std::abs(c.gap), 3));
  return out;
}

}  // namespace

constinit const Detector slow_start_pays_off{
    .id = "slow_start_pays_off", .prior = kOccasional, .detect = detect, .doc = R"(
## What it looks for
A metric that is behind the baseline's at the evaluations up to some step and ahead from there on, with a final difference beyond the luck of
seeds.
## Why it matters
It is no failure: regularisation, larger noise and flatter minima cost early and pay late. A shorter budget would have judged the other way.
## False alarms and misses
A longer warm-up also starts behind. Few evaluations cannot place the crossing.
## Reference
Science handbook D-45, B3.4.
)"};

}  // namespace expanalyze
