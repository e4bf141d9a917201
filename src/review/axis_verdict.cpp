// The verdict at equal steps, tokens, seconds and FLOPs (science handbook B6, B7).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "review/budget.hpp"
#include "review/measure.hpp"
#include "review/own_ends.hpp"
#include "stats/descriptive.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

// Two jobs on nominally equal machines differ by this much in time; FLOPs and tokens are counted, not measured.
constexpr double kEqualSeconds = 0.10;
constexpr double kEqualCount = 0.01;
// A run that came to this share of its own plan has finished its schedule; one that is read before the other share is
// not at its end: 2 % before it, two speed-run baselines stood 0.003 too high, two seed s.d. (B6.1).
constexpr double kFinished = 0.9, kAtItsEnd = 0.99;
// Beyond twice the budget nothing is extrapolated (B6.2, C5).
constexpr double kFarthest = 2;

std::string amount(const Sides& sides, Axis axis, double x) {
  switch (axis) {
    case Axis::step:
      return number(x) + " steps";
    case Axis::tokens:
      return count(x) + (find(*sides.baseline.runs.front().run, Role::tokens)    ? " tokens"
                         : find(*sides.baseline.runs.front().run, Role::samples) ? " samples"
                                                                                 : " samples or tokens");
    case Axis::wall:
      return duration(x);
    case Axis::flops:
      return flop_count(x);
  }
  return {};
}

/// One side has finished its schedule, the other (`ratio` times as far at its end) is read in the middle of its own and
/// looks worse. Had it been planned to end here it would stand between its own end and this reading; up to twice the
/// budget the cheapest price of a budget narrows that. If even its best case does not beat the finished side the order
/// stands.
std::string schedule_doubt(const Sides& sides, const Budgets& budgets, const AxisVerdict& there) {
  const bool b_mid = there.ratio < 1;
  const double ratio = b_mid ? 1 / there.ratio : there.ratio;
  const Side& mid = b_mid ? sides.baseline : sides.experiment;
  const Side& other = b_mid ? sides.experiment : sides.baseline;
  const double share = plan_share(mid, mid.last_metric_step() / ratio);
  const double others = plan_share(other, other.last_metric_step());
  if (!(share < kAtItsEnd && others >= kFinished && share < others)) return {};
  const double sign = sides.orientation();
  const Estimate& kappa = (b_mid ? budgets.baseline : budgets.experiment).price.kappa;
  const double reading = b_mid ? there.baseline.value : there.experiment.value;
  const double finished = b_mid ? there.experiment.value : there.baseline.value;
  double best_case = stats::mean(values_at(mid, Axis::step, mid.last_metric_step()));
  if (ratio <= kFarthest && kappa.low > 0) best_case += sign * kappa.low * std::log(ratio);
  const bool looks_worse = sign * (reading - finished) > 0;
  const bool could_win = sign * (best_case - finished) < 0;
  if (!looks_worse || !could_win) return {};
  return fmt::format(
      "there the {} has finished its schedule and the {} is at {} of its own, so the order may be the schedule's doing",
      b_mid ? "experiment" : "baseline", b_mid ? "baseline" : "experiment", percent(share));
}

/// Nothing to adjust where the longer run kept its learning rate, or where the shorter one was cut off in mid-schedule
/// as well: then both are read at the same point of it.
bool needs_plan(const Side& longer, const Budget& budget, const Side& shorter) {
  if (!budget.model.schedule.empty() && budget.model.schedule.constant()) return false;
  return plan_share(shorter, shorter.last_metric_step()) >= kFinished && longer.last_metric_step() > 0;
}

