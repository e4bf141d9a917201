// R-lr−: the step was too large.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "recipe/propose.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

/// η / ρ with ρ = R_g^0.8 (D0.7). A run that was destroyed has no R_g: between the rate that trained and the one that
/// did not, a quarter of the way in logs, at most three times the rate that trained.
struct Lower {
  double from, to;
  std::string why;
};

std::optional<Lower> lower(const Situation& s) {
  const double from = peak_lr(experiment(s));
  const double base = peak_lr(baseline(s));
  const double r_gain = slot(s, "r_gain");
  if (!(from > 0)) return std::nullopt;
  const double rho = slot(s, "rho");
  // D0.7 reads at most a factor of 8 from a decay: a rate that far above one that trained is found from that one.
  const bool out_of_reach = base > 0 && from > 10 * base && from / rho > 3 * base;
  if (r_gain > 1.2 && !out_of_reach) {
    return Lower{
        from, two_digits(from / rho),
        fmt::format("the decay gained {}x what it gained the baseline, so the rate was about R_g^0.8 = {}x too large "
                    "(handbook D0.7, good "
                    "to a factor of e^0.5): {} / {} = {}",
                    number(r_gain, 3), number(rho, 3), number(from, 3), number(rho, 3), number(from / rho, 3))};
  }
  if (base > 0 && from > 1.2 * base) {
    const double factor =
        std::isfinite(rho) && !out_of_reach ? from / base / rho : std::min(3.0, std::pow(from / base, 0.25));
    return Lower{
        from, two_digits(base * factor),
        fmt::format("{} trained and {} did not; a quarter of the way between them in logs (at most 3x) is {} x {} = {}",
                    number(base, 3), number(from, 3), number(base, 3), number(factor, 3), number(base * factor, 3))};
  }
  return std::nullopt;
}

std::optional<Path> propose_lower(const Situation& s) {
  const auto plan = lower(s);
  if (!plan) return std::nullopt;
  Path path = start_path(s, lower_peak_lr,
                         fmt::format("lower the peak learning rate from {} to {} ({}x)", number(plan->from, 3),
                                     number(plan->to, 3), number(plan->to / plan->from, 2)),
                         plan->why, 1);
  change_setting(s, path, kLearningRate, plan->to);
  path.steps = {fmt::format("set the peak learning rate to {} and keep the schedule's shape", number(plan->to, 3)),
                fmt::format("run one seed to step {} and apply the kill criterion", number(path.kill.step)),
                "if it survives, finish it and compare the gain of the decay with the baseline's: above 1.3x it is "
                "still too large"};
  path.risk = "if the loss was high for another reason, a smaller step only makes it slower";
  return path;
}

std::optional<Path> propose_curvature(const Situation& s) {
  const double from = peak_lr(experiment(s));
  if (!(from > 0)) return std::nullopt;
  Path path =
      start_path(s, curvature_scaled_lr,
                 fmt::format("cap the learning rate by measured curvature instead of a constant {}", number(from, 3)),
                 fmt::format("stability needs eta x sharpness < 2 for SGD and < 38 for Adam with beta1 = 0.9 (Cohen et "
                             "al. 2021, 2022); with a "
                             "constant {} nothing enforces it. eta_t = min({}, 0.9 x limit / lambda_t) does",
                             number(from, 3), number(from, 3)),
                 1);
  path.wall_ratio = 1.03;  // three Hessian-vector products of about two gradients each, every 200 steps
  path.steps = {"estimate the largest (preconditioned) Hessian eigenvalue by three power iterations every 200 steps",
                fmt::format("set eta_t to the smaller of {} and 0.9 x limit / eigenvalue", number(from, 3)),
                "log eta_t: if the cap never acts, curvature was not the reason"};
  path.risk = "the estimate is a lower bound of the eigenvalue, so the cap acts a little late";
  return path;
}

std::optional<Path> propose_group(const Situation& s) {
  const auto plan = lower(s);
  const Series* ratio = find(experiment(s), Role::update_ratio);
  if (!plan) return std::nullopt;
  Path path = start_path(
      s, lower_lr_of_loudest_group,
      fmt::format("use {} only for the layers whose update is more than twice the median", number(plan->to, 3)),
      ratio ? fmt::format(
                  "{} is logged for the whole model only; one loud layer is enough to bound the stable rate of all",
                  code_span(ratio->logged_as))
            : "one loud layer is enough to bound the stable rate of all, and the logs do not say which it is",
      0.8);
  path.steps = {"log the ratio of update norm to weight norm for every parameter group for 5 % of a run",
                fmt::format("give the groups above twice the median the rate {}, leave the rest at {}",
                            number(plan->to, 3), number(plan->from, 3)),
                "if no group stands out, take the first path"};
  path.risk = "if all layers are equally loud this is the first path with more settings";
  return path;
}

}  // namespace

constinit const Move lower_peak_lr{
    "lower_peak_lr", "lr_too_high", PathKind::hyperparameter, propose_lower,
    "Divides the peak learning rate by how much too large it was. Science handbook R-lr-, D0.7."};
constinit const Move curvature_scaled_lr{"curvature_scaled_lr", "lr_too_high", PathKind::mathematical,
                                         propose_curvature,
                                         "Caps the learning rate by measured sharpness. Science handbook R-lr-, E8."};
constinit const Move lower_lr_of_loudest_group{
    "lower_lr_of_loudest_group", "lr_too_high", PathKind::architectural, propose_group,
    "Lowers the rate only where updates are large against the weights. Science handbook R-lr-."};

}  // namespace expanalyze
