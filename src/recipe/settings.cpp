// Answers to any diagnosis whose cause can only lie in what was changed: move the setting, restore it, or push it
// further.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnosis/levels.hpp"
#include "recipe/propose.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

bool decays_toward_one(std::string_view key) {
  return key.find("beta") != std::string_view::npos || key.find("momentum") != std::string_view::npos ||
         key.find("decay_rate") != std::string_view::npos;
}

bool whole(double v) { return v == std::floor(v); }

/// `share` of the way from the experiment's value to the baseline's: in logs where both are positive, in logs of 1 − x
/// for momenta.
double toward(std::string_view key, double from, double to, double share) {
  double out = from + share * (to - from);
  if (decays_toward_one(key) && from < 1 && to < 1 && from >= 0 && to >= 0)
    out = 1 - std::exp((1 - share) * std::log(1 - from) + share * std::log(1 - to));
  else if (from > 0 && to > 0)
    out = std::exp((1 - share) * std::log(from) + share * std::log(to));
  if (whole(from) && whole(to) && from >= 1 && to >= 1) return between_counts(from, to, out);
  return decays_toward_one(key) ? std::round(out * 1e4) / 1e4 : two_digits(out);
}

std::vector<const ConfigDifference*> differences(const Situation& s, bool numeric) {
  std::vector<const ConfigDifference*> out;
  for (const auto& d : s.review.config_diff) {
    if (d.cls == ConfigDifference::Class::benign) continue;
    const bool numbers = std::holds_alternative<double>(d.baseline) && std::holds_alternative<double>(d.experiment);
    if (numbers == numeric) out.push_back(&d);
  }
  return out;
}

}  // namespace

std::string only_changed_number(const Situation& s) {
  const ConfigDifference* only = sole_difference(s.review);
  return only && std::holds_alternative<double>(only->baseline) && std::holds_alternative<double>(only->experiment)
             ? only->key
             : std::string{};
}

