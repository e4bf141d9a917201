// R-wake and R-proxy: the mechanism's trigger was dead, or steered by the wrong statistic.
#include <fmt/format.h>

#include <cmath>

#include "recipe/propose.hpp"
#include "stats/descriptive.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr std::string_view kTolerance[] = {"ns_eps",    "eps_stop",  "stop_eps", "tol",
                                           "tolerance", "threshold", "halt_eps"};

/// The tolerance that makes the rule live, from the theory's derivation with this run's numbers.
std::optional<Path> propose_loosen(const Situation& s) {
  const double live = theory_slot(s, "eps_live");
  const auto configured = config_number(experiment(s), kTolerance);
  const double from = configured.value_or(theory_slot(s, "eps"));
  if (!(live > 0) || from == live) return std::nullopt;
  const bool known = from > 0;
  Path path = start_path(
      s, loosen_trigger,
      known ? fmt::format("{} the tolerance from {} to {} ({}x)", live > from ? "loosen" : "tighten", number(from, 3),
                          number(live, 3), number(live / from, 3))
            : fmt::format("set the tolerance to {}", number(live, 3)),
      fmt::format("{} = 1.1 x the top of the residual's floor ({} to {}), the smallest tolerance that the iteration "
                  "can meet for a spread "
                  "spectrum (derivation in step 3)",
                  number(live, 3), number(theory_slot(s, "floor_low"), 2), number(theory_slot(s, "floor_high"), 2)),
      1);
  change_setting(s, path, kTolerance, live);
  if (!known || live > from)
    path.kill = {s.review.metric.name, std::floor(0.05 * std::max(20.0, s.review.final_quality.at_step)),
                 "the step count of the mechanism still sits at its cap in every record"};
  path.steps = {fmt::format("set the tolerance to {} on the unsigned residual |I - XX'|_F / sqrt(n)", number(live, 3)),
                "log the step count and the residual every step",
                "the count must take at least two values within 5 % of the run"};
  const double count = theory_slot(s, "avg_steps"), needed = theory_slot(s, "ns_steps_needed");
  path.risk = !known || live > from
                  ? "a live rule saves iterations, it does not lower the loss: compare time, not only quality"
              : needed > count && count > 0
                  ? fmt::format("{} iterations instead of {} cost time: compare at equal time as well",
                                number(needed, 3), number(count, 3))
                  : "more iterations cost time: compare at equal time as well";
  return path;
}

/// These two speak of spectra: only where step 3 derived one.
bool orthogonalises(const Situation& s) {
  return std::isfinite(theory_slot(s, "floor_low")) || std::isfinite(theory_slot(s, "intrinsic_dimension"));
}

std::optional<Path> propose_replace(const Situation& s) {
  if (!orthogonalises(s)) return std::nullopt;
  const double d = theory_slot(s, "intrinsic_dimension");
  const std::string why = d > 0 ? fmt::format(
                                      "the trace is d = {} times the spectral norm here, and it moves with the noise "
                                      "of all directions; Gershgorin's bound or three "
                                      "power iterations follow the largest one (derivation in step 3)",
                                      number(d, 3))
                                : "a signed trace cancels and a norm of all directions is ruled by its tail; the 90 % "
                                  "quantile of the singular values in the band is the "
                                  "quantity that the update needs (handbook E3.4, E4)";
  Path path = start_path(s, replace_trigger,
                         d > 0 ? "decide by Gershgorin's bound (or power iteration) instead of the trace"
                               : "decide by the share of singular values in the band instead of a norm of the residual",
                         why, 0.9);
  path.steps = {"compute the new statistic beside the old one for 5 % of a run, decide by the old one",
                "compare when each would have acted", "then switch the decision over and rerun"};
  path.risk = "a better trigger cannot help where the mechanism has nothing to gain: look at the ceiling first";
  return path;
}

