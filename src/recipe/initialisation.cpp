// R-init: the first forward pass, the first backward pass, and units that never answer.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "recipe/propose.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr std::string_view kGain[] = {"init_gain", "gain", "init_scale", "initializer_range", "init_std"};
constexpr std::string_view kBias[] = {"bias_init", "init_bias", "bias"};
constexpr std::string_view kDepth[] = {"depth", "n_layer", "n_layers", "num_layers", "num_hidden_layers"};
constexpr double kLogitSd = 0.3;  // F2
constexpr double kPositiveBias =
    0.1;  // Goodfellow, Bengio & Courville 2016, section 6.3: so that rectifiers begin active

double layers(const Situation& s) { return std::max(1.0, config_number(experiment(s), kDepth).value_or(0)); }

/// A scale g at every one of D layers multiplies the output by g^D in a homogeneous network.
std::optional<Path> propose_gain(const Situation& s) {
  const double sd = theory_slot(s, "logit_sd");
  if (!(sd > kLogitSd) || slot(s, "flat") == 1) return std::nullopt;
  const double depth = layers(s);
  const double per_layer = two_digits(std::pow(kLogitSd / sd, 1 / depth));
  const auto gain = config_number(experiment(s), kGain);
  const double to = gain ? two_digits(*gain * per_layer) : per_layer;
  Path path = start_path(
      s, scale_outputs,
      gain        ? fmt::format("lower the initial gain from {} to {}", number(*gain, 3), number(to, 2))
      : depth > 1 ? fmt::format("multiply the initial scale of every layer by {}", number(per_layer, 2))
                  : fmt::format("multiply the initial scale of the output layer by {}", number(per_layer, 2)),
      fmt::format("the first loss is {} (baseline: {}), which is outputs with a spread of about {}; a spread of {} "
                  "starts at an even guess: {} / {}{} = {}",
                  number(slot(s, "first_loss"), 3), number(slot(s, "first_loss_baseline"), 3), number(sd, 3),
                  number(kLogitSd, 2), number(kLogitSd, 2), number(sd, 3),
                  depth > 1 ? fmt::format(", root of {} layers,", number(depth)) : "", number(per_layer, 2)),
      1);
  if (gain) change_setting(s, path, kGain, to);
  path.steps = {"change the scale, evaluate at step 0: it costs one batch",
                "the first loss must be the entropy of an even guess, within 0.1", "only then run on"};
  path.risk = "a norm somewhere in the network makes it blind to the scale before it";
  return path;
}

/// Rectifiers that start silent: a small positive bias, and no rate that pushes them off again.
std::optional<Path> propose_bias(const Situation& s) {
  const auto bias = config_number(experiment(s), kBias);
  if (!bias || *bias >= 0) return std::nullopt;
  Path path = start_path(
      s, positive_bias, fmt::format("start biases at {} instead of {}", number(kPositiveBias), number(*bias)),
      fmt::format("rectifiers with a bias of {} answer to nothing; a small positive one lets all of them start active "
                  "(Goodfellow et al. 2016, section 6.3)",
                  number(*bias)),
      1);
  change_setting(s, path, kBias, kPositiveBias);
  path.steps = {"set the bias, evaluate 100 samples at step 0",
                "the share of dead units must be below 5 %, the first loss within 0.1 of an even guess",
                "only then run"};
  path.risk = "units can die later: log their share every 100 steps";
  return path;
}

std::optional<Path> propose_orthogonal(const Situation& s) {
  const double behind = slot(s, "steps_behind"), first = slot(s, "first_loss");
  Path path = start_path(
      s, isometric_start, "initialise hidden matrices orthogonal, the output layer at zero",
      fmt::format("an isometry keeps the norm of activations and gradients through any depth, and a zero output starts "
                  "at an even guess instead of {}{}",
                  std::isfinite(first) ? number(first, 3) : "wherever the draw falls",
                  behind > 0 ? fmt::format("; the bad start cost {} steps", number(std::round(behind))) : ""),
      0.9);
  path.steps = {"draw hidden matrices orthogonal, times sqrt(2) before rectifiers", "set the output layer to zero",
                "evaluate at step 0, then run"};
  path.risk = "with norms between the layers there is little left to gain";
  return path;
}

