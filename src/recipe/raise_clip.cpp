// R-clip: the clip acted on nearly every step.
#include <fmt/format.h>

#include <cmath>

#include "recipe/propose.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

/// The 90 % quantile of the norm before clipping: from the baseline when it was clipped less, as the experiment's own
/// gradients are those of a network that hardly moved.
double quantile(const Situation& s) {
  const double own = slot(s, "grad_q90");
  const double base = slot(s, "grad_q90_baseline");
  return std::isfinite(base) ? base : own;
}

std::optional<Path> propose_raise(const Situation& s) {
  const double from = slot(s, "clip_threshold");
  const double to = two_digits(quantile(s));
  if (!(to > 0)) return std::nullopt;
  Path path = start_path(
      s, raise_clip,
      fmt::format("raise the clip threshold from {} to {} ({}x)", number(from, 3), number(to, 3), number(to / from, 2)),
      fmt::format("{} is the 90 % quantile of the gradient norm, so that one step in ten is clipped, as is meant for "
                  "outliers; {} "
                  "clipped {} of them",
                  number(to, 3), number(from, 3), percent(slot(s, "clip_share"), 3)),
      1);
  change_setting(s, path, kClip, to);
  path.steps = {fmt::format("set the threshold to {}", number(to, 3)), "log the share of clipped steps",
                "stop if that share is above 0.3 after 5 % of the run"};
  path.risk =
      "gradients that really explode are clipped later: keep the threshold below the highest norm of the baseline";
  return path;
}

std::optional<Path> propose_adaptive(const Situation& s) {
  const double factor = slot(s, "clip_factor");
  if (!(factor > 0)) return std::nullopt;
  Path path =
      start_path(s, adaptive_clip, "clip by the norm's own history: threshold = 2.5 s.d. above its moving average",
                 fmt::format("a fixed threshold let {} of the gradient through in the median; a z-score rule follows "
                             "the norm and touches outliers "
                             "only (Kumar et al. 2025, arXiv:2504.02507: z > 2.5 with decay 0.97)",
                             percent(factor, 2)),
                 1);
  path.steps = {"keep a moving mean and variance of the norm with decay 0.97",
                "rescale the gradient to the mean when z > 2.5",
                "log z and the share of clipped steps: it should stay below 5 %"};
  path.risk = "the history needs some 30 steps to warm up: clip by the fixed threshold until then";
  return path;
}

std::optional<Path> propose_isolate(const Situation& s) {
  const auto layers = find_all(experiment(s), Role::layer_grad_norm);
  if (layers.size() < 2) return std::nullopt;
  double high = 0;
  double sum = 0;
  const Series* loud = nullptr;
  for (const Series* series : layers) {
    const Curve curve = finite(trajectory(experiment(s), *series));
    if (curve.empty()) continue;
    sum += curve.value.back() * curve.value.back();
    if (curve.value.back() > high) {
      high = curve.value.back();
      loud = series;
    }
  }
  if (!loud || !(sum > 0)) return std::nullopt;
  Path path =
      start_path(s, isolate_clipped_group,
                 fmt::format("clip the group behind {} on its own, leave the others free", code_span(loud->logged_as)),
                 fmt::format("it carries {} of the squared gradient norm of the {} logged layers, and one common clip "
                             "shrinks all of them with it",
                             percent(high * high / sum, 3), layers.size()),
                 0.7);
  path.steps = {"clip each parameter group by its own norm",
                fmt::format("start with {} for the loudest and no clip elsewhere", number(high, 2)),
                "log the share of clipped steps a group"};
  path.risk = "if all groups grow together the common clip was doing its work";
  return path;
}

}  // namespace

constinit const Move raise_clip{
    "raise_clip", "gradient_clipping_saturated", PathKind::hyperparameter, propose_raise,
    "Sets the threshold to the 90 % quantile of the gradient norm. Science handbook R-clip, E9c."};
constinit const Move adaptive_clip{"adaptive_clip", "gradient_clipping_saturated", PathKind::mathematical,
                                   propose_adaptive,
                                   "Replaces the fixed threshold by a z-score of the norm. Science handbook R-clip."};
constinit const Move isolate_clipped_group{"isolate_clipped_group", "gradient_clipping_saturated",
                                           PathKind::architectural, propose_isolate,
                                           "Clips the loudest group on its own. Science handbook R-clip."};

}  // namespace expanalyze
