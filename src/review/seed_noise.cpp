#include "review/seed_noise.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "review/final_value.hpp"
#include "stats/descriptive.hpp"
#include "store/key.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

// Validation loss of ~124 M parameter language models: 124 replicate groups, 1 322 public speed-run logs, 0.0013 nats
// at a loss of 3.28 (handbook B1.1). Relative, so that bits say the same as nats.
constexpr stats::SeedPrior kSpeedRun{4.0e-4, 7};

// The longer a run, the less the seed moves its loss: relative s.d. = 4e-4 (D / 1e9)^(-1/3), D = tokens or samples
// trained on. Measured on 25 groups of same-recipe runs from 2e4 samples (1.3 %) over 2e7 tokens (0.15 %) to 1.7e9
// tokens (0.03 %): the median of observed / law is 1, the spread between groups a factor e^0.4 beyond what three seeds
// show by chance, which is worth about 3 degrees of freedom. The handbook's half of the evaluation scatter alone was
// five times too small on the language-model runs among them, because an annealed curve ends smoothly whatever its
// seed.
// Beyond 1e9 it falls no further: 1.9e-4 to 5.6e-4, pooled 4.3e-4, on five public recipes of three seeds at 4 to 7e9
// tokens, and 4e-4 on the speed runs, where the law would give half of that.
constexpr double kLawScale = 4e-4;
constexpr double kLawTokens = 1e9;
constexpr double kLawExponent = 1.0 / 3;
constexpr double kLawDf = 3;

// A model that has learned its training set by heart (training loss below a third of the evaluation loss) differs five
// times more from seed to seed: 3.4 to 8.3 times the law on the five such groups of the labelled runs, 0.1 to 2.5 on
// the others.
constexpr double kByHeartRatio = 3;
constexpr double kByHeart = 5;

// B1.1, unknown domain. A loss that starts at ln of a vocabulary and ends near 3.3 is no better known: three seeds of
// one public recipe differ there by 0.3 %, five times the 6e-4 that the handbook gives to language models.
constexpr double kUnknownRelative = 1e-3;
constexpr double kUnknownDf = 2;

/// Mean of the usable finals of a side; NaN when its runs failed.
double mean_final(const Side& side) {
  std::vector<double> values;
  for (const auto& view : side.runs)
    if (!view.end.failed && std::isfinite(view.end.final_value)) values.push_back(view.end.final_value);
  return stats::mean(values);
}

/// Both sides count alike, so that swapping them changes nothing; a side without a value leaves the other alone.
double middle(double a, double b) {
  if (!(a > 0)) return b;
  if (!(b > 0)) return a;
  return std::sqrt(a * b);
}

/// Median over the runs of what they trained on; 0 when unknown.
double tokens_of(const Side& side) {
  std::vector<double> totals;
  for (const auto& view : side.runs) {
    const Spent& tokens = view.spent(Axis::tokens);
    if (!tokens.curve.empty()) totals.push_back(tokens.curve.value.back());
  }
  return totals.empty() ? 0 : stats::median(totals);
}

double by_heart(const Side& side) {
  std::vector<double> ratios;
  for (const auto& view : side.runs) {
    const Curve& train = view.curves->training();
    if (train.size() < 20 || view.end.failed) continue;
    const double level = stats::mean(std::span(train.value).last(train.size() / 20 + 1));
    if (level > 0) ratios.push_back(view.end.final_value / level);
  }
  return !ratios.empty() && stats::median(ratios) > kByHeartRatio ? kByHeart : 1;
}

/// Scatter of the evaluations about the line through their neighbours, as one value's s.d.
double evaluation_scatter(const Side& side) {
  std::vector<double> scatter;
  for (const auto& view : side.runs) {
    if (view.batches) continue;  // what batches scatter is no matter of the seed: final_value.hpp allows for it
    const Curve& curve = view.known();
    std::vector<double> residual;
    for (std::size_t i = 2; i + 1 < curve.size(); ++i)
      residual.push_back(curve.value[i] - 0.5 * (curve.value[i - 1] + curve.value[i + 1]));
    // Var(x - (a + b) / 2) = 1.5 Var(x) for independent scatter.
    if (residual.size() >= 5) scatter.push_back(stats::mad(residual) / std::sqrt(1.5));
  }
  return scatter.empty() ? 0 : stats::median(scatter);
}

bool is_reward(const std::string& name) {
  return name.find("reward") != std::string::npos || name.find("return") != std::string::npos;
}

/// Nats or bits of the loss, in nats.
double in_nats(double loss, const Sides& sides) {
  const Series* series = metric_series(*sides.baseline.runs.front().run, sides.metric);
  return series && series->unit == Unit::bits ? loss * std::numbers::ln2 : loss;
}

