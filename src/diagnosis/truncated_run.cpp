// D-36: the run did not lose, it stopped.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnosis/case.hpp"
#include "diagnosis/weigh.hpp"
#include "stats/descriptive.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr double kOfPlan = 0.98;  // D-36
constexpr double kOfBaseline = 0.9;
constexpr double kSameShape = 0.02;  // shares of the peak rate; logged rates of one schedule agree to their digits

struct Lengths {
  double experiment = 0, baseline = 0, planned = 0;
};

Lengths lengths(const Case& c) {
  std::vector<double> e, b, plan;
  for (std::size_t i = 0; i < c.review.ends.size(); ++i) {
    const RunEnd& end = c.review.ends[i];
    (i < c.baseline.size() ? b : e).push_back(end.last_step);
    if (i >= c.baseline.size()) plan.push_back(end.planned_steps);
  }
  return {stats::median(e), stats::median(b), stats::median(plan)};
}

/// The learning rate at the end as a share of its peak; NaN when it is not logged.
double last_lr_share(const Run& run) {
  const Curve lr = finite(trajectory(run, Role::lr));
  return lr.empty() ? std::numeric_limits<double>::quiet_NaN()
                    : lr.value.back() / *std::max_element(lr.value.begin(), lr.value.end());
}

/// The learning rate at a step as a share of its peak; NaN when it is not logged there.
double lr_share_at(const Run& run, double step) {
  const Curve lr = finite(trajectory(run, Role::lr));
  return lr.empty() ? std::numeric_limits<double>::quiet_NaN()
                    : value_at(lr, step) / *std::max_element(lr.value.begin(), lr.value.end());
}

bool last_line_cut(const Run& run) {
  return std::any_of(run.notes.begin(), run.notes.end(), [](const Note& n) { return n.code == "line.cut"; });
}

Outcome detect(const Case& c) {
  const Lengths l = lengths(c);
  Scored out;
  const double of_plan = l.planned > 0 ? (l.experiment + 1) / l.planned : std::numeric_limits<double>::quiet_NaN();
  const double of_baseline = l.baseline > 0 ? l.experiment / l.baseline : 1;
  out.looked_at =
      fmt::format("it ran {} steps (plan: {}{})", number(l.experiment), l.planned > 0 ? number(l.planned) : "unknown",
                  c.alone() ? "" : fmt::format(", baseline: {}", number(l.baseline)));
  const double lr = mean_over(c.experiment, last_lr_share);
  const double lr_baseline = mean_over(c.baseline, last_lr_share);
  // The same shape of schedule as the baseline's up to the end: it was cut off, not planned shorter.
  const double lr_there = mean_over(c.baseline, [&](const Run& run) { return lr_share_at(run, l.experiment); });
  const bool same_shape = std::abs(lr - lr_there) < kSameShape;
  const Place end{c.experiment.front()->label, {}, 0, l.experiment};
  if (of_plan < kOfPlan)
    out.evidence.push_back({fmt::format("it ran {} of {} planned steps ({})", number(l.experiment), number(l.planned),
                                        percent(of_plan, 3)),
                            exact(of_plan),
                            kDecisive + kModerate,
                            1,
                            0,
                            {end}});
  else if (std::isnan(of_plan) && of_baseline < kOfBaseline && lr > 0.2 && lr > 2 * lr_baseline && same_shape)
    out.evidence.push_back(
        {fmt::format("it ran {} steps against the baseline's {}, and its learning rate still stood at {} of its peak",
                     number(l.experiment), number(l.baseline), percent(lr, 2)),
         exact(of_baseline),
         kDecisive,
         1,
         0,
         {end}});
  if (out.evidence.empty()) return out;
  if (!std::isnan(lr))
    out.evidence.push_back(
        {fmt::format("at its last step the learning rate stood at {} of its peak{}", percent(lr, 2),
                     std::isnan(lr_baseline) ? "" : fmt::format(" (baseline: {})", percent(lr_baseline, 2))),
         exact(lr),
         lr > 0.2 ? kWeak : -kWeak,
         1,
         0,
         {place_of(*c.experiment.front(), Role::lr)}});
  if (last_line_cut(*c.experiment.front()))
    out.evidence.push_back({"the last record of the log is torn", exact(1), kModerate, 1, 0, {end}});
  const double share = std::isnan(of_plan) ? of_baseline : of_plan;
  out.slots = {{"share_run", share}, {"last_step", l.experiment}, {"planned", l.planned > 0 ? l.planned : l.baseline}};
  out.effect_share = 1;
  if (c.alone()) {
    out.soul = fmt::format("It stopped early: {} of the plan was run.", percent(share, 3));
    return out;
  }
  out.soul = fmt::format("It did not lose, it stopped: {} of {} was run. At step {} it stands at {} against {}.",
                         percent(share, 3), std::isnan(of_plan) ? "the baseline's length" : "the plan",
                         number(c.review.final_quality.at_step), number(c.review.final_quality.experiment.value),
                         number(c.review.final_quality.baseline.value));
  return out;
}

}  // namespace

constinit const Detector truncated_run{
    .id = "truncated_run", .prior = kCommon, .detect = detect, .alone = true, .doc = R"(
## What it looks for
Fewer than 98 % of the planned steps (config), or fewer than 90 % of the baseline's with the learning rate still high; a torn last record.
## Why it matters
The comparison at the end of both logs is one of a finished with an unfinished schedule; the verdict is taken at the last common step.
## False alarms and misses
A run that diverged and was stopped is `divergence`. A shorter plan of its own is a setting, not a truncation.
## Reference
Science handbook D-36.
)"};

}  // namespace expanalyze
