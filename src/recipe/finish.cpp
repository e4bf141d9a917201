// R-finish: the run stopped before its plan.
#include <fmt/format.h>

#include <cmath>

#include "recipe/propose.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

std::optional<Path> propose_finish(const Situation& s) {
  const double planned = slot(s, "planned");
  const double last = slot(s, "last_step");
  if (!(planned > last)) return std::nullopt;
  Path path = start_path(
      s, finish_run, fmt::format("run the remaining {} of {} steps", number(planned - last), number(planned)),
      fmt::format("it stopped at step {}, {} of the plan; nothing in the logs says that it was losing there",
                  number(last), percent(slot(s, "share_run"), 3)),
      1);
  // What the rest is worth: the baseline's own fall from there to its end.
  const Series* metric = nullptr;
  for (const auto& series : baseline(s).series)
    if (series.logged_as == s.review.metric.name && series.labels.empty()) metric = &series;
  const Curve curve = metric ? finite(trajectory(baseline(s), *metric)) : Curve{};
  const double there = value_at(curve, s.review.final_quality.at_step);
  if (!curve.empty() && std::isfinite(there)) {
    const double fall = curve.value.back() - there;
    path.difference = {
        fall, std::min(0.5 * fall, 1.5 * fall), std::max(0.5 * fall, 1.5 * fall), 0.8, 1, {"baseline_fall"}};
    path.why += fmt::format("; from there to its end the baseline moved by {}", signed_number(fall, 3));
  }
  path.flops_ratio = path.wall_ratio = planned / std::max(1.0, last);
  path.steps = {"resume from the last checkpoint with optimizer, data order and random state, or start again",
                fmt::format("compare at step {} with what the log has: the difference is the resume's", number(last)),
                "then judge the end"};
  path.risk = "a resume without optimizer state is another experiment";
  return path;
}

std::optional<Path> propose_forecast(const Situation& s) {
  const double last = slot(s, "last_step");
  Path path = start_path(
      s, forecast_run, fmt::format("judge at step {} now, with a baseline planned to end there", number(last)),
      fmt::format("both are compared at step {} of a schedule meant for {}; a baseline whose schedule ends at {} costs "
                  "{} of a run and is a fair "
                  "opponent for a shortened experiment",
                  number(last), number(slot(s, "planned")), number(last), percent(slot(s, "share_run"), 2)),
      0);
  path.flops_ratio = path.wall_ratio = 1;
  path.steps = {fmt::format("rerun both sides with the schedule compressed to {} steps", number(last)),
                "two seeds each", "only then decide on the long run"};
  path.risk = "rankings can change between short and long schedules";
  return path;
}

std::optional<Path> propose_checkpoint(const Situation& s) {
  Path path =
      start_path(s, checkpoint_run, "save what a resume needs, so that a stop costs minutes",
                 fmt::format("a stop at {} of the plan cost the rest of the run", percent(slot(s, "share_run"), 3)), 0);
  path.steps = {"save weights, optimizer state, random state and the sampler's position every 2 % of the steps",
                "write the reason of the exit into the log",
                "test the resume once: 50 steps before and after must lie on one curve"};
  path.risk = "none for quality; some disk";
  return path;
}

}  // namespace

constinit const Move finish_run{"finish_run", "truncated_run", PathKind::hyperparameter, propose_finish,
                                "Runs the plan to its end. Science handbook R-finish."};
constinit const Move forecast_run{"shortened_schedule", "truncated_run", PathKind::mathematical, propose_forecast,
                                  "Compares shortened schedules instead of an interrupted one. Science handbook B6.1."};
constinit const Move checkpoint_run{"checkpoint_run", "truncated_run", PathKind::architectural, propose_checkpoint,
                                    "Makes the next stop harmless. Science handbook R-ckpt."};

}  // namespace expanalyze
