// R-reg+: it learned the training set.
#include <fmt/format.h>

#include <cmath>

#include "recipe/propose.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr std::string_view kDropout[] = {"dropout", "dropout_rate", "dropout_p"};
constexpr std::string_view kData[] = {"n_train",       "train_size",       "dataset_size", "num_train_examples",
                                      "train_samples", "max_train_samples"};
constexpr std::string_view kWidth[] = {"width", "hidden_size", "d_model", "n_embd", "hidden_dim"};

/// Share of the gap that stopping at the best evaluation wins back for certain.
double regained(const Situation& s) {
  const double whole = ceiling(s);
  return whole > 0 ? std::min(1.0, slot(s, "rise") / whole) : 0;
}

std::optional<Path> propose_stop(const Situation& s) {
  const double best = slot(s, "best_step");
  if (!(best > 0)) return std::nullopt;
  Path path = start_path(
      s, stop_at_best,
      fmt::format("regularise with dropout and keep the best evaluation (it was near step {})", number(best)),
      fmt::format("after step {} the evaluation loss rose by {}; keeping the best checkpoint alone wins that back, "
                  "dropout delays the turn",
                  number(best), number(slot(s, "rise"), 3)),
      regained(s));
  const auto dropout = config_number(experiment(s), kDropout);
  if (dropout && *dropout < 0.3) {
    change_setting(s, path, kDropout, 0.3);
    path.title = fmt::format("raise dropout from {} to 0.3 and keep the best evaluation (it was near step {})",
                             number(*dropout, 2), number(best));
  }
  path.steps = {
      fmt::format("evaluate every {} steps and keep the best checkpoint", number(std::max(1.0, std::floor(best / 10)))),
      "stop when five evaluations in a row are worse than the best", "compare best with best, not end with end"};
  path.risk = "the best of many evaluations is chosen by luck too: confirm on data it was not chosen on";
  return path;
}

std::optional<Path> propose_data(const Situation& s) {
  const auto own = config_number(experiment(s), kData);
  const auto base = config_number(baseline(s), kData);
  const bool fewer = own && base && *own < *base;
  Path path = start_path(
      s, augment_data,
      fewer ? fmt::format("train on more unique data: {} samples instead of {}", number(*base / 2), number(*own))
            : "add unique data or augmentation instead of repeating what there is",
      fewer
          ? fmt::format(
                "the experiment repeats {} samples where the baseline has {}; half of the baseline's is {}x as much",
                number(*own), number(*base), number(*base / 2 / *own, 3))
          : fmt::format(
                "the evaluation loss turned at step {} and rose by {}: what is repeated after that is learned by heart",
                number(slot(s, "best_step")), number(slot(s, "rise"), 3)),
      fewer ? 0.9 : 0.6);
  if (fewer) change_setting(s, path, kData, std::floor(*base / 2));
  path.steps = {fewer ? fmt::format("raise the number of training samples to {}", number(*base / 2))
                      : "double the unique samples, or augment every one",
                fmt::format("run to step {} and look at the evaluation loss", number(path.kill.step)),
                "the turn must move to a later step in proportion"};
  path.risk = "augmentation that changes the label hurts more than repetition";
  return path;
}

std::optional<Path> propose_smaller(const Situation& s) {
  const auto width = config_number(experiment(s), kWidth);
  Path path = start_path(
      s, smaller_model,
      width ? fmt::format("halve the width from {} to {}", number(*width), number(std::floor(*width / 2)))
            : "halve the model's width",
      fmt::format("the training loss ends {} below the evaluation loss: the model has room to learn the set by heart",
                  number(
                      slot(s, "eval_final") -
                          [&] {
                            const Curve train = finite(trajectory(experiment(s), Role::train_loss));
                            return train.empty() ? slot(s, "eval_final") : train.value.back();
                          }(),
                      3)),
      0.5);
  if (width) change_setting(s, path, kWidth, std::floor(*width / 2));
  path.flops_ratio = 0.3;
  path.wall_ratio = 0.5;
  path.steps = {"halve the width, keep everything else",
                "the evaluation minimum must be lower than before, not only the gap smaller",
                "if the minimum is higher, capacity was not the problem"};
  path.risk = "a smaller model has a higher floor: watch the minimum of the evaluation loss";
  return path;
}

}  // namespace

constinit const Move stop_at_best{"stop_at_best", "overfitting", PathKind::hyperparameter, propose_stop,
                                  "Regularises and keeps the best evaluation. Science handbook R-reg+, E13."};
constinit const Move augment_data{"augment_data", "overfitting", PathKind::mathematical, propose_data,
                                  "More unique samples for the same loss. Science handbook R-reg+."};
constinit const Move smaller_model{"smaller_model", "overfitting", PathKind::architectural, propose_smaller,
                                   "Takes away the room to learn by heart. Science handbook R-reg+."};

}  // namespace expanalyze
