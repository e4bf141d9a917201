// R-batch+ and R-batch-: toward the critical batch, with the other numbers that go with it.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "recipe/propose.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr std::string_view kBatch[] = {"batch_size", "global_batch_size", "train_batch_size", "batch",
                                       "per_device_train_batch_size"};
constexpr std::string_view kSteps[] = {"steps", "max_steps", "num_steps", "total_steps", "train_steps"};
constexpr std::string_view kOptimizer[] = {"opt", "optimizer", "optim"};

bool is_sgd(const Run& run) {
  for (const auto name : kOptimizer)
    if (const auto it = run.config.find(std::string(name)); it != run.config.end())
      if (const auto* text = std::get_if<std::string>(&it->second)) return text->find("sgd") != std::string::npos;
  return false;
}

/// Half of the critical batch where two batch sizes measured it, else half of the baseline's: (F2).
std::optional<Path> propose_accumulate(const Situation& s) {
  const double own = slot(s, "batch"), base = slot(s, "batch_baseline"), critical = slot(s, "critical_batch");
  if (!(own > 0) || !(base > own)) return std::nullopt;
  const bool measured = critical > 2.2 * own;
  const double times = std::max(2.0, std::round(measured ? critical / 2 / own : base / own / 2));
  if (times * own >= base && !measured) return std::nullopt;
  const auto configured = config_number(experiment(s), kBatch);
  const std::string title =
      configured ? fmt::format("raise the batch from {} to {}", number(*configured), number(*configured * times))
                 : fmt::format("accumulate {} batches a step", number(times));
  Path path = start_path(
      s, accumulate, title,
      measured ? fmt::format("{}x is half of the critical batch that the two sizes measured, {}: two thirds of the "
                             "samples' worth at three times the fewest steps (McCandlish et al. 2018)",
                             number(times), number(critical, 3))
               : fmt::format("a step averaged 1 / {} of the baseline's; {}x is half of the baseline's, where the noise "
                             "of a step is sqrt(2) of its and the cost of a step half",
                             number(base / own, 3), number(times)),
      0.8);
  if (configured) change_setting(s, path, kBatch, *configured * times);
  path.flops_ratio = times;
  path.wall_ratio = times;
  path.steps = {fmt::format("{} at the same number of steps and the same rate", title),
                "compare at equal steps with the baseline, and at equal samples with the experiment",
                "log the gradient norm at both batches: its two values give the critical batch"};
  path.risk = "costs in proportion: if samples are what is scarce, fewer steps must pay for it";
  return path;
}

/// The noise floor is that of lr / B for SGD and of lr / sqrt(B) for Adam: the same floor without a larger batch.
std::optional<Path> propose_quieter(const Situation& s) {
  const double ratio = slot(s, "batch_ratio");
  const double lr = peak_lr(experiment(s));
  const double base_lr = peak_lr(baseline(s));
  if (!(ratio > 0 && ratio < 1) || !(lr > 0)) return std::nullopt;
  const bool sgd = is_sgd(experiment(s));
  const double to = two_digits((base_lr > 0 ? std::min(base_lr, lr) : lr) * (sgd ? ratio : std::sqrt(ratio)));
  if (!(to < 0.9 * lr)) return std::nullopt;
  const double window = std::round(1 / ratio);
  Path path = start_path(
      s, quieter_steps,
      fmt::format("keep the batch, lower the rate from {} to {} and average the weights over {} steps", number(lr, 3),
                  number(to, 2), number(window)),
      fmt::format("noise scales with {}: the batch is {}x the baseline's, so its floor comes back at {} x {} = {}; an "
                  "average over {} steps takes out as much again",
                  sgd ? "lr / B" : "lr / sqrt(B) for Adam", number(ratio, 3), number(lr, 3),
                  number(sgd ? ratio : std::sqrt(ratio), 3), number(to, 2), number(window)),
      0.6);
  change_setting(s, path, kLearningRate, to);
  path.steps = {fmt::format("set the peak learning rate to {}", number(to, 2)),
                fmt::format("keep an exponential average of the weights with decay 1 - 1/{}", number(window)),
                "evaluate the average and the last weights: their difference is the noise"};
  path.risk = "a smaller step also learns slower: better at equal samples, not at equal steps";
  return path;
}

