// D-24: the learning rate ended too early, never annealed, or was planned for another horizon.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnosis/readings.hpp"
#include "diagnosis/weigh.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr double kNotAnnealed = 0.1, kAnnealed = 0.05, kDeadTail = 0.1;  // D-24 (i), (ii)

/// Last learning rate over its peak.
double final_share(const Run& run) {
  const Curve lr = finite(trajectory(run, Role::lr));
  const double peak = peak_of(run, Role::lr);
  return lr.size() < 5 || !(peak > 0) ? std::numeric_limits<double>::quiet_NaN() : lr.value.back() / peak;
}

/// Share of the run that is left once the learning rate is down to 1 % of its peak for good.
double dead_tail(const Run& run) {
  const Curve lr = finite(trajectory(run, Role::lr));
  const double peak = peak_of(run, Role::lr);
  if (lr.size() < 5 || !(peak > 0)) return std::numeric_limits<double>::quiet_NaN();
  std::size_t i = lr.size();
  while (i > 0 && lr.value[i - 1] <= 0.01 * peak) --i;
  return i == lr.size() ? 0 : 1 - lr.step[i] / std::max(lr.step.back(), last_step(run));
}

/// The largest difference of the two schedules, each as a share of its peak, at the same share of the run.
double schedule_distance(const Run& a, const Run& b) {
  const Curve x = finite(trajectory(a, Role::lr)), y = finite(trajectory(b, Role::lr));
  if (x.size() < 5 || y.size() < 5) return std::numeric_limits<double>::quiet_NaN();
  const double peak_x = peak_of(a, Role::lr), peak_y = peak_of(b, Role::lr);
  double most = 0;
  for (int i = 5; i <= 100; ++i) {
    const double share = 0.01 * i;
    const double d = value_at(x, share * x.step.back()) / peak_x - value_at(y, share * y.step.back()) / peak_y;
    if (std::isfinite(d)) most = std::max(most, std::abs(d));
  }
  return most;
}

/// The step from which the two learning rates differ by more than a tenth of the peak.
double separation(const Run& a, const Run& b) {
  const Common both = common_steps(finite(trajectory(a, Role::lr)), finite(trajectory(b, Role::lr)));
  const double peak = peak_of(a, Role::lr);
  for (std::size_t i = 0; i < both.step.size(); ++i)
    if (std::abs(both.a[i] - both.b[i]) > 0.1 * peak) return both.step[i];
  return std::numeric_limits<double>::quiet_NaN();
}

/// Was the run cut off? Then a schedule that did not end is no fault of the schedule.
bool cut_off(const Case& c) {
  const double e = mean_over(c.experiment, last_step), b = mean_over(c.baseline, last_step);
  const double planned = mean_over(c.experiment, planned_steps);
  return e < 0.9 * b || (planned > 0 && e < 0.9 * planned);
}

double log_loss_gap(const Case& c, double from, double to) {
  const auto read = [&](const Runs& runs) {
    return mean_over(runs, [&](const Run& r) { return std::log(median_of(r, Role::train_loss, from, to)); });
  };
  return read(c.experiment) - read(c.baseline);
}

void weigh_common_start(const Case& c, Scored& out) {
  const double apart = separation(*c.baseline.front(), *c.experiment.front());
  const double share = apart / mean_over(c.baseline, last_step);
  if (!(share > 0.03)) return;  // from the first steps on: nothing was common
  const double before = log_loss_gap(c, 0.5 * share, share);
  out.slots["separation_step"] = apart;
  if (std::isfinite(before) && std::abs(before) < 0.05)  // batches differ by that much
    out.evidence.push_back({fmt::format("until step {}, where the learning rates separate, the losses agree within {}",
                                        number(apart), percent(std::abs(std::expm1(before)), 2)),
                            bare(before, "within_run"),
                            kModerate,
                            1,
                            0,
                            {place_of(*c.experiment.front(), Role::lr)}});
}