std::optional<Path> propose_where(const Situation& s) {
  if (!orthogonalises(s)) return std::nullopt;
  Path path = start_path(
      s, trigger_where_it_varies, "apply the mechanism only to the matrices whose trigger statistic varies",
      fmt::format(
          "one average over all matrices is logged ({}); matrices that need all steps hide those that would stop early",
          s.finding && std::isfinite(slot(s, "pinned_at")) ? "it stood at " + number(slot(s, "pinned_at"))
                                                           : "its spread is not"),
      0.6);
  path.steps = {"log the mechanism's count and trigger per matrix for 5 % of a run",
                "keep it where the count takes more than one value, fix it elsewhere",
                "largest matrices first: they pay for the bookkeeping"};
  path.risk = "if no matrix varies, drop the mechanism";
  return path;
}

/// A clip that never acts: its threshold belongs at the 90 % quantile of the norm (R-clip).
std::optional<Path> propose_reach(const Situation& s) {
  const auto own = config_number(experiment(s), kClip);
  const Curve norm = finite(trajectory(experiment(s), Role::grad_norm));
  if (!own || norm.size() < 20) return std::nullopt;
  const double to = two_digits(stats::quantile(norm.value, 0.9));
  if (!(to > 0) || !(to < *own)) return std::nullopt;
  Path path = start_path(
      s, reach_trigger, fmt::format("lower the clip threshold from {} to {}", number(*own), number(to)),
      fmt::format(
          "the gradient norm never came near {}; {} is the 90 % quantile of its {} records, so that one step in "
          "ten is clipped",
          number(*own), number(to), norm.size()),
      1);
  change_setting(s, path, kClip, to);
  path.kill = {s.review.metric.name, std::floor(0.05 * std::max(20.0, s.review.final_quality.at_step)),
               "the clip has not acted once"};
  path.steps = {fmt::format("set the threshold to {}", number(to)), "log the share of clipped steps: about a tenth",
                "only then ask whether clipping helps"};
  path.risk = "there may be nothing to clip: a run without spikes gains nothing";
  return path;
}

/// F1.5: the advice to stop is allowed.
std::optional<Path> propose_drop(const Situation& s) {
  const double slower = s.review.wall.ratio.value;
  if (s.review.wall.ratio.high < 0.98) return std::nullopt;  // it won time
  Path path = start_path(
      s, drop_mechanism, "drop the change unless its trigger can be reached",
      fmt::format("{}{}; as it ran, it can win nothing",
                  s.review.pairing.identical ? std::string("the losses are the baseline's digit for digit")
                  : std::isfinite(slot(s, "pinned_at"))
                      ? fmt::format("its signal stood at {} in every record", number(slot(s, "pinned_at")))
                      : std::string("the curves are the baseline's"),
                  slower > 1.02 ? fmt::format(", at {}x the time per step", number(slower, 3)) : std::string{}),
      0);
  path.flops_ratio = path.wall_ratio = 0;
  path.kill = {s.review.metric.name, 0, "a test of one step shows that the new code runs and changes an update"};
  path.steps = {"one step from one checkpoint on both sides: do the updates differ in any digit?",
                "if not, look for the switch, the import or the config key that was not read",
                "if they do, the trigger was out of reach: log it beside its threshold"};
  path.risk = "an idea that was never run is not refuted";
  return path;
}

}  // namespace

constinit const Move reach_trigger{"reach_trigger", "inert_mechanism", PathKind::hyperparameter, propose_reach,
                                   "Puts a threshold where it acts. Science handbook R-wake, R-clip."};
constinit const Move drop_mechanism{"drop_mechanism", "inert_mechanism", PathKind::measurement, propose_drop,
                                    "Stops what did nothing. Science handbook F1.5."};
constinit const Move loosen_trigger{"loosen_trigger", "mechanism_saturated", PathKind::hyperparameter, propose_loosen,
                                    "Moves the tolerance into its live interval. Science handbook R-wake, E4, E15b."};
constinit const Move replace_trigger{
    "replace_trigger", "mechanism_saturated", PathKind::mathematical, propose_replace,
    "Decides by a statistic that follows its target. Science handbook R-wake, R-proxy, E3.3."};
constinit const Move trigger_where_it_varies{
    "trigger_where_it_varies", "mechanism_saturated", PathKind::architectural, propose_where,
    "Keeps the mechanism where it has something to decide. Science handbook R-wake."};

}  // namespace expanalyze