std::optional<Path> propose_norm(const Situation& s) {
  Path path = start_path(
      s, norm_and_scaled_residual,
      fmt::format(
          "normalise the input of every layer and scale residual branches by {}",
          layers(s) > 1 ? number(two_digits(1 / std::sqrt(2 * layers(s)))) : std::string("1 / sqrt(2 x depth)")),
      "with a norm before each layer the first pass no longer depends on the initial scale, which is what failed here; "
      "the factor keeps the sum of the branches at the size of one",
      0.8);
  path.steps = {"add the norm, keep the initialisation", "evaluate at step 0",
                "compare with the baseline given the same"};
  path.risk = "a norm changes the function: part of the gain may be its own";
  return path;
}

/// The gain that the shortfall of the gradient asks for (step 3).
std::optional<Path> propose_signal(const Situation& s) {
  const double per_layer = theory_slot(s, "gain_per_layer");
  if (!(per_layer > 0) || per_layer > 0.95) return std::nullopt;
  const auto gain = config_number(experiment(s), kGain);
  const double to = two_digits(gain.value_or(1) / per_layer);
  Path path = start_path(
      s, restore_signal,
      gain ? fmt::format("raise the initial gain from {} to {}", number(*gain, 3), number(to, 2))
           : fmt::format("multiply the initial scale of every layer by {}", number(to, 2)),
      fmt::format("the weakest layer received {} of the strongest one's gradient, {} per layer; 1 / {} keeps it level",
                  number(slot(s, "layer_ratio"), 2), number(per_layer, 3), number(per_layer, 3)),
      0.8);
  if (gain) change_setting(s, path, kGain, to);
  path.steps = {"measure the gradient of every layer on one batch at step 0",
                "repeat until the smallest is above a hundredth of the largest", "only then run"};
  path.risk = "a nonlinearity that saturates at the larger scale shrinks gradients again";
  return path;
}

std::optional<Path> propose_shortcut(const Situation& s) {
  const double ratio = slot(s, "layer_ratio");
  if (!(ratio > 0)) return std::nullopt;
  Path path = start_path(
      s, gradient_shortcut, "add a shortcut around every layer, its branch starting at zero",
      fmt::format(
          "a gradient that arrives at {} through the layers arrives whole through a sum; with a branch gain of 0 "
          "the network starts as the identity (Bachlechner et al. 2020, arXiv:2003.04887)",
          number(ratio, 2)),
      0.8);
  path.steps = {"h + a f(h) with a = 0 at the start, a norm inside f", "log the gradient of the first and last layer",
                "stop if their ratio is below 0.01 after 5 % of the run"};
  path.risk = "changes the function: give the baseline the same before comparing";
  return path;
}

std::optional<Path> propose_isometry(const Situation& s) {
  const double ratio = slot(s, "layer_ratio");
  Path path = start_path(
      s, orthogonal_layers, "draw hidden matrices orthogonal, at the slope of the nonlinearity",
      fmt::format("random matrices spread singular values, and their product over the depth loses the gradient{}; "
                  "orthogonal ones divided by the slope at zero do not (Saxe et al. 2013, arXiv:1312.6120)",
                  ratio > 0 ? fmt::format(" (the weakest layer has {} of the strongest)", number(ratio, 2)) : ""),
      0.6);
  path.steps = {"orthogonal matrices times 1 / f'(0): 4 for a sigmoid, 1 for tanh", "measure all layers at step 0",
                "only then run"};
  path.risk = "holds at the start only";
  return path;
}

