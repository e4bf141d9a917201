// Momentum and the second moment's memory: lr / (1 - beta) left where it was tuned; beta2 too short or too long.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "recipe/propose.hpp"
#include "stats/descriptive.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr std::string_view kMomentum[] = {"momentum", "beta1", "adam_beta1", "beta_1", "mu"};
constexpr std::string_view kBeta2[] = {"beta2", "adam_beta2", "beta_2"};

double three_digits(double beta) { return std::round(beta * 1e3) / 1e3; }

/// Three quarters of the way back in logs of 1 - beta, at the rate that keeps the baseline's lr / (1 - beta).
std::optional<Path> propose_momentum(const Situation& s) {
  const auto own = config_number(experiment(s), kMomentum), base = config_number(baseline(s), kMomentum);
  const double base_lr = peak_lr(baseline(s));
  if (!own || !base || *own >= 1 || *base >= 1 || *own == *base || !(base_lr > 0)) return std::nullopt;
  const double beta = three_digits(1 - std::exp(0.25 * std::log(1 - *own) + 0.75 * std::log(1 - *base)));
  const double lr = two_digits(base_lr * (1 - beta) / (1 - *base));
  Path path = start_path(
      s, momentum_and_rate, fmt::format("momentum {} at a peak rate of {}", number(beta, 3), number(lr, 2)),
      fmt::format(
          "three quarters of the way from {} to {} in logs of 1 - beta, with the rate that keeps the baseline's "
          "step lr / (1 - beta) = {} / {} = {}",
          number(*own), number(*base), number(base_lr, 3), number(1 - *base, 2), number(base_lr / (1 - *base), 3)),
      0.9);
  change_setting(s, path, kMomentum, beta);
  change_setting(s, path, kLearningRate, lr);
  path.steps = {"set both: one without the other changes the effective step",
                "log the length of the update against lr x gradient", "it must lie within 1.3x of the baseline's"};
  path.risk = "the equal step holds for gradients that agree from step to step";
  return path;
}

/// The momentum stays; the rate makes up for it (the rule of step 3).
std::optional<Path> propose_rate(const Situation& s) {
  const double factor = slot(s, "step_factor");
  const double lr = peak_lr(experiment(s));
  if (!(factor > 0) || factor == 1 || !(lr > 0)) return std::nullopt;
  const double to = two_digits(lr / factor);
  Path path = start_path(s, rate_for_momentum,
                         fmt::format("keep the momentum of {}, move the rate from {} to {}",
                                     number(slot(s, "momentum")), number(lr, 3), number(to, 2)),
                         fmt::format("the change multiplied lr / (1 - beta) by {}; {} / {} = {} puts it back",
                                     number(factor, 3), number(lr, 3), number(factor, 3), number(to, 2)),
                         0.9);
  change_setting(s, path, kLearningRate, to);
  path.steps = {fmt::format("set the peak learning rate to {}", number(to, 2)), "log the gradient norm",
                "if it is stable there, momentum itself was not what helped"};
  path.risk = "without averaging over steps the same length is noisier: watch the first tenth";
  return path;
}

std::optional<Path> propose_per_layer(const Situation& s) {
  const double e = slot(s, "amplification"), b = slot(s, "amplification_baseline");
  if (!(e > 0) || !(b > 0)) return std::nullopt;
  Path path = start_path(
      s, momentum_where_it_acts, "change the momentum of one group at a time",
      fmt::format("updates are {}x lr x gradient against {}x; constant gradients gain 1 / (1 - beta) from momentum, "
                  "noise only 1 / sqrt(1 - beta^2), and layers differ in which they have",
                  number(e, 3), number(b, 3)),
      0.5);
  path.steps = {"log |update| / (lr |gradient|) for every layer over 5 % of a run",
                "restore the momentum only where it is above twice the median", "compare with both sides"};
  path.risk = "if all layers are alike take the first path";
  return path;
}

