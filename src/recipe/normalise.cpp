// R-norm, R-zloss and R-rank: signals that sit at a bound, drift along a direction the loss cannot see, or share few
// directions.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "recipe/propose.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr std::string_view kGain[] = {"init_gain", "gain", "init_scale", "initializer_range", "init_std"};
constexpr std::string_view kDecay[] = {"weight_decay", "wd", "decay"};
constexpr double kPenalty = 1e-4;   // Chowdhery et al. 2022, section 5: 1e-4 log^2 Z
constexpr double kSaturated = 0.2;  // F2, R-norm: above it the change has failed

/// From the logged scale before the nonlinearity; else from how far the share of the units says that it is: the share
/// of a normal variable beyond atanh(.97) = 2.1 is 2 Phi(-2.1 / sd), so sd = 2.1 / z.
double pre_activation(const Situation& s) {
  if (const double rms = slot(s, "preactivation_rms"); rms > 0) return rms;
  const double share = slot(s, "saturated_share");
  if (!(share > 0.05) || !(share < 1)) return std::numeric_limits<double>::quiet_NaN();
  // Normal quantile by bisection of erfc: share = erfc(z / sqrt 2).
  double low = 0, high = 4;
  for (int i = 0; i < 60; ++i) {
    const double z = 0.5 * (low + high);
    (std::erfc(z / std::sqrt(2.0)) > share ? low : high) = z;
  }
  return 2.1 / std::max(low, 0.05);
}

std::optional<Path> propose_scale(const Situation& s) {
  const double rms = pre_activation(s);
  const auto gain = config_number(experiment(s), kGain);
  if (!(rms > 1.2)) return std::nullopt;
  const double to = gain ? two_digits(*gain / rms) : two_digits(1 / rms);
  const bool logged = slot(s, "preactivation_rms") > 0;
  Path path = start_path(
      s, scale_before_bound,
      gain ? fmt::format("lower the initial gain from {} to {}", number(*gain, 3), number(to, 2))
           : fmt::format("multiply what goes into the nonlinearity by {}", number(to, 2)),
      fmt::format(
          "{} means inputs with an RMS of about {}; divided by it they start at 1, where a tanh passes 42 % of the "
          "gradient and more",
          logged ? fmt::format("the log's {}", number(rms, 3))
                 : fmt::format("{} of normal inputs beyond the bound", percent(slot(s, "saturated_share"), 2)),
          number(rms, 2)),
      1);
  if (gain) change_setting(s, path, kGain, to);
  path.steps = {"change the scale and measure the share on one batch at step 0", "log it every 100 steps",
                fmt::format("stop if it is above {} after a tenth of the run", percent(kSaturated, 2))};
  path.risk = "weights can grow back: then the learning rate drives them, not the start";
  return path;
}

std::optional<Path> propose_soft_bound(const Situation& s) {
  const double share = slot(s, "saturated_share");
  if (!(share > kSaturated)) return std::nullopt;
  Path path = start_path(
      s, softer_nonlinearity, "replace the bounded nonlinearity by one that keeps a slope",
      fmt::format("{} of the units have next to no derivative; a softplus or leaky unit has one everywhere, and a "
                  "gate can be clipped linear (hard sigmoid), whose slope inside is constant",
                  percent(share, 2)),
      0.7);
  path.steps = {"swap it in the layers with the highest share only",
                "log the same share, and the gradient of the first layer",
                "give the baseline the same change, or it is another comparison"};
  path.risk = "an unbounded unit needs a norm somewhere to bound it";
  return path;
}

std::optional<Path> propose_norm(const Situation& s) {
  const double share = slot(s, "saturated_share"), onset = slot(s, "onset");
  if (!(share > kSaturated)) return std::nullopt;
  Path path = start_path(
      s, norm_before_bound, "put a norm in front of the nonlinearity",
      fmt::format("it holds the RMS of its inputs at 1 whatever the weights do; {} of the units stand at their "
                  "bounds{}",
                  percent(share, 2), std::isfinite(onset) ? fmt::format(" since step {}", number(onset)) : ""),
      0.8);
  path.steps = {"add LayerNorm or RMSNorm before the layers with the highest share", "log the share",
                "compare with a baseline given the same norms"};
  path.risk = "costs time, and changes the function";
  return path;
}

std::optional<Path> propose_penalty(const Situation& s) {
  const double z = slot(s, "log_z");
  if (!std::isfinite(z)) return std::nullopt;
  Path path = start_path(
      s, z_loss, fmt::format("add {} (log Z)^2 to the loss", number(kPenalty)),
      fmt::format(
          "at log Z = {} it costs {} nats and pulls with {} in all on the logits, enough to hold an offset that "
          "nothing else holds (Chowdhery et al. 2022, section 5)",
          number(z, 3), number(kPenalty * z * z, 2), number(2 * kPenalty * std::abs(z), 2)),
      1);
  path.steps = {"add the term to the training loss only, and log both", "log log Z",
                "stop if |log Z| is above 5 after a tenth of the run"};
  path.risk = "a term inside the logged loss shifts it: compare the cross-entropy";
  return path;
}

