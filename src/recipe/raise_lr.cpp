// R-lr+: the step was too small.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "recipe/propose.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

struct Raise {
  double from, to, factor;
  std::string why;
};

/// η × R_κ, at most 4 (F2); where the log shows that the rate itself was cut, most of the way back in logs.
std::optional<Raise> raise(const Situation& s) {
  const double from = peak_lr(experiment(s));
  const double base = peak_lr(baseline(s));
  if (!(from > 0)) return std::nullopt;
  if (base > 1.2 * from) {
    const double factor = std::pow(base / from, 0.9);
    return Raise{from, two_digits(from * factor), factor,
                 fmt::format("{} was too small and {} is known to train; nine tenths of the way back in logs is {}",
                             number(from, 3), number(base, 3), number(from * factor, 3))};
  }
  const double updates = slot(s, "update_ratio_factor");
  const double r_kappa = 1 / slot(s, "rho");
  double factor = std::clamp(r_kappa, 1.0, 4.0);
  std::string why = fmt::format(
      "before annealing the loss fell {}x as fast as the baseline's, so the rate was about that much too small "
      "(handbook D0.7), within 1 to 4",
      number(r_kappa, 3));
  if (updates > 0 && updates < 0.5) {
    factor = std::min(1 / updates, 10.0);
    why =
        fmt::format("an update moved the weights {}x as far as in the baseline; the inverse, within 10, restores that",
                    number(updates, 3));
  }
  if (!(factor > 1.1)) return std::nullopt;
  return Raise{from, two_digits(from * factor), factor, why};
}

std::optional<Path> propose_raise(const Situation& s) {
  const auto plan = raise(s);
  if (!plan) return std::nullopt;
  Path path = start_path(s, raise_peak_lr,
                         fmt::format("raise the peak learning rate from {} to {} ({}x)", number(plan->from, 3),
                                     number(plan->to, 3), number(plan->factor, 2)),
                         plan->why, 1);
  change_setting(s, path, kLearningRate, plan->to);
  path.steps = {
      fmt::format("set the peak learning rate to {}; lengthen the warm-up by the same factor if it is shorter than 2 % "
                  "of the run",
                  number(plan->to, 3)),
      fmt::format("run one seed to step {}", number(path.kill.step)),
      "at 10 % of the run the loss must be lower than the experiment's by more than the noise of seeds there"};
  path.risk = "if something else shortened the updates, that remains and the larger rate hides it";
  return path;
}

std::optional<Path> propose_area(const Situation& s) {
  const Curve lr = finite(trajectory(experiment(s), Role::lr));
  if (lr.size() < 10) return std::nullopt;
  double area = 0;
  for (const double v : lr.value) area += v;
  area /= static_cast<double>(lr.size()) * *std::max_element(lr.value.begin(), lr.value.end());
  if (area > 0.85) return std::nullopt;
  Path path = start_path(
      s, more_area_schedule,
      fmt::format("keep the rate at its peak until 80 % of the run, then decay: {}x the area", number(0.9 / area, 3)),
      fmt::format("the logged schedule spends {} of the area that a constant rate would; before annealing the loss "
                  "falls with the sum "
                  "of the rates (handbook E10), and warm-up, stable, linear decay reaches 90 %",
                  percent(area, 3)),
      std::clamp(1 - area, 0.1, 0.9));
  path.steps = {"warm up as now, hold the peak rate until 80 % of the steps, decay linearly to 0",
                "compare with the same peak: the gain, if any, is the area's",
                "fit the schedule-aware law to both and compare with its prediction"};
  path.risk = "a higher average rate needs a stable peak: watch the gradient norm";
  return path;
}

std::optional<Path> propose_quiet_group(const Situation& s) {
  const auto plan = raise(s);
  const auto layers = find_all(experiment(s), Role::layer_grad_norm);
  if (!plan || layers.size() < 2) return std::nullopt;
  double low = std::numeric_limits<double>::infinity();
  const Series* quiet = nullptr;
  for (const Series* series : layers) {
    const Curve curve = finite(trajectory(experiment(s), *series));
    if (!curve.empty() && curve.value.back() < low) {
      low = curve.value.back();
      quiet = series;
    }
  }
  if (!quiet) return std::nullopt;
  Path path = start_path(s, raise_lr_of_quiet_group,
                         fmt::format("raise the rate to {} only for the layers behind {}", number(plan->to, 3),
                                     code_span(quiet->logged_as)),
                         fmt::format("{} ends at {}, the smallest gradient of the {} that are logged",
                                     code_span(quiet->logged_as), number(low, 3), layers.size()),
                         0.6);
  path.steps = {"put these layers into a parameter group of their own",
                fmt::format("train that group at {}", number(plan->to, 3)), "log the update ratio of both groups"};
  path.risk = "with an optimizer that normalises gradients a small gradient is no small update";
  return path;
}

}  // namespace

constinit const Move raise_peak_lr{
    "raise_peak_lr", "lr_too_low", PathKind::hyperparameter, propose_raise,
    "Multiplies the peak learning rate by how much too small it was. Science handbook R-lr+, D0.7."};
constinit const Move more_area_schedule{"more_area_schedule", "lr_too_low", PathKind::mathematical, propose_area,
                                        "Spends more of the run at the peak rate. Science handbook R-lr+, E10."};
constinit const Move raise_lr_of_quiet_group{
    "raise_lr_of_quiet_group", "lr_too_low", PathKind::architectural, propose_quiet_group,
    "Raises the rate only of the layers with small gradients. Science handbook R-lr+."};

}  // namespace expanalyze
