// D-37: the run was resumed, and the checkpoint may not have carried everything.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnosis/case.hpp"
#include "diagnosis/weigh.hpp"
#include "stats/descriptive.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// A return to an earlier step, at least two records back: one repeated record is a habit of loggers.
struct Rewind {
  double to = kNan, from = kNan;
  double level_change = kNan;  ///< training loss after the resume against the same steps before it, in its own noise
  Place where;
};

/// What the first run logged from the rewind on, which the trajectory no longer holds, against what the second made of
/// the same steps.
double level_change(const Series& series, const Rows& rows, std::size_t at) {
  std::vector<double> difference;
  for (std::size_t i = 0; i < at; ++i)
    for (std::size_t k = at; k < std::min(at + 20, series.value.size()) && rows.step[i] >= rows.step[at]; ++k)
      if (rows.step[k] == rows.step[i]) difference.push_back(series.value[k] - series.value[i]);
  std::vector<double> before;
  for (std::size_t i = at > 60 ? at - 60 : 0; i < at; ++i)
    if (std::isfinite(series.value[i])) before.push_back(series.value[i]);
  if (difference.size() < 5 || before.size() < 20 || !stats::all_finite(difference)) return kNan;
  const double noise =
      std::sqrt(2.0) * stats::mad(stats::detrend(before)) / std::sqrt(static_cast<double>(difference.size()));
  return noise > 0 ? stats::mean(difference) / noise : kNan;
}

Rewind rewind_of(const Run& run) {
  const Series* series = find(run, Role::train_loss);
  if (!series) series = find(run, Role::eval_loss);
  if (!series) return {};
  const Rows& rows = run.rows[series->rows];
  Rewind out;
  for (std::size_t i = 1; i < rows.step.size(); ++i) {
    if (!(rows.step[i] < rows.step[i - 1]) || i < 2 || !(rows.step[i] <= rows.step[i - 2])) continue;
    out.to = rows.step[i];
    out.from = rows.step[i - 1];
    out.level_change = level_change(*series, rows, i);
    out.where = {run.label, series->logged_as, rows.line[i], rows.step[i]};
  }
  return out;
}

/// A pause of the clock between two records, in usual steps, next to the rewind; NaN without a clock.
double pause_at(const Run& run, double step) {
  const Curve clock = spent(run, Axis::wall).curve;
  std::vector<double> pace;
  double pause = kNan;
  for (std::size_t i = 1; i < clock.size(); ++i) {
    const double seconds = (clock.value[i] - clock.value[i - 1]) / (clock.step[i] - clock.step[i - 1]);
    pace.push_back(seconds);
    if (clock.step[i - 1] < step && step <= clock.step[i]) pause = seconds;
  }
  return pause / stats::median(pace);
}

Outcome detect(const Case& c) {
  Rewind found;
  std::size_t runs = 0;
  for (const Run* run : c.experiment)
    if (const Rewind rewind = rewind_of(*run); std::isfinite(rewind.to)) {
      if (runs++ == 0) found = rewind;
    }
  const auto in_baseline = static_cast<std::size_t>(std::count_if(
      c.baseline.begin(), c.baseline.end(), [](const Run* run) { return std::isfinite(rewind_of(*run).to); }));
  Scored out;
  out.looked_at = "a return to an earlier step; there is none";
  if (runs == 0) {
    out.evidence.push_back({"no step stands in a log twice", exact(0), -kStrong, 1, 0, {}});
    return out;
  }
  const double repeated = found.from - found.to + 1;
  out.slots = {{"resumed_at", found.to}, {"repeated_steps", repeated}};
  out.looked_at = fmt::format("a return from step {} to step {}", number(found.from), number(found.to));
  // Steps that stand twice in one log are no inference but a fact, hence more than the handbook's +1.6 for a mark of
  // any kind.
  out.evidence.push_back(
      {fmt::format("after step {} the log goes on at step {}: {} steps stand in it twice ({} of {} runs)",
                   number(found.from), number(found.to), number(repeated), runs, c.experiment.size()),
       exact(repeated),
       kDecisive,
       1,
       0,
       {found.where}});
  if (in_baseline > 0)
    out.evidence.push_back({fmt::format("{} of {} baseline runs were resumed as well", in_baseline, c.baseline.size()),
                            exact(static_cast<double>(in_baseline)),
                            -kModerate,
                            1,
                            0,
                            {}});
  if (const double pause = pause_at(*c.experiment.front(), found.to); std::isnan(pause))
    out.missing_weight += kWeak;
  else if (pause > 5)
    out.evidence.push_back({fmt::format("the clock stands {} usual steps still there", number(pause, 3)),
                            bare(pause, "clock"),
                            kModerate,
                            graded_above(pause, 10),
                            0,
                            {found.where}});
  const double jump = found.level_change;
  if (std::isnan(jump))
    out.missing_weight += kModerate;
  else if (jump > 2)
    out.evidence.push_back(
        {fmt::format("on the repeated steps the training loss is {} standard errors higher than the first time",
                     number(jump, 3)),
         bare(jump, "same_steps"),
         kStrong,
         graded_above(jump, 3),
         0,
         {found.where}});
  const bool hurt = jump > 3 && c.worse;
  out.effect_share = hurt ? 1 : c.better ? 0 : 0.6;
  out.soul = fmt::format(
      "The run was resumed: after step {} it went back to step {}{}; {}.", number(found.from), number(found.to),
      jump > 3 ? ", and the loss stood higher on the same steps" : "",
      hurt ? "the checkpoint did not carry everything"
           : fmt::format("{} repeated steps are what it cost, and the end shows no other trace", number(repeated)));
  return out;
}

}  // namespace

constinit const Detector resume_discontinuity{
    .id = "resume_discontinuity", .prior = kOccasional, .detect = detect, .alone = true, .doc = R"(
## What it looks for
Steps that stand twice in a log, at least two records back; a pause of the clock there; a training loss that is higher on the repeated steps
than it was the first time.
## Why it matters
Optimizer moments, data order, schedule and random state must all come back; what does not is learned again.
## False alarms and misses
A logger that writes one record twice is not a resume. A resume that continues the count exactly leaves no repeated step and is not seen.
## Reference
Science handbook D-37, A4.
)"};

}  // namespace expanalyze