std::optional<Path> propose_revive(const Situation& s) {
  const double dead = slot(s, "dead_share"), lr = peak_lr(experiment(s));
  if (!(lr > 0) || !(dead > 0)) return std::nullopt;
  const double to = two_digits(lr / 2);
  Path path = start_path(
      s, spare_units, fmt::format("halve the peak rate to {} while units still die", number(to, 2)),
      fmt::format(
          "{} of the units are silent; units die by steps that carry their bias below every input, and a step of "
          "half the length does that at half the slope",
          percent(dead, 2)),
      0.6);
  change_setting(s, path, kLearningRate, to);
  path.steps = {fmt::format("set the peak rate to {}", number(to, 2)), "log the share of dead units every 100 steps",
                "stop if it is above half of the experiment's at 10 % of the run"};
  path.risk = "units that are dead at step 0 do not come back at any rate";
  return path;
}

std::optional<Path> propose_leaky(const Situation& s) {
  Path path =
      start_path(s, leaky_units, "replace the rectifier by one with a slope below zero (leaky, 0.01, or GELU)",
                 fmt::format("{} of the units are zero on every input and get no gradient; any slope below zero "
                             "gives them one",
                             percent(slot(s, "dead_share"), 2)),
                 0.9);
  path.steps = {"change the activation on both sides", "log the share of units that answer to no input",
                "if it falls and the loss does not, the units were not needed"};
  path.risk = "changes the function: give the baseline the same before comparing";
  return path;
}

std::optional<Path> propose_center(const Situation& s) {
  Path path = start_path(s, center_inputs, "normalise the input of each activation",
                         fmt::format("a centred input is above zero half of the time, so no unit can be silent on all "
                                     "inputs as {} of them are",
                                     percent(slot(s, "dead_share"), 2)),
                         0.8);
  path.steps = {"add a norm before the activation", "log the share of dead units",
                "compare with the baseline given the same"};
  path.risk = "a norm changes the function: part of the gain may be its own";
  return path;
}

}  // namespace

constinit const Move scale_outputs{"scale_outputs", "bad_initialization", PathKind::hyperparameter, propose_gain,
                                   "Scales the start to an even guess. Science handbook R-init."};
constinit const Move positive_bias{"positive_bias", "bad_initialization", PathKind::hyperparameter, propose_bias,
                                   "Lets rectifiers start active. Science handbook R-init."};
constinit const Move isometric_start{"isometric_start", "bad_initialization", PathKind::mathematical,
                                     propose_orthogonal, "Starts as an isometry. Science handbook R-init."};
constinit const Move norm_and_scaled_residual{"norm_and_scaled_residual", "bad_initialization", PathKind::architectural,
                                              propose_norm,
                                              "Makes the start independent of the scale. Science handbook R-init."};
constinit const Move restore_signal{"restore_signal", "vanishing_gradients", PathKind::hyperparameter, propose_signal,
                                    "The gain that keeps gradients level. Science handbook R-init."};
constinit const Move orthogonal_layers{"orthogonal_layers", "vanishing_gradients", PathKind::mathematical,
                                       propose_isometry, "Isometric layers. Science handbook R-init."};
constinit const Move gradient_shortcut{"gradient_shortcut", "vanishing_gradients", PathKind::architectural,
                                       propose_shortcut, "A way around every layer. Science handbook R-init."};
constinit const Move spare_units{"spare_units", "dead_units", PathKind::hyperparameter, propose_revive,
                                 "Shorter steps while units die. Science handbook R-init, D."};
constinit const Move leaky_units{"leaky_units", "dead_units", PathKind::mathematical, propose_leaky,
                                 "A gradient for silent units. Science handbook R-norm."};
constinit const Move center_inputs{"center_inputs", "dead_units", PathKind::architectural, propose_center,
                                   "No unit silent on all inputs. Science handbook R-norm."};

}  // namespace expanalyze