bool is_speed_run_like(const Side& side, double final_loss) {
  static constexpr std::string_view kParameters[] = {"n_params", "num_params", "n_parameters", "num_parameters",
                                                     "model_params"};
  const auto n = config_number(*side.runs.front().run, kParameters);
  return n && *n >= 80e6 && *n <= 200e6 && final_loss > 2 && final_loss < 5;
}

}  // namespace

double progress_multiplier(double u) {
  constexpr double kEarliest = 0.01;  // measured from 4 % on; below 1 % nothing is known, and the power has a pole
  return 1 + 0.12 * (std::pow(std::clamp(u, kEarliest, 1.0), -1.3) - 1);
}

SeedNoise prior_noise(const Sides& sides) {
  const double level = metric_level(sides);
  if (!std::isfinite(level)) return {};
  if (is_reward(sides.metric.name))
    return {{0, 0}, "no prior exists for rewards: the spread between seeds has to be seen"};
  const double scatter = 0.5 * middle(evaluation_scatter(sides.baseline), evaluation_scatter(sides.experiment));
  const Series* series = metric_series(*sides.baseline.runs.front().run, sides.metric);
  // Bits per byte are a loss in another unit, whatever role they were given.
  const bool loss = sides.metric.role == Role::eval_loss || sides.metric.role == Role::train_loss ||
                    (series && series->unit == Unit::bits);
  if (loss && is_speed_run_like(sides.baseline, in_nats(level, sides)))
    return {{kSpeedRun.scale * level, kSpeedRun.df}, "prior for language-model pre-training at about 124 M parameters"};
  if (const double tokens = middle(tokens_of(sides.baseline), tokens_of(sides.experiment)); loss && tokens > 0) {
    const double b = by_heart(sides.baseline);
    const double e = by_heart(sides.experiment);
    const double law = level * kLawScale * std::pow(std::min(tokens / kLawTokens, 1.0), -kLawExponent) *
                       std::sqrt((b * b + e * e) / 2);
    return {{std::max(law, scatter), kLawDf},
            fmt::format("prior for losses after {} samples or tokens{}", count(tokens),
                        b * e > 1 ? ", raised for a training set that was learned by heart" : "")};
  }
  return {{std::max(kUnknownRelative * level, scatter), kUnknownDf},
          "prior for an unknown domain: half the scatter of the evaluations, at least 0.1 %"};
}

SeedNoise seed_noise(const RunStore& runs, const Comparison& comparison, const Sides& sides, std::vector<Note>& notes) {
  if (auto measured = control_noise(runs, comparison, sides, notes)) return *std::move(measured);
  return prior_noise(sides);
}

SeedNoise with_window(SeedNoise noise, const FinalWindow& window, const Sides& sides) {
  const double unit = noise.prior.scale * noise.prior.scale;
  if (!(unit > 0)) return noise;
  noise.within = window.se * window.se / unit;
  noise.within_baseline = variance_of_mean(sides.baseline) / unit;
  noise.within_experiment = variance_of_mean(sides.experiment) / unit;
  return noise;
}

double metric_level(const Sides& sides) {
  return middle(std::abs(mean_final(sides.baseline)), std::abs(mean_final(sides.experiment)));
}

Sesoi smallest_effect(const Sides& sides, const Estimate& baseline, const Estimate& experiment) {
  const double level = metric_level(sides);
  const auto words = take_apart(sides.metric.name).words;
  const bool share = std::any_of(words.begin(), words.end(), [](const std::string& word) {
    return word == "accuracy" || word == "acc" || word == "error" || word == "top5" || word == "prec1" ||
           word == "prec5";
  });
  if (sides.metric.role == Role::eval_metric && share) {
    const double points = level > 1.5 ? 0.25 : 0.0025;
    return {points, "0.25 percentage points"};
  }
  // Worth 3 % of the training budget (B4.4). In a short run that is more than anyone calls negligible.
  constexpr double kMost = 0.005;
  const double kappa = middle(baseline.value, experiment.value);
  if (sides.metric.direction == Direction::min && kappa > 0 && level > 0) {
    const double worth = kappa * std::log(1.03);
    const std::string price =
        fmt::format("what 3 % more training budget would gain, at {} an e-fold of budget", number(kappa, 2));
    if (worth <= kMost * level) return {worth, price};
    return {kMost * level, fmt::format("0.5 % of the final value, below {}", price)};
  }
  return {0.0015 * level, "0.15 % of the final value, as the price of compute is not known"};
}

}  // namespace expanalyze
