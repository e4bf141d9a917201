// R-stab: spikes and divergence.
#include <fmt/format.h>

#include <cmath>

#include "recipe/propose.hpp"
#include "stats/descriptive.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

/// The 99 % quantile of the baseline's gradient norm: what a clean run needs (F2).
double clean_quantile(const Situation& s) {
  const Curve norm = finite(trajectory(baseline(s), Role::grad_norm));
  return norm.size() < 20 ? std::numeric_limits<double>::quiet_NaN() : stats::quantile(norm.value, 0.99);
}

std::optional<Path> propose_clip(const Situation& s) {
  const double threshold = two_digits(clean_quantile(s));
  if (!(threshold > 0)) return std::nullopt;
  Path path = start_path(s, clip_spikes, fmt::format("clip the gradient norm at {}", number(threshold, 3)),
                         fmt::format("{} is the 99 % quantile of the baseline's gradient norm: a clean run loses one "
                                     "step in a hundred to it, a spike most of "
                                     "its force",
                                     number(threshold, 3)),
                         0.7);
  change_setting(s, path, kClip, threshold);
  path.steps = {fmt::format("set the threshold to {}", number(threshold, 3)),
                "log the norm before clipping and the share of clipped steps",
                "stop if more than half of the spikes remain in the first quarter"};
  path.risk = "if the rate is too high, clipping hides it and slows the run";
  return path;
}

std::optional<Path> propose_update_clip(const Situation& s) {
  Path path = start_path(
      s, update_clipping, "divide the step by max(1, RMS of g / sqrt(v)) (update clipping)",
      s.finding && std::isfinite(slot(s, "step"))
          ? fmt::format("what broke at step {} was the update, not the loss: a second moment that is out of "
                        "date makes it too long, and "
                        "clipping the update acts in the same step (Wortsman et al. 2023, arXiv:2304.13013)",
                        number(slot(s, "step")))
          : fmt::format("a second moment that is out of date makes the update too long{}; clipping the update "
                        "tells whether it was that or the data (Wortsman et al. 2023, arXiv:2304.13013)",
                        slot(s, "spikes") > 0
                            ? fmt::format(", and {} spikes are that or the data", number(slot(s, "spikes")))
                            : ""),
      0.6);
  path.steps = {"log RMS_t = sqrt(mean(g^2 / v)) every step", "scale the rate of the step by 1 / max(1, RMS_t)",
                "RMS_t above 2.3 before a spike confirms it"};
  path.risk = "needs an optimizer with a second moment";
  return path;
}

std::optional<Path> propose_normalise(const Situation& s) {
  const auto layers = find_all(experiment(s), Role::layer_grad_norm);
  Path path = start_path(
      s, normalise_where_it_breaks, "normalise the activations of the layer whose gradient leaves its band first",
      layers.empty()
          ? "no gradient is logged by layer, so the layer has to be found first"
          : fmt::format("{} layers log their gradient norm; the first to leave its band before the event is the one",
                        layers.size()),
      0.5);
  path.steps = {"log the gradient norm of every layer for the steps before the event",
                "add a norm (or qk-norm in attention) to the first that leaves its band",
                "restart 100 steps before the event from a checkpoint"};
  path.risk = "a norm changes the function: compare with the baseline given the same norm";
  return path;
}

}  // namespace

constinit const Move clip_spikes{"clip_spikes", "loss_spikes_recovering", PathKind::hyperparameter, propose_clip,
                                 "Clips at the 99 % quantile of clean gradients. Science handbook R-stab."};
constinit const Move update_clipping{"update_clipping", "loss_spikes_recovering", PathKind::mathematical,
                                     propose_update_clip,
                                     "Bounds the update instead of the gradient. Science handbook R-stab."};
constinit const Move normalise_where_it_breaks{
    "normalise_where_it_breaks", "loss_spikes_recovering", PathKind::architectural, propose_normalise,
    "Normalises the first layer to leave its band. Science handbook R-stab."};

}  // namespace expanalyze
