#include "diagnosis/levels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include "stats/descriptive.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Standard error of the level that level_until() reads: 1.25 s.d. / sqrt n for a median of normal noise.
double noise_of_level(const Run& run, double step) {
  const Curve all = finite(trajectory(run, Role::train_loss));
  const Curve curve = all.empty() ? all : between(all, 0.8 * std::min(step, all.step.back()), step);
  if (curve.size() < 10) return 0;
  const double spread = stats::mad(stats::detrend(curve.value));
  return 1.25 * spread / std::sqrt(static_cast<double>(std::max<std::size_t>(3, curve.size() / 2)));
}

double number_of(const ConfigValue& value) {
  if (const auto* number = std::get_if<double>(&value)) return *number;
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? 1 : 0;
  return std::holds_alternative<std::monostate>(value) ? 0 : kNan;
}

}  // namespace

bool Levels::complete() const {
  return std::isfinite(train_b) && std::isfinite(train_e) && std::isfinite(eval_b) && std::isfinite(eval_e);
}

double level_until(const Run& run, Role role, double step) {
  const Curve curve = finite(trajectory(run, role));
  if (curve.empty()) return kNan;
  const double end = std::min(step, curve.step.back());
  const Curve last = between(curve, 0.9 * end, end);
  // Sparse evaluations of a long run say nothing near an early step; between two of them a line is the best guess.
  return last.empty() ? value_at(curve, end) : stats::median(last.value);
}

Curve metric_curve(const Run& run, const Metric& metric) {
  for (const auto& series : run.series)
    if (series.labels.empty() && series.logged_as == metric.name) return finite(trajectory(run, series));
  return metric.role == Role::none ? Curve{} : finite(trajectory(run, metric.role));
}

Levels final_levels(const Case& c) {
  const double logged = c.review.final_quality.at_step;
  const double at =
      logged > 0 ? logged + 1 : std::numeric_limits<double>::infinity();  // training rows may count from 0
  const auto level = [at](const Runs& runs, Role role) {
    return mean_over(runs, [&](const Run& run) { return level_until(run, role, at); });
  };
  Levels out{};
  out.train_b = level(c.baseline, Role::train_loss);
  out.train_e = level(c.experiment, Role::train_loss);
  out.eval_b = level(c.baseline, Role::eval_loss);
  out.eval_e = level(c.experiment, Role::eval_loss);
  const auto noise = [at](const Run& run) { return noise_of_level(run, at); };
  const double batches = 2 * std::hypot(mean_over(c.baseline, noise), mean_over(c.experiment, noise));
  // The review's interval is in units of the metric; for another metric than the evaluation loss 2 % of the level stand
  // in.
  const double seeds = c.review.metric.role == Role::eval_loss ? c.gap_scale : 0.02 * std::abs(out.eval_b);
  for (const double part : {batches, seeds})
    if (std::isfinite(part)) out.scale = std::max(out.scale, part);
  return out;
}

namespace {

/// Training minus evaluation loss at the evaluations of the first quarter, without that of the untrained model: the
/// median over them, training by its median half a spacing to either side, as early losses fall too fast to compare
/// other steps. NaN: no such evaluations.
double early_advantage(const Run& run) {
  const Curve train = finite(trajectory(run, Role::train_loss)), eval = finite(trajectory(run, Role::eval_loss));
  if (train.empty() || eval.size() < 2) return kNan;
  const double end = eval.step.back(), half = 0.5 * (end - eval.step.front()) / static_cast<double>(eval.size() - 1);
  std::vector<double> advantages;
  for (std::size_t i = 0; i < eval.size(); ++i) {
    if (eval.step[i] < 0.02 * end || eval.step[i] > 0.25 * end) continue;
    const Curve near = between(train, eval.step[i] - half, eval.step[i] + half);
    if (!near.empty()) advantages.push_back(stats::median(near.value) - eval.value[i]);
  }
  return advantages.empty() ? kNan : stats::median(advantages);
}

}  // namespace

TrainingMode training_mode(const Case& c, const Levels& l) {
  const auto early_training = [](const Run& run) { return median_of(run, Role::train_loss, 0.02, 0.25); };
  const double train_b = mean_over(c.baseline, early_training), train_e = mean_over(c.experiment, early_training);
  const double advantage_b = mean_over(c.baseline, early_advantage);
  const double advantage_e = mean_over(c.experiment, early_advantage);
  const double suffered = l.eval_e - l.eval_b;
  // A twentieth of the level: a training loss averaged over the steps before lags its evaluation by about that.
  if (!(advantage_b > 0.05 * train_b) || !std::isfinite(advantage_e) || !(suffered > 0)) return {};
  const double lost = advantage_b - advantage_e;
  const double moved = std::max(std::abs(train_e - train_b), std::abs(l.train_e - l.train_b));
  return {advantage_b, advantage_e,
          std::min({graded_below(std::abs(advantage_e), 0.4 * advantage_b), graded_above(lost, 2 * moved),
                    graded_above(suffered, l.scale)})};
}

bool has_token(std::string_view key, std::string_view word) {
  const auto border = [&](std::size_t i) {
    return i >= key.size() || !std::isalpha(static_cast<unsigned char>(key[i]));
  };
  for (auto at = key.find(word); at != std::string_view::npos; at = key.find(word, at + 1))
    if ((at == 0 || border(at - 1)) && border(at + word.size())) return true;
  return false;
}

const ConfigDifference* changed_token(const Case& c, std::span<const std::string_view> words) {
  for (const auto& difference : c.review.config_diff)
    for (const auto word : words)
      if (has_token(difference.key, word)) return &difference;
  return nullptr;
}

const ConfigDifference* sole_difference(const Review& review) {
  const ConfigDifference* only = nullptr;
  for (const auto& d : review.config_diff) {
    if (d.cls == ConfigDifference::Class::benign) continue;
    if (only) return nullptr;
    only = &d;
  }
  return only;
}

bool names_length(std::string_view key) {
  static constexpr std::array<std::string_view, 7> words{"steps", "iters",  "iterations", "epochs",
                                                         "epoch", "tokens", "seed"};
  return std::any_of(words.begin(), words.end(), [&](auto word) { return has_token(key, word); });
}

bool raised(const ConfigDifference& difference) {
  return number_of(difference.experiment) > number_of(difference.baseline);
}

std::span<const std::string_view> regulariser_words() {
  static constexpr std::array<std::string_view, 14> words{
      "dropout",         "dropouts",  "drop_path", "droppath", "drop_rate", "stochastic_depth", "layerdrop",
      "label_smoothing", "smoothing", "mixup",     "cutmix",   "augment",   "augmentation",     "pdrop"};
  return words;
}

double flops_per_token(const Run& run) {
  const Curve flops = spent(run, Axis::flops).curve;
  const Curve tokens = spent(run, Axis::tokens).curve;
  if (flops.size() < 2 || tokens.size() < 2 || !(tokens.value.back() > 0)) return kNan;
  const double at = std::min(flops.step.back(), tokens.step.back());
  const double ratio = value_at(flops, at) / value_at(tokens, at);
  return ratio > 0 ? ratio : kNan;
}

std::string against_baseline(double value, int significant) {
  return std::isfinite(value) ? fmt::format(" (baseline: {})", number(value, significant)) : std::string{};
}

}  // namespace expanalyze