Outcome detect(const Case& c) {
  const double left_e = mean_over(c.experiment, final_share), left_b = mean_over(c.baseline, final_share);
  const double tail_e = mean_over(c.experiment, dead_tail), tail_b = mean_over(c.baseline, dead_tail);
  const double distance = schedule_distance(*c.baseline.front(), *c.experiment.front());
  if (std::isnan(left_e) || std::isnan(left_b) || std::isnan(distance))
    return Untestable{
        {}, "the learning rate of both sides over the run", "log the learning rate with every training record"};
  const Place where = place_of(*c.experiment.front(), Role::lr);
  Scored out;
  out.slots = {{"lr_end_share", left_e}, {"lr_end_share_baseline", left_b}, {"dead_tail", tail_e}};
  out.looked_at = fmt::format("the learning rate ends at {} of its peak (baseline: {}), {} of the run without any",
                              percent(left_e, 2), percent(left_b, 2), percent(tail_e, 2));
  const double end = mean_over(c.experiment, last_step);
  const bool never = left_e > kAnnealed && left_b <= kAnnealed && left_e > 2 * left_b;
  const bool early = tail_e > 0.05 && tail_e > tail_b + 0.05;
  if (distance < 0.05)
    out.evidence.push_back({"both sides follow the same schedule, each as a share of its own run",
                            bare(distance, "largest_difference"),
                            -kDecisive,
                            1,
                            0,
                            {where}});
  else if (!never && !early)
    out.evidence.push_back({out.looked_at, over_seeds(c.experiment, final_share), -kStrong, 1, 0, {where}});
  if (never)
    out.evidence.push_back({fmt::format("the learning rate ends at {} of its peak, the baseline's at {}",
                                        percent(left_e, 2), percent(left_b, 2)),
                            over_seeds(c.experiment, final_share),
                            kStrong,
                            graded_above(left_e, kNotAnnealed),
                            's',
                            {where}});
  if (early)
    out.evidence.push_back(
        {fmt::format(
             "after step {} the learning rate was below 1 % of its peak: {} of the run trained nothing (baseline: {})",
             number(end * (1 - tail_e)), percent(tail_e, 2), percent(tail_b, 2)),
         over_seeds(c.experiment, dead_tail),
         kStrong,
         graded_above(tail_e, kDeadTail),
         's',
         {where}});
  if (never && cut_off(c))
    out.evidence.push_back({"the run stopped before its end, so its schedule had no chance to finish",
                            exact(end),
                            -kStrong,
                            1,
                            0,
                            {where}});
  const auto lost = std::find_if(c.review.ends.begin() + static_cast<std::ptrdiff_t>(c.baseline.size()),
                                 c.review.ends.end(), [](const RunEnd& e) { return e.failed && e.first_non_finite; });
  if ((never || early) && lost != c.review.ends.end() && lost->first_non_finite->step < 0.5 * end)
    out.evidence.push_back({fmt::format("the loss was no number from step {} on, before the end of a schedule matters",
                                        number(lost->first_non_finite->step)),
                            exact(lost->first_non_finite->step),
                            -kDecisive,
                            1,
                            0,
                            {*lost->first_non_finite}});
  if (never || early) weigh_common_start(c, out);
  out.effect_share = 1;
  weigh_outcome(c, out);
  out.soul = early ? fmt::format("The learning rate was spent by step {}: the last {} of the run trained nothing.",
                                 number(end * (1 - tail_e)), percent(tail_e, 2))
                   : fmt::format(
                         "The experiment was photographed before it landed: its learning rate ends at {} of the peak, "
                         "the baseline's at {}.",
                         percent(left_e, 2), percent(left_b, 2));
  return out;
}

}  // namespace

constinit const Detector schedule_mismatch{.id = "schedule_mismatch", .prior = kCommon, .detect = detect, .doc = R"(
## What it looks for
A logged learning rate that ends above 10 % of its peak where the baseline's ends below 5 %, or that is below 1 % of its peak for more
than a tenth of the run where the baseline's is not; losses that agree until the schedules separate.
## Why it matters
Most of the last gain comes with annealing: before it, or long after it, two runs cannot be compared.
## False alarms and misses
A run that was cut off did not finish any schedule (`truncated_run`). The same schedule stretched over another number of steps is the same
schedule. Schedules by parameter group are seen only through the one that is logged.
## Reference
Science handbook D-24, E10; Haegele et al. 2024, arXiv:2405.18392.
)"};

}  // namespace expanalyze