/// Steps in which the gradient norm changes e-fold, from the line through ln of its medians over ten windows.
double e_fold(const Situation& s) {
  const Curve norm = finite(trajectory(experiment(s), Role::grad_norm));
  if (norm.size() < 40) return std::numeric_limits<double>::quiet_NaN();
  const std::size_t n = norm.size() / 10;
  double most = 0;
  double before = 0;
  for (std::size_t k = 0; k < 10; ++k) {
    const double now = std::log(stats::median(std::span(norm.value).subspan(k * n, n)));
    if (k > 0 && std::isfinite(now) && std::isfinite(before))
      most = std::max(most, std::abs(now - before) / (norm.step[k * n] - norm.step[(k - 1) * n]));
    before = now;
  }
  return most > 0 ? 1 / most : std::numeric_limits<double>::quiet_NaN();
}

std::optional<Path> propose_memory(const Situation& s) {
  const double fold = e_fold(s);
  if (!std::isfinite(fold)) return std::nullopt;
  // Ten steps at least: fewer gradients are no estimate of a variance. A tenth of the run at most, or it never settles.
  const double n = std::round(std::clamp(fold, 10.0, std::max(20.0, 0.1 * length(s))));
  const double to = three_digits(1 - 1 / n);
  const auto own = config_number(experiment(s), kBeta2);
  if (own && std::abs(*own - to) < 1e-3) return std::nullopt;
  Path path = start_path(
      s, second_moment_memory,
      own ? fmt::format("move beta2 from {} to {}", number(*own), number(to))
          : fmt::format("set beta2 to {}", number(to)),
      fmt::format("the gradient norm changes e-fold in {} steps where it changes fastest; beta2 = 1 - 1/{} remembers "
                  "that long{}",
                  number(fold, 3), number(n),
                  n != std::round(fold) ? " (bounded to 10 steps and a tenth of the run)" : ""),
      1);
  change_setting(s, path, kBeta2, to);
  path.steps = {fmt::format("set beta2 to {}", number(to)), "log RMS_t = sqrt(mean(g^2 / v)) every step",
                "stop if it is above 2.3, or if the loss spikes as often as before"};
  path.risk = "sparse gradients (embeddings) want a longer memory than this";
  return path;
}

std::optional<Path> propose_sparse(const Situation& s) {
  const double rms = slot(s, "update_rms");
  Path path = start_path(
      s, memory_by_group, "give embeddings and head a beta2 of their own",
      std::isfinite(rms) ? fmt::format("the RMS of an update was {} learning rates over all weights; rare rows see few "
                                       "gradients and need a longer memory, dense matrices a shorter one",
                                       number(rms, 3))
                         : std::string("rare rows see few gradients and need a longer memory, dense matrices a shorter "
                                       "one; one beta2 served both"),
      0.5);
  path.steps = {"log RMS_t by parameter group for 5 % of a run", "set 1 - beta2 ten times smaller for rare rows",
                "compare the largest RMS_t of both groups"};
  path.risk = "if all groups exceed one learning rate, take the first path";
  return path;
}

}  // namespace

constinit const Move momentum_and_rate{"momentum_and_rate", "momentum_mismatch", PathKind::hyperparameter,
                                       propose_momentum,
                                       "Moves momentum and rate on the line of equal steps. Science handbook D, E8."};
constinit const Move rate_for_momentum{"rate_for_momentum", "momentum_mismatch", PathKind::mathematical, propose_rate,
                                       "Keeps lr / (1 - beta) by the rate. Science handbook D, E8."};
constinit const Move momentum_where_it_acts{"momentum_where_it_acts", "momentum_mismatch", PathKind::architectural,
                                            propose_per_layer, "Changes groups one by one. Science handbook R-scope."};
constinit const Move second_moment_memory{"second_moment_memory", "beta2_mismatch", PathKind::hyperparameter,
                                          propose_memory,
                                          "Matches the memory to the gradient's change. Science handbook R-beta2."};
constinit const Move memory_by_group{"memory_by_group", "beta2_mismatch", PathKind::architectural, propose_sparse,
                                     "A longer memory only for rare rows. Science handbook R-beta2."};

}  // namespace expanalyze
