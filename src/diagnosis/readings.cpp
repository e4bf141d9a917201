#include "diagnosis/readings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "diagnosis/weigh.hpp"
#include "stats/descriptive.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// |u| at the steps where it can be known.
Curve update_norm(const Run& run) {
  Curve logged = finite(trajectory(run, Role::update_norm));
  if (!logged.empty()) return logged;
  const Common both =
      common_steps(finite(trajectory(run, Role::update_ratio)), finite(trajectory(run, Role::param_norm)));
  Curve out;
  out.step = both.step;
  for (std::size_t i = 0; i < both.step.size(); ++i) out.value.push_back(both.a[i] * both.b[i]);
  out.line.resize(out.step.size(), 0);
  return out;
}

}  // namespace

Curve loss_of(const Run& run) {
  Curve curve = finite(trajectory(run, Role::train_loss));
  return curve.size() >= 5 ? curve : finite(trajectory(run, Role::eval_loss));
}

double median_between(const Curve& curve, double from_share, double to_share) {
  if (curve.empty()) return kNan;
  const double end = curve.step.back();
  return stats::median(between(curve, from_share * end, to_share * end).value);
}

double peak_of(const Run& run, Role role) {
  const Curve curve = finite(trajectory(run, role));
  return curve.empty() ? kNan : *std::max_element(curve.value.begin(), curve.value.end());
}

const std::string* config_text(const Run& run, std::span<const std::string_view> names) {
  for (const bool whole : {true, false})
    for (const auto name : names)
      for (const auto& [key, value] : run.config) {
        const auto dot = key.find_last_of("./");
        const std::string_view word = whole || dot == std::string::npos ? key : std::string_view(key).substr(dot + 1);
        if (const auto* text = std::get_if<std::string>(&value); text && word == name) return text;
      }
  return nullptr;
}

std::string optimizer_of(const Run& run) {
  static constexpr std::array<std::string_view, 6> names{
      "opt", "optimizer", "optim", "optimizer_type", "optimizer_name", "optimizer.name"};
  const std::string* name = config_text(run, names);
  return name ? lower(*name) : std::string{};
}

double parameter_count(const Run& run) {
  static constexpr std::array<std::string_view, 6> names{"n_params",       "num_params",   "n_parameters",
                                                         "num_parameters", "model_params", "total_params"};
  return config_number(run, names).value_or(kNan);
}

double stays_above_from(const Run& run, Role role, double threshold) {
  const Curve curve = finite(trajectory(run, role));
  double since = kNan;
  for (std::size_t i = curve.size(); i-- > 0 && curve.value[i] > threshold;) since = curve.step[i];
  return since;
}

Place place_at_end(const Run& run, const Series& series) {
  const Curve curve = finite(trajectory(run, series));
  return curve.empty() ? Place{run.label, series.logged_as, 0} : place_at(run, series, curve, curve.size() - 1);
}

Place place_at_end(const Run& run, Role role) {
  const Series* series = find(run, role);
  return series ? place_at_end(run, *series) : place_of(run, role);
}

double warm_up_steps(const Run& run) {
  const Curve lr = finite(trajectory(run, Role::lr));
  if (lr.size() < 5 || lr.step.front() > 0.05 * lr.step.back()) return kNan;
  const double peak = *std::max_element(lr.value.begin(), lr.value.end());
  if (!(peak > 0)) return kNan;
  std::size_t i = 0;
  while (lr.value[i] < 0.95 * peak) ++i;
  return i == 0 ? 0 : lr.step[i] - lr.step.front();
}

std::vector<LayerNorm> layer_norms(const Run& run) {
  std::vector<LayerNorm> out;
  for (const Series* series : find_all(run, Role::layer_grad_norm)) {
    const double median = stats::median(finite(trajectory(run, *series)).value);
    if (median > 0) out.push_back({series, median});
  }
  return out;
}

UpdateLength update_length(const Run& run) {
  UpdateLength out;
  const Common by_lr = common_steps(update_norm(run), finite(trajectory(run, Role::lr)));
  const Curve gradient = finite(trajectory(run, Role::grad_norm));
  for (std::size_t i = 0; i < by_lr.step.size(); ++i) {
    const double g = value_at(gradient, by_lr.step[i]);
    if (!(by_lr.a[i] > 0) || !(by_lr.b[i] > 0) || !(g > 0)) continue;
    if (out.per_lr.empty()) out.first_step = by_lr.step[i];
    out.per_lr.push_back(by_lr.a[i] / by_lr.b[i]);
    out.per_lr_grad.push_back(by_lr.a[i] / (by_lr.b[i] * g));
  }
  return out;
}

bool starts_as_sgd(const UpdateLength& updates) {
  // Within 2 %: logs round to three digits or more, and decoupled decay adds a little.
  return !updates.empty() && updates.first_step <= 1 && std::abs(updates.per_lr_grad.front() - 1) < 0.02;
}

double attention_sharpened(const Case& c) {
  const auto end = [](const Run& run) { return last_of(run, Role::attention_logit); };
  const double e = mean_over(c.experiment, end), b = mean_over(c.baseline, end);
  return std::isnan(e) || !(b > 0) ? 0 : graded_above(e, 50) * graded_above(e / b, 2);  // as in D-13
}

double change_weight(const Case& c) { return c.undeclared == 0 ? kStrong : kModerate; }

const ConfigDifference* changed_propagation(const Case& c) {
  return c.changed({"act",        "activation", "activation_function",
                    "hidden_act", "norm",       "layernorm",
                    "layer_norm", "batchnorm",  "batch_norm",
                    "rmsnorm",    "pre_norm",   "residual",
                    "skip",       "depth",      "n_layer",
                    "n_layers",   "num_layers", "num_hidden_layers",
                    "init_gain",  "init_std",   "initializer_range"});
}

const ConfigDifference* changed_initial_weights(const Case& c) {
  return c.changed({"init", "init_gain", "init_std", "init_scale", "initializer_range", "weight_init", "bias_init"});
}

void weigh_setting(Scored& out, const ConfigDifference* change, std::string_view governs) {
  if (!change) return;
  out.evidence.push_back({fmt::format("a setting that governs {} was changed: {}", governs, say_change(*change)),
                          bare(1, "config"),
                          kModerate,
                          1,
                          'c',
                          {}});
}

}  // namespace expanalyze
