// D-11: units that no longer respond to any input.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnosis/readings.hpp"
#include "diagnosis/weigh.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr double kShare = 0.2, kAboveBaseline = 0.1;  // D-11
// Without a baseline: sound rectifier networks of our own end with up to 35 % of units that a probe batch never woke.
constexpr double kShareAlone = 0.5;

double final_share(const Run& run) { return last_of(run, Role::dead_fraction); }

/// From where at least half of the final share stays silent.
double onset(const Run& run) {
  return stays_above_from(run, Role::dead_fraction, std::max(0.5 * kShare, 0.5 * final_share(run)));
}

double learned(const Run& run) {
  const Curve loss = loss_of(run);
  return loss.empty() ? std::numeric_limits<double>::quiet_NaN()
                      : 1 - median_between(loss, 0.9, 1) / loss.value.front();
}

Outcome detect(const Case& c) {
  const double share = mean_over(c.experiment, final_share);
  if (std::isnan(share))
    return Untestable{{},
                      "the share of units that never respond",
                      "log the share of units that are zero on a fixed batch, every 100 steps"};
  const double baseline = mean_over(c.baseline, final_share);
  const double excess = share - (std::isnan(baseline) ? 0 : baseline);
  const Place where = place_of(*c.experiment.front(), Role::dead_fraction);
  Scored out;
  out.slots = {{"dead_share", share}, {"dead_share_baseline", baseline}};
  out.looked_at = fmt::format("{} of the units are dead at the end{}", percent(share, 3),
                              std::isnan(baseline) ? "" : fmt::format(" (baseline: {})", percent(baseline, 3)));
  const double least = c.alone() ? kShareAlone : kShare;
  if (share < 0.5 * least || excess < 0.5 * kAboveBaseline) {
    out.evidence.push_back({out.looked_at, over_seeds(c.experiment, final_share), -kStrong, 1, 0, {where}});
    return out;
  }
  if (std::isnan(baseline)) out.missing_weight += kWeak;
  out.evidence.push_back({out.looked_at,
                          over_seeds(c.experiment, final_share),
                          kDecisive,
                          graded_above(share, least) * graded_above(excess, kAboveBaseline),
                          0,
                          {where}});
  const double since = mean_over(c.experiment, onset);
  const double end = mean_over(c.experiment, last_step);
  if (since <= 0.25 * end) {
    out.slots["onset"] = since;
    out.evidence.push_back(
        {fmt::format("half of them fell silent by step {}, early in the run, and stayed so", number(since)),
         over_seeds(c.experiment, onset),
         kModerate,
         graded_above(share, kShare),
         0,
         {{where.run, where.series, 0, since}}});
  }
  if (const double took = mean_over(c.experiment, learned); took < 0.1)
    out.evidence.push_back(
        {fmt::format("the loss is within {} of its first value at the end", percent(std::max(0.0, took), 2)),
         over_seeds(c.experiment, learned),
         kWeak,
         graded_below(took, 0.05),
         0,
         {}});
  // A fifth of the units rarely matters, half of them do: the share of a difference grows with what was lost.
  out.effect_share = std::min(1.0, 2 * excess);
  weigh_outcome(c, out);
  out.soul =
      since <= end
          ? fmt::format(
                "{} of the units fell silent, half of these by step {}: the run finished as a network of {} of its "
                "size.",
                percent(share, 2), number(since), percent(1 - share, 2))
          : fmt::format("{} of the units are silent at the end: the run finished as a network of {} of its size.",
                        percent(share, 2), percent(1 - share, 2));
  return out;
}

}  // namespace

constinit const Detector dead_units{.id = "dead_units", .prior = kRare, .detect = detect, .alone = true, .doc = R"(
## What it looks for
More than 20 % of the units without response at the end, and 10 percentage points more than in the baseline; early and for good; with a
loss that stays near its first value.
## Why it matters
A dead unit has no gradient, so it does not come back: the run goes on with a smaller network.
## False alarms and misses
Wanted sparsity (top-k, squared ReLU) shows in the baseline as well. Too large steps at the start kill units: where one of those causes is
likely, this finding is its symptom. It cannot be tested without a logged share.
## Reference
Science handbook D-11, E9; Sokar et al. 2023, arXiv:2302.12902.
)"};

}  // namespace expanalyze