/// B6.2: the verdict had both been planned to end at the smaller budget.
void add_planned(const Sides& sides, const Budgets& budgets, const SeedNoise& noise, double sesoi, AxisVerdict& out) {
  const bool baseline_longer = out.ratio < 1;
  const Side& longer = baseline_longer ? sides.baseline : sides.experiment;
  const Side& shorter = baseline_longer ? sides.experiment : sides.baseline;
  const Budget& budget = baseline_longer ? budgets.baseline : budgets.experiment;
  if (!needs_plan(longer, budget, shorter)) return;
  const Overrun overrun{longer, shorter, baseline_longer, baseline_longer ? 1 / out.ratio : out.ratio,
                        baseline_longer ? out.baseline.value : out.experiment.value};
  const Planned planned = planned_to_end(overrun, budget, noise, sesoi, sides.orientation());
  out.planned_difference = planned.difference;
  out.planned = planned.verdict;
  const std::string who = baseline_longer ? "the baseline" : "the experiment";
  out.planned_how =
      !std::isfinite(planned.value) || planned.verdict == Verdict::not_assessable
          ? fmt::format("what {} planned to end there would have reached cannot be said: {}", who, planned.how)
          : fmt::format("planned to end there, {} would stand at {} {}: difference {}, {}", who, number(planned.value),
                        planned.how, with_interval(planned.difference, 3),
                        planned.verdict == Verdict::inconclusive ? "not resolved" : to_string(planned.verdict));
}

AxisVerdict not_assessable(Axis axis) {
  AxisVerdict out;
  out.axis = axis;
  out.why = axis == Axis::tokens ? "no token or sample counter, and no batch size in a config: log one of them"
            : axis == Axis::wall
                ? "no clock in one of the logs: log elapsed seconds with every record"
                : "neither FLOPs nor parameters and tokens are known: add `n_params` and `tokens` (two numbers) to "
                  "the config";
  return out;
}

/// Runs that failed, ended, or were no longer finite before the point of comparison.
std::string left_out(const Side& side, std::string_view name, std::size_t used) {
  const std::size_t standing = side.standing().size();
  std::string out;
  const auto say = [&](std::size_t missing, std::string_view what) {
    if (missing > 0)
      out += fmt::format("; {} of the {} {} runs {} and {} left out", missing, side.runs.size(), name, what,
                         missing == 1 ? "is" : "are");
  };
  say(side.runs.size() - standing, "failed");
  say(standing - std::min(used, standing), "did not get there");
  return out;
}

std::vector<double> finals(const Side& side) { return values_at(side, Axis::step, side.last_metric_step()); }

AxisVerdict judge_axis(const Sides& sides, Axis axis, const Budgets& budgets, const SeedNoise& noise, double sesoi,
                       const Pairing& pairing) {
  const auto b_total = totals(sides.baseline, axis);
  const auto e_total = totals(sides.experiment, axis);
  if (b_total.empty() || e_total.empty()) return not_assessable(axis);
  AxisVerdict out;
  out.axis = axis;
  const double b = stats::median(b_total);
  const double e = stats::median(e_total);
  if (b <= 0 || e <= 0) return not_assessable(axis);
  out.ratio = e / b;
  out.at = std::min(b, e);
  const double tolerance = axis == Axis::step ? 0 : axis == Axis::wall ? kEqualSeconds : kEqualCount;
  const bool equal = std::abs(std::log(out.ratio)) <= std::log1p(tolerance) + 1e-12;
  const Compared at_end = compare_values(finals(sides.baseline), finals(sides.experiment), noise, sesoi,
                                         sides.orientation(), pairing.identical);
  const Compared there =
      equal ? at_end
            : compare_values(values_at(sides.baseline, axis, out.at), values_at(sides.experiment, axis, out.at), noise,
                             sesoi, sides.orientation(), pairing.identical, reading_spread(sides, axis, out.at));
  out.baseline = there.baseline;
  out.experiment = there.experiment;
  out.difference = there.difference;
  out.verdict = there.verdict;
  if (there.verdict == Verdict::not_assessable && at_end.verdict != Verdict::not_assessable)
    return by_own_ends(out, at_end, sides.orientation());
  if (there.verdict == Verdict::not_assessable) {
    out.why = fmt::format("no evaluation of both sides at {}", amount(sides, axis, out.at));
    return out;
  }
  // Time and FLOPs are judged as they were spent; what a plan for that budget would have given stands beside it.
  const bool counts_data = axis == Axis::step || axis == Axis::tokens;
  const std::string doubt = equal || !counts_data ? std::string{} : schedule_doubt(sides, budgets, out);
  if (!equal) add_planned(sides, budgets, noise, sesoi, out);
  if (!doubt.empty() && out.planned != Verdict::not_assessable)
    out.verdict = out.planned;
  else if (!doubt.empty() && axis == Axis::step)
    out.verdict = Verdict::inconclusive;
  out.why = equal ? fmt::format("both spent {}{}", amount(sides, axis, out.at),
                                axis == Axis::step ? "" : fmt::format(" (ratio {})", number(out.ratio, 3)))
                  : fmt::format("read at {}, where the {} ended; the {} went on to {}", amount(sides, axis, out.at),
                                e < b ? "experiment" : "baseline", e < b ? "baseline" : "experiment",
                                amount(sides, axis, std::max(b, e)));
  if (!doubt.empty()) out.why += "; " + doubt;
  out.why += left_out(sides.baseline, "baseline", there.baseline.n) +
             left_out(sides.experiment, "experiment", there.experiment.n);
  return out;
}