std::optional<Path> propose_sparse(const Situation& s) {
  const double noise = slot(s, "noise_ratio");
  if (!(noise > 1)) return std::nullopt;
  Path path = start_path(
      s, ramp_batch,
      fmt::format("start at this batch and double it until it is {}x", number(std::round(noise * noise))),
      fmt::format("a step scatters {}x as much as the baseline's, which {}^2 = {} times the samples would undo; early "
                  "steps do not need them, as the gradient is large there",
                  number(noise, 3), number(noise, 3), number(noise * noise, 2)),
      0.6);
  path.flops_ratio = 0.5 * (1 + std::round(noise * noise));
  path.wall_ratio = path.flops_ratio;
  path.steps = {"double the batch each time the training loss has not fallen by its own scatter in 5 % of the run",
                "keep the rate while doubling", "compare at equal samples"};
  path.risk = "the last stage costs most: bound it by the baseline's batch";
  return path;
}

std::optional<Path> propose_smaller_batch(const Situation& s) {
  const double own = slot(s, "batch"), base = slot(s, "batch_baseline"), critical = slot(s, "critical_batch");
  if (!(critical > 0) || !(own > critical) || !(base > 0)) return std::nullopt;
  const double target = critical / 2 > base ? critical / 2 : critical;
  const double factor = target / own;
  const auto configured = config_number(experiment(s), kBatch);
  const auto steps = config_number(experiment(s), kSteps);
  const auto warmup = config_number(experiment(s), kWarmUp);
  Path path = start_path(
      s, critical_size,
      configured ? fmt::format("lower the batch from {} to {} and take the steps that this buys", number(*configured),
                               number(std::round(*configured * factor)))
                 : fmt::format("divide the batch by {} and take as many more steps", number(1 / factor, 3)),
      fmt::format("the two batch sizes measured a critical batch of {}, {} it; above it a larger batch buys hardly any "
                  "steps (McCandlish et al. 2018), and {} of each step bought no direction",
                  number(critical, 3), target == critical ? "and this is" : "and this is half of",
                  percent(slot(s, "wasted_share"), 2)),
      0.9);
  if (configured) change_setting(s, path, kBatch, std::max(1.0, std::round(*configured * factor)));
  if (steps) change_setting(s, path, kSteps, std::round(*steps / factor));
  if (warmup && *warmup > 0) change_setting(s, path, kWarmUp, std::round(*warmup / factor));
  path.steps = {"set the smaller batch, stretch steps and warm-up so that the number of samples stays",
                "keep the learning rate if both sides had the same, else interpolate it as the root of the batch",
                "compare at equal samples, and at equal time"};
  path.risk = "smaller steps use the hardware less: compare time as well";
  return path;
}

std::optional<Path> propose_local(const Situation& s) {
  const double own = slot(s, "batch"), critical = slot(s, "critical_batch");
  if (!(critical > 0) || !(own > 2 * critical)) return std::nullopt;
  const double k = std::floor(own / critical);
  Path path = start_path(
      s, local_updates, fmt::format("turn the batch into {} local updates, averaged", number(k)),
      fmt::format("{} workers at the critical batch of {} each take their own step and average the weights: the same "
                  "samples in parallel, without averaging gradients that already agree (Stich 2018, arXiv:1805.09767)",
                  number(k), number(critical, 3)),
      0.6);
  path.steps = {fmt::format("give each of {} workers its share of the batch", number(k)),
                fmt::format("let each take {} steps, then average the weights", number(k)),
                "compare at equal samples and time"};
  path.risk = "workers drift apart between averages: shorten the round if the average is worse than each";
  return path;
}

}  // namespace

constinit const Move accumulate{"accumulate", "batch_too_small", PathKind::hyperparameter, propose_accumulate,
                                "Averages more samples a step. Science handbook R-batch+, E12."};
constinit const Move quieter_steps{"quieter_steps", "batch_too_small", PathKind::mathematical, propose_quieter,
                                   "Takes the noise out by rate and averaging. Science handbook R-batch+."};
constinit const Move ramp_batch{"ramp_batch", "batch_too_small", PathKind::architectural, propose_sparse,
                                "Grows the batch as the signal shrinks. Science handbook R-batch+."};
constinit const Move critical_size{"critical_batch", "batch_too_large", PathKind::hyperparameter, propose_smaller_batch,
                                   "Goes back to the critical batch. Science handbook R-batch-, E12."};
constinit const Move local_updates{"local_updates", "batch_too_large", PathKind::architectural, propose_local,
                                   "Spends parallel samples on more steps. Science handbook R-batch-."};

}  // namespace expanalyze
