// R-finish and R-late: the end of the logs is not the end of the race, or the lead was gone before it. And R-sched: the
// rate that was meant.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "recipe/propose.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr double kSpent = 1.05;  // F2, R-late: a speed-up below this is none

std::optional<Path> propose_longer(const Situation& s) {
  const double end = s.review.final_quality.at_step, horizon = slot(s, "horizon"), crossing = slot(s, "crossing_step");
  const double p = slot(s, "overtaking");
  if (!(end > 0) || !(horizon > end) || !std::isfinite(p)) return std::nullopt;
  const double to = std::isfinite(crossing) ? std::min(horizon, std::ceil(1.2 * crossing)) : horizon;
  Path path = start_path(
      s, run_to_decision, fmt::format("plan both sides for {} steps", number(to)),
      fmt::format("the side behind overtakes with probability {} by step {}{}", number(p, 2), number(horizon),
                  std::isfinite(crossing)
                      ? fmt::format(", in the median at {}: a fifth beyond it decides", number(crossing, 4))
                      : ""),
      0);
  expect_answer(path, "order_open");
  path.flops_ratio = path.wall_ratio = 2 * to / end;
  path.steps = {fmt::format("schedules of both end at step {}, nothing else changes", number(to)),
                "one seed of each first, the second only if they are within the noise of seeds",
                fmt::format("stop at step {} if the gap has grown since {}", number(0.5 * (end + to)), number(end))};
  path.risk = "a resumed run with a new schedule is not one that was planned so";
  return path;
}

/// The step from which the speed-up is below 1.05.
double spent_at(const Situation& s) {
  for (const auto& curve : s.review.convergence.speedup) {
    if (curve.axis != Axis::step) continue;
    for (const auto& at : curve.levels)
      if (at.speedup.value < kSpent) return at.experiment;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

std::optional<Path> propose_switch_off(const Situation& s) {
  const double at = spent_at(s), early = slot(s, "speedup_early");
  if (!(at > 0) || !(early > 1)) return std::nullopt;
  const double step = two_digits(at);
  Path path = start_path(
      s, mechanism_until, fmt::format("use the mechanism until step {}, then the baseline's rule", number(step)),
      fmt::format("its speed-up of {}x at the start is below {} from step {} on: beyond it, it only costs",
                  number(early, 3), number(kSpent), number(at)),
      0.5);
  path.steps = {fmt::format("switch at step {}, keep optimizer state and schedule", number(step)),
                "log the loss across the switch: a jump is the switch's own",
                "compare at the end, in steps and in time"};
  path.risk = "the start may have been the schedule's doing, not the mechanism's";
  return path;
}

std::optional<Path> propose_shorter(const Situation& s) {
  const double early = slot(s, "speedup_early"), end = s.review.final_quality.at_step;
  const double at = spent_at(s);
  if (!(early > 1) || !(end > 0) || !(at > 0) || !(at < 0.8 * end)) return std::nullopt;
  const double to = two_digits(at);
  Path path = start_path(
      s, claim_short_budget,
      fmt::format("claim it for budgets up to {} steps, with a schedule that ends there", number(to)),
      fmt::format("it was {}x as fast early and the lead is gone by step {}; where the budget ends before, the lead is "
                  "the result",
                  number(early, 3), number(at)),
      0);
  expect_answer(path, "other_budget");
  path.flops_ratio = path.wall_ratio = to / end;
  path.steps = {fmt::format("both sides with schedules that end at step {}", number(to)), "three seeds each",
                "a lead that does not survive the annealing was none"};
  path.risk = "answers another question than the one that was asked";
  return path;
}

std::optional<Path> propose_configured(const Situation& s) {
  const double step = slot(s, "worst_step"), there = slot(s, "lr_configured"), was = slot(s, "lr_executed");
  if (!std::isfinite(step) || !std::isfinite(there)) return std::nullopt;
  Path path = start_path(s, execute_configured, "run the schedule that the config describes",
                         fmt::format("at step {} the rate was {} and is described as {}; {} of the records are off",
                                     number(step), number(was, 3), number(there, 3), percent(slot(s, "share_off"), 2)),
                         1);
  path.steps = {"step the scheduler through the whole run without training and write down its rates",
                fmt::format("assert {} at step {} within 1 %", number(there, 3), number(step)),
                "only then train, with the rate logged"};
  path.risk = "the executed schedule may have been the better one: keep its log";
  return path;
}

std::optional<Path> propose_saved_scheduler(const Situation& s) {
  const double at = slot(s, "restart_step");
  if (!(at > 0)) return std::nullopt;
  Path path = start_path(
      s, saved_scheduler, "save the scheduler with the optimizer, and load both",
      fmt::format("the rate starts anew at step {}: a scheduler that was built again counts from 0", number(at)), 0.8);
  path.steps = {"write the scheduler's step into the checkpoint",
                fmt::format("resume once at step {} and log ten rates", number(at)),
                "they must go on where the log stopped"};
  path.risk = "none for quality";
  return path;
}

}  // namespace

constinit const Move run_to_decision{"run_to_decision", "undertrained", PathKind::hyperparameter, propose_longer,
                                     "Runs both sides until the order is known. Science handbook R-finish, C6."};
constinit const Move mechanism_until{"mechanism_until", "early_gain_washes_out", PathKind::hyperparameter,
                                     propose_switch_off, "The mechanism while it pays. Science handbook R-late."};
constinit const Move claim_short_budget{"claim_short_budget", "early_gain_washes_out", PathKind::mathematical,
                                        propose_shorter,
                                        "States the gain for the budget that has it. Science handbook R-late."};
constinit const Move execute_configured{"execute_configured", "schedule_restart_or_lr_bug", PathKind::hyperparameter,
                                        propose_configured, "Runs what was meant. Science handbook R-sched."};
constinit const Move saved_scheduler{"saved_scheduler", "schedule_restart_or_lr_bug", PathKind::architectural,
                                     propose_saved_scheduler,
                                     "A scheduler that survives a resume. Science handbook R-ckpt."};

}  // namespace expanalyze