namespace {

std::optional<Path> propose_toward(const Situation& s) {
  const auto changed = differences(s, true);
  if (changed.empty() || changed.size() > 4) return std::nullopt;
  constexpr double kShare = 0.75;
  // One number that differs from a run that works is the cause but for what no config holds; 0.9 leaves that a tenth.
  const bool alone = !only_changed_number(s).empty();
  Path path = start_path(s, toward_baseline, {}, {}, kShare, alone ? 0.9 : 0);
  std::vector<std::string> said;
  for (const auto* d : changed) {
    const double from = std::get<double>(d->experiment);
    const double to = std::get<double>(d->baseline);
    const double next = toward(d->key, from, to, kShare);
    if (next == from) continue;
    change_setting(s, path, d->key, ConfigValue{next});
    said.push_back(fmt::format("{} from {} to {} (baseline: {})", code_span(d->key), number(from, 4), number(next, 4),
                               number(to, 4)));
  }
  if (said.empty()) return std::nullopt;
  path.title = fmt::format("take back three quarters of the change: {}", join(said, ", "));
  path.why = alone ? fmt::format(
                         "{} is all that differs from a run that works, so the loss hangs on it whatever carries "
                         "it there; three quarters of the way back (in logs) win "
                         "most of the loss and still test the idea",
                         code_span(changed.front()->key))
                   : "the diagnosis gives a direction but no number, so the step is three quarters of the way back (in "
                     "logs): far enough to win most of the loss back, and still a test of the idea at a milder dose";
  path.steps = {"run one seed with the milder value", fmt::format("look at step {}", number(path.kill.step)),
                "if it equals the baseline there, go on: the idea may help at this dose"};
  path.risk = "a cause that is not in this setting remains";
  return path;
}

std::optional<Path> propose_restore(const Situation& s) {
  const auto changed = differences(s, false);
  if (changed.empty()) return std::nullopt;
  Path path = start_path(s, restore_setting, {}, {}, 1);
  std::vector<std::string> said;
  for (const auto* d : changed) {
    if (std::holds_alternative<std::monostate>(d->experiment) || std::holds_alternative<std::monostate>(d->baseline))
      continue;
    path.changes[d->key] = d->baseline;
    said.push_back(fmt::format("{} back to {}", code_span(d->key), code_span(to_text(d->baseline))));
  }
  if (said.empty()) return std::nullopt;
  path.is_revert = true;
  path.title = "restore " + join(said, ", ");
  path.why = "these settings have no half-way value; restoring them one by one says which of them carries the loss";
  path.steps = {"restore all of them and confirm the baseline's curve", "then change one at a time",
                "keep the one whose absence costs nothing"};
  path.risk = "this is the baseline again: it explains, it does not improve";
  return path;
}

std::optional<Path> propose_ablation(const Situation& s) {
  std::vector<std::string> names;
  for (const auto& d : s.review.config_diff)
    if (d.cls != ConfigDifference::Class::benign) names.push_back(code_span(d.key));
  if (names.size() < 2) return std::nullopt;
  Path path =
      start_path(s, ablate, fmt::format("separate the {} changes: {}", names.size(), join(names, ", ")),
                 fmt::format("{} settings changed at once, so the difference of {} cannot be given to one of them",
                             names.size(), signed_number(s.review.final_quality.difference.value, 3)),
                 0);
  expect_answer(path);
  path.kill = {s.review.metric.name, path.kill.step,
               "no part of the changes carries the difference: they act together"};
  const auto n = static_cast<double>(names.size());
  if (names.size() > 4) {
    // Halving finds one cause among n in log2(n) runs.
    const double runs = std::ceil(std::log2(n));
    path.title = fmt::format("find the setting that matters among {} by halving", names.size());
    path.flops_ratio = path.wall_ratio = runs;
    path.steps = {fmt::format("take back the second half of the list: {}",
                              join({names.begin() + static_cast<std::ptrdiff_t>(names.size() / 2), names.end()}, ", ")),
                  "go on with the half that holds the difference", fmt::format("{} runs at most", number(runs))};
    path.risk = "two settings that act only together hide from halving";
    return path;
  }
  path.flops_ratio = path.wall_ratio = n;
  path.steps = {"run the experiment once for each change, with only that one taken back",
                "compare each with both sides", "if no single one explains the difference, two of them interact"};
  path.risk = "costs as many runs as there are changes";
  return path;
}

/// A change that helped: a quarter of the same step further, in logs.
std::optional<Path> propose_further(const Situation& s) {
  // Of several changes none can be given the gain, and a longer run is no setting to be tuned.
  if (only_changed_number(s).empty()) return std::nullopt;
  const auto* d = sole_difference(s.review);
  if (names_length(d->key)) return std::nullopt;
  const double from = std::get<double>(d->experiment), base = std::get<double>(d->baseline);
  double next = toward(d->key, from, base, -0.25);
  if (from >= 0 && base >= 0 && next < 0) next = 0;
  if (next == from) return std::nullopt;
  Path path =
      start_path(s, push_further,
                 fmt::format("go a quarter of the step further: {} from {} to {}", code_span(d->key),
                             number(std::get<double>(d->experiment)), number(next)),
                 fmt::format("from {} to {} the metric gained {}; where the gain ends is not known from two points",
                             number(std::get<double>(d->baseline)), number(std::get<double>(d->experiment)),
                             number(std::abs(s.review.final_quality.difference.value), 3)),
                 0);
  change_setting(s, path, d->key, ConfigValue{next});
  const double gain = 0.25 * s.review.final_quality.difference.value;
  path.difference = {0.3 * gain, std::min(gain, -gain), std::max(gain, -gain), 0.8, 0, {"extrapolated"}};
  path.steps = {"run two seeds",
                "if it is worse, the optimum lies between the two: fit a parabola in logs through the three points"};
  path.risk = "the optimum may already be passed";
  return path;
}

}  // namespace

constinit const Move toward_baseline{"toward_baseline", "", PathKind::hyperparameter, propose_toward,
                                     "Takes back three quarters of the numeric changes. Science handbook F1."};
constinit const Move restore_setting{"restore_setting", "", PathKind::architectural, propose_restore,
                                     "Restores settings that have no half-way value. Science handbook R-ablate."};
constinit const Move ablate{"ablate", "confounded_config", PathKind::measurement, propose_ablation,
                            "Takes changes back one by one. Science handbook R-ablate."};
constinit const Move push_further{"push_further", "genuine_improvement", PathKind::hyperparameter, propose_further,
                                  "Follows a change that helped. Science handbook F1."};

}  // namespace expanalyze