std::optional<Path> propose_centre(const Situation& s) {
  const double z = slot(s, "log_z");
  if (!std::isfinite(z)) return std::nullopt;
  Path path =
      start_path(s, centred_logits, "subtract the mean of the logits before the softmax",
                 fmt::format("the softmax does not see a common offset, so taking it out costs nothing and removes the "
                             "direction along which log Z went to {}",
                             number(z, 3)),
                 0.7);
  path.steps = {"centre in fp32, before the cast", "log log Z and the largest logit",
                "if the spread grows instead, the scale and not the offset runs away"};
  path.risk = "does not bound the spread of the logits";
  return path;
}

std::optional<Path> propose_head(const Situation& s) {
  const double logit = slot(s, "output_logit"), z = slot(s, "log_z");
  if (!std::isfinite(logit) && !std::isfinite(z)) return std::nullopt;
  Path path = start_path(
      s, normalised_head, "give the head its own weights and normalise its rows",
      fmt::format("the {} reached {}: rows of length 1 and one learned temperature bound every logit by it",
                  std::isfinite(z) ? "normaliser" : "largest logit", number(std::isfinite(z) ? z : logit, 3)),
      0.6);
  path.steps = {"untie the head from the embedding",
                "normalise rows and inputs, start the temperature at the clean logit's scale", "log the temperature"};
  path.risk = "more parameters, and another start";
  return path;
}

std::optional<Path> propose_less_decay(const Situation& s) {
  const double rank = slot(s, "rank"), base = slot(s, "rank_baseline");
  const auto decay = config_number(experiment(s), kDecay);
  if (!decay || !(*decay > 0) || !(rank > 0)) return std::nullopt;
  const double to = two_digits(*decay / 2);
  Path path = start_path(
      s, halve_decay, fmt::format("halve the weight decay to {}", number(to)),
      fmt::format("decay takes from all directions what only the used ones get back; the rank ended at {}{}",
                  number(rank, 3), base > 0 ? fmt::format(", the baseline's at {}", number(base, 3)) : std::string{}),
      0.5);
  change_setting(s, path, kDecay, to);
  path.steps = {"halve it, keep the rest", "log the same rank", "stop if it falls as before by half of the run"};
  path.risk = "if long steps along few directions did it, divide the learning rate by 1.5 instead";
  return path;
}

std::optional<Path> propose_floor(const Situation& s) {
  const double rank = slot(s, "rank");
  if (!(rank > 0)) return std::nullopt;
  Path path = start_path(
      s, spectral_floor, "orthogonalise the momentum of the hidden matrices before the step",
      fmt::format("an update with equal singular values moves all directions; a rank of {} says that the present one "
                  "moves few (Jordan 2024, Muon)",
                  number(rank, 3)),
      0.7);
  path.steps = {"five Newton-Schulz steps, scaled to the RMS of the present update",
                "log the rank of weights and updates", "compare at equal time too"};
  path.risk = "amplifies directions that are noise";
  return path;
}

std::optional<Path> propose_orthogonal(const Situation& s) {
  const double rank = slot(s, "rank"), base = slot(s, "rank_baseline");
  if (!(rank > 0) || !(base > rank)) return std::nullopt;
  Path path = start_path(
      s, orthogonal_penalty, "penalise |W'W / c - I|^2 in the layer whose rank fell",
      fmt::format("it is the only layer that needs it: {} against {}", number(rank, 3), number(base, 3)), 0.5);
  path.steps = {"find the layer by logging the rank of each", "add the penalty with 1e-4 there",
                "its rank must be back by a quarter of the run"};
  path.risk = "a layer that is better off with few directions is held back";
  return path;
}

}  // namespace

constinit const Move scale_before_bound{"scale_before_bound", "saturated_activations", PathKind::hyperparameter,
                                        propose_scale, "Brings inputs back to the slope. Science handbook R-norm."};
constinit const Move softer_nonlinearity{"softer_nonlinearity", "saturated_activations", PathKind::mathematical,
                                         propose_soft_bound, "A unit that keeps a slope. Science handbook R-norm."};
constinit const Move norm_before_bound{"norm_before_bound", "saturated_activations", PathKind::architectural,
                                       propose_norm, "A norm before the bound. Science handbook R-norm."};
constinit const Move z_loss{"z_loss", "output_logit_drift", PathKind::hyperparameter, propose_penalty,
                            "Holds the offset of the logits. Science handbook R-zloss, E14."};
constinit const Move centred_logits{"centred_logits", "output_logit_drift", PathKind::mathematical, propose_centre,
                                    "Takes the offset out. Science handbook R-zloss."};
constinit const Move normalised_head{"normalised_head", "output_logit_drift", PathKind::architectural, propose_head,
                                     "Bounds the head. Science handbook R-zloss."};
constinit const Move halve_decay{"halve_decay", "rank_collapse", PathKind::hyperparameter, propose_less_decay,
                                 "Leaves unused directions alive. Science handbook R-rank."};
constinit const Move spectral_floor{"spectral_floor", "rank_collapse", PathKind::mathematical, propose_floor,
                                    "Moves all directions. Science handbook R-rank."};
constinit const Move orthogonal_penalty{"orthogonal_penalty", "rank_collapse", PathKind::architectural,
                                        propose_orthogonal, "Keeps one layer wide. Science handbook R-rank."};

}  // namespace expanalyze
