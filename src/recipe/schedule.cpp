// R-sched and R-warm: the learning rate came down, or up, at the wrong time.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "recipe/propose.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr std::string_view kDecaySteps[] = {"decay_steps", "lr_decay_steps", "lr_decay_iters", "decay_iters",
                                            "T_max",       "t_max",          "cosine_steps",   "anneal_steps"};
constexpr std::string_view kBeta2[] = {"beta2", "adam_beta2", "betas2"};
constexpr double kCooldown = 0.2;       // share of the run (F2; Hagele et al. 2024, arXiv:2405.18392)
constexpr double kLongestWarmUp = 0.2;  // so that four fifths of a short run are left for the rate itself

std::optional<Path> propose_end(const Situation& s) {
  const double end = length(s), tail = slot(s, "dead_tail");
  if (!(end > 0)) return std::nullopt;
  const bool early = tail > 0.1;
  if (!early && !(slot(s, "lr_end_share") > 0.1)) return std::nullopt;
  Path path = start_path(
      s, schedule_to_end,
      early ? fmt::format("let the learning rate come down at step {}, the end of the run", number(end))
            : fmt::format("anneal the learning rate to 0 over the last {} steps", number(std::round(kCooldown * end))),
      early ? fmt::format("{} of the run had no learning rate to speak of: it came to rest about step {}, and {} steps "
                          "were planned",
                          percent(tail, 3), number(std::round((1 - tail) * end)), number(end))
            : fmt::format("it ended at {} of its peak, so the gain of annealing is still owed; a cooldown of {} of the "
                          "run suffices (Hagele et al. 2024, arXiv:2405.18392)",
                          percent(slot(s, "lr_end_share"), 2), percent(kCooldown, 2)),
      1);
  const auto configured = config_number(experiment(s), kDecaySteps);
  if (early && configured && *configured != end) change_setting(s, path, kDecaySteps, end);
  path.steps = {early ? fmt::format("set the length of the decay to {} steps", number(end))
                      : fmt::format("start a linear decay at step {}", number(std::round((1 - kCooldown) * end))),
                "log the learning rate", "its last value must be 0 to 1 % of the peak, and not sooner than the end"};
  path.risk = "before the decay the loss stands higher than the experiment's: judge at the end only";
  return path;
}

std::optional<Path> propose_stable(const Situation& s) {
  const double end = length(s), tail = slot(s, "dead_tail");
  if (!(end > 0) || !(tail > 0.1)) return std::nullopt;
  Path path = start_path(
      s, stable_then_decay,
      fmt::format("hold the peak until step {}, then decay linearly", number((1 - kCooldown) * end)),
      fmt::format("warm-up, stable, decay does not need to know its end beforehand: the {} of the run that was spent "
                  "without a rate becomes progress, and the decay starts when the budget is known",
                  percent(tail, 3)),
      1);
  path.steps = {"keep the warm-up, hold the peak",
                fmt::format("decay over the last {} of the steps", percent(kCooldown, 2)),
                "compare at the end of both schedules"};
  path.risk = "a long stretch at the peak needs a peak that is stable";
  return path;
}

std::optional<Path> propose_group_end(const Situation& s) {
  if (!(slot(s, "dead_tail") > 0.1) && !(slot(s, "lr_end_share") > 0.1)) return std::nullopt;
  Path path =
      start_path(s, cooldown_by_group, "branch a checkpoint: anneal embeddings and head apart from the hidden layers",
                 fmt::format("one decay served all groups and ended at {} of the peak; a branch from the checkpoint "
                             "before it costs only the cooldown and says which group was owed it",
                             percent(slot(s, "lr_end_share"), 2)),
                 0.5);
  path.flops_ratio = path.wall_ratio = 2 * kCooldown;
  path.steps = {"restart from the last checkpoint with a living rate", "anneal the hidden layers only, then all",
                "keep the one that ends lower"};
  path.risk = "needs a checkpoint from before the decay";
  return path;
}

