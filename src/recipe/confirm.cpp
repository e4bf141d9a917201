// What to do with a change that helped: find out where its gain ends, whether it lasts, and which part of it does the
// work.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnosis/levels.hpp"
#include "recipe/propose.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

std::string change_in_words(const Situation& s) {
  if (const ConfigDifference* only = sole_difference(s.review))
    return fmt::format("{} {} -> {}", code_span(only->key), code_span(to_text(only->baseline)),
                       code_span(to_text(only->experiment)));
  const bool several = std::any_of(s.review.config_diff.begin(), s.review.config_diff.end(),
                                   [](const auto& d) { return d.cls != ConfigDifference::Class::benign; });
  return several ? "the changes together" : "the change";
}

std::string gain_in_words(const Situation& s) {
  const FinalQuality& f = s.review.final_quality;
  return fmt::format("{} {}", signed_number(f.difference.value, 3), interval(f.difference.low, f.difference.high, 3));
}

/// A change of the recipe moves the best learning rate, and the experiment was run at one rate only.
std::optional<Path> propose_bracket(const Situation& s) {
  const double rate = peak_lr(experiment(s));
  if (!(rate > 0)) return std::nullopt;
  const double next = two_digits(rate * std::sqrt(2.0));
  Path path = start_path(s, bracket_rate,
                         fmt::format("bracket the learning rate: {} and {} around {}",
                                     number(two_digits(rate / std::sqrt(2.0)), 3), number(next, 3), number(rate, 3)),
                         fmt::format("{} won {} at one rate; recipes compare at their own optima (Wen et al. 2025, "
                                     "arXiv:2509.02046), and three rates a factor "
                                     "sqrt(2) apart fit the parabola of handbook G4",
                                     change_in_words(s), gain_in_words(s)),
                         0);
  change_setting(s, path, kLearningRate, next);
  // A loss penalty of a/2 (ln rho)^2 with a = 1 % of the loss per squared e-fold, good to a factor of three (F1):
  // nothing to a gain of that size.
  const double reach = 0.5 * 0.01 * std::abs(s.review.final_quality.experiment.value) * 3 * std::pow(std::log(2.0), 2);
  path.difference = {0, -reach, reach, 0.8, 0, {"lr_curvature"}};
  path.flops_ratio = path.wall_ratio = 2;
  path.steps = {fmt::format("run {} and {} with the experiment's config, one seed each",
                            number(two_digits(rate / std::sqrt(2.0)), 3), number(next, 3)),
                "fit ln(loss) against ln(rate) through the three points", "if the best is at an end, go on there"};
  path.risk = "one seed a rate resolves only curvature above the noise of seeds";
  return path;
}

/// Does the gain grow or shrink with the budget? Read from the speed-ups, settled by one pair at another budget.
std::optional<Path> propose_budget(const Situation& s) {
  const auto& levels = s.review.convergence.levels;
  if (levels.size() < 2 || !std::isfinite(levels.front().speedup) || !(levels.front().speedup > 0) ||
      !(levels.back().speedup > 0))
    return std::nullopt;
  const bool growing = levels.back().speedup > levels.front().speedup;
  Path path = start_path(
      s, same_budget_again, "rerun both sides at half the budget with the schedule compressed",
      fmt::format("the speed-up went from {}x at {} to {}x at {}: it {}; read on one schedule that mixes rate and "
                  "annealing, two complete "
                  "budgets separate them and measure the price of compute (kappa)",
                  number(levels.front().speedup, 3), number(levels.front().level), number(levels.back().speedup, 3),
                  number(levels.back().level), growing ? "grows" : "shrinks"),
      0);
  path.difference = bare(0, "measurement");
  path.difference.confidence = 0.8;
  path.flops_ratio = path.wall_ratio = 1;
  path.steps = {"halve the steps on both sides, compress warm-up and decay alike",
                "kappa = difference of the baseline's two finals / ln 2",
                "if the gain at half the budget is larger, expect less of it at twice"};
  path.risk = "two budgets give a slope, not a law";
  return path;
}

/// Something was changed that layers could have or not have, as far as the configs tell.
bool layerwise(const Situation& s) {
  static constexpr std::string_view kWhole[] = {"batch", "data", "train", "schedule", "loss", "accum"};
  return std::any_of(s.review.config_diff.begin(), s.review.config_diff.end(), [&](const ConfigDifference& d) {
    return d.cls != ConfigDifference::Class::benign && !names_length(d.key) &&
           std::none_of(std::begin(kWhole), std::end(kWhole), [&](auto word) { return has_token(d.key, word); });
  });
}

std::optional<Path> propose_half(const Situation& s) {
  if (s.review.config_known && !layerwise(s)) return std::nullopt;
  Path path =
      start_path(s, change_half_the_layers, "apply the change to the largest half of the layers only",
                 fmt::format("{} won {} over all layers{}; if half of them keep the gain, the rest is cost",
                             change_in_words(s), gain_in_words(s),
                             s.review.wall.ratio.value > 1.02
                                 ? fmt::format(" at {}x the time per step", number(s.review.wall.ratio.value, 3))
                                 : ""),
                 0);
  const double lost = 0.5 * s.review.final_quality.difference.value;
  path.difference = {-0.5 * lost, std::min(0.0, -2 * lost),         std::max(0.0, -2 * lost), 0.8,
                     0,           {"half_to_none_of_the_gain_lost"}};
  if (s.review.wall.ratio.value > 1) path.wall_ratio = 0.5 + 0.5 / s.review.wall.ratio.value;
  path.steps = {"rank the layers by parameters", "change the larger half, leave the rest as in the baseline",
                "keep it if at least 80 % of the gain stays"};
  path.risk = "the gain may sit in the small layers";
  return path;
}

}  // namespace

constinit const Move bracket_rate{"bracket_rate", "genuine_improvement", PathKind::hyperparameter, propose_bracket,
                                  "Finds the changed recipe's own learning rate. Science handbook G4, F1."};
constinit const Move same_budget_again{
    "two_budgets", "genuine_improvement", PathKind::mathematical, propose_budget,
    "Separates a head start from a rate, and measures kappa. Science handbook B2.3, B5."};
constinit const Move change_half_the_layers{"change_half_the_layers", "genuine_improvement", PathKind::architectural,
                                            propose_half, "Finds where the gain is made. Science handbook R-scope."};

}  // namespace expanalyze
