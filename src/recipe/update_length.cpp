// R-eps and R-lr by group: updates that are not as long as the learning rate says.
#include <fmt/format.h>

#include <cmath>

#include "recipe/propose.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr std::string_view kEpsilon[] = {"eps",       "epsilon",       "adam_eps",         "adam_epsilon",
                                         "adamw_eps", "optimizer_eps", "optimizer_epsilon"};
constexpr double kOfDenominator = 0.01;  // F2: a hundredth of the 5 % quantile of sqrt(v)

std::optional<Path> propose_epsilon(const Situation& s) {
  const double from = slot(s, "eps"), quantile = slot(s, "denominator_q05_baseline");
  if (!(from > 0) || !(quantile > 0)) return std::nullopt;
  const double to = two_digits(kOfDenominator * quantile);
  if (!(to < from)) return std::nullopt;
  Path path = start_path(
      s, smaller_epsilon, fmt::format("lower epsilon from {} to {}", number(from), number(to)),
      fmt::format("a hundredth of {}, the 5 % quantile of what divides the baseline's updates; {} was {} of the "
                  "experiment's",
                  number(quantile, 3), number(from), percent(std::min(1.0, slot(s, "phi")), 2)),
      1);
  change_setting(s, path, kEpsilon, to);
  path.steps = {"lower it, keep the learning rate", "log the RMS of sqrt(v) and of the update",
                "stop if epsilon is above 5 % of sqrt(v) after 5 % of the run"};
  path.risk =
      "updates grow by the factor that epsilon took: a rate that was raised to make up for it is then too large";
  return path;
}

std::optional<Path> propose_free(const Situation& s) {
  const double phi = slot(s, "phi");
  if (!(phi > 0)) return std::nullopt;
  Path path = start_path(
      s, epsilon_free, "divide by sqrt(v) clipped from below by its own running mean, without epsilon",
      fmt::format("an absolute epsilon must be chosen for each scale of the gradient and was {} of the denominator; a "
                  "relative one is right at all scales",
                  percent(std::min(1.0, phi), 2)),
      0.8);
  path.steps = {"per tensor: denominator max(sqrt(v), 0.01 mean sqrt(v))",
                "log the RMS of the update: 0.2 to 0.4 learning rates", "compare at the end"};
  path.risk = "parameters that never get a gradient need an exception";
  return path;
}

std::optional<Path> propose_tiny(const Situation& s) {
  const double root = slot(s, "v_rms");
  if (!(root >= 0)) return std::nullopt;
  Path path = start_path(
      s, tiny_gradient_group, "give parameters with tiny gradients a group and an epsilon of their own",
      fmt::format("sqrt(v) is {} in the mean over the model, and it is the small ones below that epsilon stops first",
                  number(root, 2)),
      0.6);
  path.steps = {"log the RMS of sqrt(v) per tensor for 2 % of a run",
                "put those below ten epsilon into a group with epsilon / 1000", "leave the rest"};
  path.risk = "if all are below, it is the first path with more settings";
  return path;
}

std::optional<Path> propose_match(const Situation& s) {
  const double factor = slot(s, "update_factor"), from = peak_lr(experiment(s));
  if (!(factor > 0) || !(from > 0)) return std::nullopt;
  const double to = two_digits(from / factor);
  Path path = start_path(
      s, match_update_length,
      fmt::format("set the peak learning rate to {} instead of {}", number(to, 3), number(from, 3)),
      fmt::format("an update was {}x as long as the baseline's: {} / {} = {} makes the steps equal, and what is left "
                  "is the idea's",
                  number(factor, 3), number(from, 3), number(factor, 3), number(from / factor, 3)),
      1);
  change_setting(s, path, kLearningRate, to);
  path.steps = {"change the rate of the groups of that optimizer", "log the RMS of the update on both sides",
                "they must agree within a factor of 1.5 by 5 % of the run"};
  path.risk = "the best rate of another optimizer need not be the one with equal steps: sweep a factor of 2 around it";
  return path;
}

std::optional<Path> propose_rule(const Situation& s) {
  const double factor = slot(s, "update_factor");
  if (!(factor > 0)) return std::nullopt;
  Path path = start_path(
      s, scale_by_shape, "scale the update of an n x m matrix by 0.2 sqrt(max(n, m))",
      fmt::format(
          "orthogonalised, it has an RMS of 0.91 / sqrt(max(n, m)), and the factor makes it Adam's in every "
          "layer at once (Liu et al. 2025, arXiv:2502.16982); one rate cannot undo the {}x of layers with other "
          "shapes",
          number(factor, 3)),
      0.8);
  path.steps = {"apply the factor after the optimizer, before the rate", "use the baseline's rate",
                "log the RMS per group"};
  path.risk = "for optimizers that normalise otherwise, measure the RMS and divide by it";
  return path;
}

std::optional<Path> propose_groups(const Situation& s) {
  const double factor = slot(s, "update_factor");
  if (!(factor > 0)) return std::nullopt;
  Path path = start_path(
      s, new_rule_on_matrices, "use the new rule for hidden matrices only, the baseline's for all others",
      fmt::format("embeddings, head, norms and biases keep the steps they were tuned for, so a factor of {} cannot be "
                  "theirs",
                  number(factor, 3)),
      0.6);
  path.steps = {"split the parameter groups", "log the RMS of the update for each", "compare with the baseline"};
  path.risk = "if hidden matrices were the mismatch, the rate has to follow as well";
  return path;
}

}  // namespace

constinit const Move smaller_epsilon{"smaller_epsilon", "adam_epsilon_dominates", PathKind::hyperparameter,
                                     propose_epsilon, "Epsilon as a share of sqrt(v). Science handbook R-eps, E7."};
constinit const Move epsilon_free{"epsilon_free", "adam_epsilon_dominates", PathKind::mathematical, propose_free,
                                  "An epsilon that scales along. Science handbook R-eps."};
constinit const Move tiny_gradient_group{"tiny_gradient_group", "adam_epsilon_dominates", PathKind::architectural,
                                         propose_tiny,
                                         "Groups by the size of their gradients. Science handbook R-eps."};
constinit const Move match_update_length{"match_update_length", "update_scale_mismatch", PathKind::hyperparameter,
                                         propose_match,
                                         "Makes the steps of both sides equal. Science handbook R-lr+, R-lr-, E5."};
constinit const Move scale_by_shape{"scale_by_shape", "update_scale_mismatch", PathKind::mathematical, propose_rule,
                                    "Matches the RMS in every layer. Science handbook E5."};
constinit const Move new_rule_on_matrices{"new_rule_on_matrices", "update_scale_mismatch", PathKind::architectural,
                                          propose_groups,
                                          "The new rule where it belongs. Science handbook R-lr+, R-lr-."};

}  // namespace expanalyze