std::optional<Path> propose_warm_up(const Situation& s) {
  const double own = slot(s, "warmup");
  const double least = theory_slot(s, "warmup_least");
  const double end = length(s);
  if (!(end > 0)) return std::nullopt;
  const double room = std::floor(kLongestWarmUp * end);
  const double to = std::isfinite(least) ? std::min(std::ceil(least - 1e-6), room) : room;
  if (!(to > own)) return std::nullopt;
  const auto beta2 = config_number(experiment(s), kBeta2);
  Path path = start_path(
      s, longer_warm_up, fmt::format("warm up over {} steps instead of {}", number(to), number(own)),
      fmt::format("2 / (1 - beta2) = {} steps{}{}", number(least, 4),
                  beta2 ? fmt::format(" for beta2 = {}", number(*beta2)) : " for the usual beta2 of 0.999",
                  to < least ? fmt::format(" is what the second moment wants; a fifth of this run, {}, is what it can "
                                           "spare",
                                           number(room))
                             : ""),
      1);
  change_setting(s, path, kWarmUp, to);
  path.steps = {fmt::format("raise the rate linearly over {} steps", number(to)),
                "log the gradient norm of these steps",
                "stop if the largest early gradient is more than half of the old one"};
  path.risk = "steps below the peak are slow steps: more than needed costs quality";
  return path;
}

std::optional<Path> propose_rectify(const Situation& s) {
  Path path = start_path(
      s, rectified_steps, "rectify the first steps by the variance of the second moment (RAdam)",
      fmt::format("warm-up of {} steps left the second moment to a few samples; the rectification is a warm-up whose "
                  "length follows from beta2 instead of from a guess (Liu et al. 2019, arXiv:1908.03265)",
                  number(slot(s, "warmup"))),
      0.9);
  path.steps = {"multiply the step by the rectification r_t, SGD with momentum while it is undefined",
                "log the RMS of the update: it must not exceed one learning rate", "compare at the end of the run"};
  path.risk = "cures the second moment, not a curvature that is high at the start";
  return path;
}

std::optional<Path> propose_zero_init(const Situation& s) {
  Path path = start_path(
      s, quiet_start, "start residual branches at zero and the head small",
      fmt::format(
          "in the first tenth the loss stood {} above the baseline's: a network that starts as the identity has "
          "no curvature there to warm up for (Bachlechner et al. 2020, arXiv:2003.04887)",
          percent(slot(s, "early_gap"), 2)),
      0.8);
  path.steps = {"multiply each residual branch by a learned gain that starts at 0",
                "divide the initial scale of the output layer by 10", "compare the first tenth with the experiment's"};
  path.risk = "needs residual branches; without them only the head remains";
  return path;
}

}  // namespace

constinit const Move schedule_to_end{"schedule_to_end", "schedule_mismatch", PathKind::hyperparameter, propose_end,
                                     "Ends the schedule with the run. Science handbook R-sched, E10."};
constinit const Move stable_then_decay{"stable_then_decay", "schedule_mismatch", PathKind::mathematical, propose_stable,
                                       "Makes the end of the schedule a choice. Science handbook R-sched, E10."};
constinit const Move cooldown_by_group{"cooldown_by_group", "schedule_mismatch", PathKind::architectural,
                                       propose_group_end, "Anneals groups apart. Science handbook R-sched."};
constinit const Move longer_warm_up{"longer_warm_up", "warmup_instability", PathKind::hyperparameter, propose_warm_up,
                                    "Warms up as long as the second moment needs. Science handbook R-warm."};
constinit const Move rectified_steps{"rectified_steps", "warmup_instability", PathKind::mathematical, propose_rectify,
                                     "Derives the warm-up from beta2. Science handbook R-warm."};
constinit const Move quiet_start{"quiet_start", "warmup_instability", PathKind::architectural, propose_zero_init,
                                 "Starts as the identity. Science handbook R-warm."};

}  // namespace expanalyze