/// Most runs of a side end without a finite value.
bool no_value_left(const Side& side) {
  const auto gone = std::count_if(side.runs.begin(), side.runs.end(),
                                  [](const RunView& view) { return !std::isfinite(view.end.final_value); });
  return 2 * static_cast<std::size_t>(gone) > side.runs.size();
}

/// A run that is not finite at the end has nothing to compare: the baseline's end stands alone.
void blank(const Sides& sides, Axis axis, AxisVerdict& verdict) {
  const auto b_total = totals(sides.baseline, axis);
  verdict.at = stats::median(b_total);
  verdict.baseline = bare(stats::mean(finals(sides.baseline)), "no_comparison", sides.baseline.runs.size());
  verdict.experiment = verdict.difference = bare(std::numeric_limits<double>::quiet_NaN(), "failed", 0);
}

}  // namespace

namespace {

/// Reading and plan may disagree in one line: which of the two the verdict is.
void say_whose(AxisVerdict& verdict) {
  if (!std::isfinite(verdict.planned_difference.value)) return;
  const Estimate& read = verdict.difference;
  const bool resolved = read.low > 0 || read.high < 0;
  if (verdict.planned != verdict.verdict)
    verdict.planned_how += "; the verdict is that of the reading";
  else if (verdict.verdict == Verdict::inconclusive && resolved)
    verdict.planned_how += "; the verdict is the plan's, the numbers in the table are the reading's";
}

}  // namespace

double reading_spread(const Sides& sides, Axis axis, double x) {
  double sum = 0;
  for (const Side* side : {&sides.baseline, &sides.experiment}) {
    const double m = progress_multiplier(x / stats::median(totals(*side, axis)));
    sum += m * m / 2;
  }
  return std::sqrt(sum);
}

std::vector<AxisVerdict> judge_axes(const Sides& sides, const Budgets& budgets, const SeedNoise& noise, double sesoi,
                                    const Pairing& pairing) {
  std::vector<AxisVerdict> out;
  std::string why;
  const bool failed = experiment_failed(sides, why);
  for (const Axis axis : kAxes) {
    AxisVerdict verdict = judge_axis(sides, axis, budgets, noise, sesoi, pairing);
    if (failed && (axis == Axis::step || !totals(sides.baseline, axis).empty())) {
      verdict.verdict = Verdict::failed;
      verdict.why = why;
      verdict.planned = Verdict::not_assessable;
      verdict.planned_how.clear();
      if (no_value_left(sides.experiment)) blank(sides, axis, verdict);
    }
    say_whose(verdict);
    out.push_back(std::move(verdict));
  }
  return out;
}

}  // namespace expanalyze
