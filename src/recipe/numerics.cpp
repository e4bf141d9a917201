// R-attn and R-prec: numbers that grow out of what the format, or the softmax, can hold.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "recipe/propose.hpp"
#include "stats/descriptive.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr std::string_view kScale[] = {"attn_scale", "attention_scale", "qk_scale", "softmax_scale"};
constexpr std::string_view kLossScale[] = {"loss_scale", "initial_loss_scale", "init_scale", "initial_scale"};
constexpr std::string_view kGrowth[] = {"scale_growth_interval", "growth_interval", "loss_scale_window",
                                        "scale_window"};

/// The largest logit that a clean run has.
double clean_logit(const Situation& s) {
  const double cap = theory_slot(s, "softcap");
  if (cap > 0) return cap;
  const Curve logit = finite(trajectory(baseline(s), Role::attention_logit));
  return logit.empty() ? std::numeric_limits<double>::quiet_NaN() : stats::quantile(logit.value, 0.999);
}

std::optional<Path> propose_temper(const Situation& s) {
  const double own = slot(s, "max_logit"), clean = clean_logit(s);
  if (!(own > 0) || !(clean > 0) || clean >= own) return std::nullopt;
  const double factor = two_digits(clean / own);
  const auto scale = config_number(experiment(s), kScale);
  const double to = scale ? two_digits(*scale * factor) : factor;
  Path path =
      start_path(s, temper_attention,
                 scale ? fmt::format("lower the attention scale from {} to {}", number(*scale, 3), number(to, 2))
                       : fmt::format("multiply the scale of the attention logits by {}", number(factor, 2)),
                 fmt::format("the largest logit reached {}, the baseline's {}: {} / {} = {}", number(own, 4),
                             number(clean, 3), number(clean, 3), number(own, 4), number(factor, 2)),
                 1);
  if (scale) change_setting(s, path, kScale, to);
  path.steps = {"change the scale and measure logits and entropy on one batch at step 0",
                fmt::format("log the largest logit: it must stay below {}", number(two_digits(2 * clean))),
                "if it climbs all the same, halve the rate of the query and key matrices"};
  path.risk = "the weights can grow back what the scale took";
  return path;
}

std::optional<Path> propose_cap(const Situation& s) {
  const double clean = clean_logit(s);
  if (!(clean > 0)) return std::nullopt;
  const double cap = two_digits(clean);
  Path path = start_path(
      s, cap_logits, fmt::format("cap the logits softly: c tanh(logit / c) with c = {}", number(cap)),
      fmt::format(
          "{} is the 99.9 % quantile of the baseline's largest logit, so that the cap is felt only above what a "
          "clean run uses",
          number(cap)),
      0.9);
  path.steps = {fmt::format("apply the cap before the softmax, c = {}", number(cap)), "log the logit before the cap",
                "stop if it still climbs after a quarter of the run"};
  path.risk = "hides the growth of the weights instead of stopping it: log their norm";
  return path;
}

std::optional<Path> propose_qk_norm(const Situation& s) {
  const double entropy = slot(s, "entropy"), onset = slot(s, "onset");
  Path path = start_path(
      s, normalise_queries, "normalise queries and keys in the layers whose attention collapsed",
      fmt::format(
          "{}with unit queries and keys a logit is bounded by the learned gain (Dehghani et al. 2023, "
          "arXiv:2302.05442){}",
          std::isfinite(entropy) ? fmt::format("the entropy of attention fell to {} nats; ", number(entropy, 2)) : "",
          std::isfinite(onset) ? fmt::format(", which would have acted at step {}, where it began", number(onset))
                               : ""),
      0.9);
  path.steps = {"log entropy and largest logit per layer for 5 % of a run",
                "add the norms where the entropy is below a tenth of ln(context)",
                "compare the baseline given the same norms"};
  path.risk = "a norm changes the function: part of the gain may be its own";
  return path;
}

/// Three halvings below the scale at which gradients overflowed, and growth too rare to return there often.
std::optional<Path> propose_scale(const Situation& s) {
  const double at = theory_slot(s, "loss_scale");
  const double share = slot(s, "skipped_share");
  if (!(at > 1) || !(share > 0.01)) return std::nullopt;
  const double to = std::exp2(std::floor(std::log2(at)) - 3);
  const double interval = std::max(1.0, std::min(2000.0, std::floor(length(s) / 2)));
  Path path = start_path(
      s, calmer_scale,
      fmt::format("start the loss scale at {} and let it grow every {} steps", number(to), number(interval)),
      fmt::format(
          "{} of the steps overflowed with the scale about {}: three halvings below are headroom for gradients 8 "
          "times as large, and each growth risks one step, so {} of them are enough",
          percent(share, 3), number(at, 6), number(interval)),
      1);
  if (!config_key(experiment(s), kLossScale).empty()) change_setting(s, path, kLossScale, to);
  if (!config_key(experiment(s), kGrowth).empty()) change_setting(s, path, kGrowth, interval);
  path.steps = {"set both", "log the scale and the skipped steps", "stop if more than 1 % of the steps are skipped"};
  path.risk = "a scale that is too low flushes small gradients to zero: watch the share of lost updates";
  return path;
}

std::optional<Path> propose_master(const Situation& s) {
  const double lost = slot(s, "lost_updates");
  Path path = start_path(
      s, compensated_sums, "keep master weights in fp32, or compensate the sum (Kahan)",
      std::isfinite(lost)
          ? fmt::format("{} of the logged updates changed no weight: steps below half a unit in the last place vanish, "
                        "and a compensated sum keeps them for later",
                        percent(lost, 3))
          : std::string("steps below half a unit in the last place vanish, and a compensated sum keeps them for later"),
      0.6);
  path.steps = {"keep an fp32 copy, or one compensation term a weight",
                "log the share of updates that change no weight", "it must fall below 5 %"};
  path.risk = "does nothing for steps that overflowed and were skipped";
  return path;
}

std::optional<Path> propose_islands(const Situation& s) {
  const double share = slot(s, "skipped_share");
  Path path =
      start_path(s, full_precision_islands, "keep loss, softmax, norms and head in fp32",
                 std::isfinite(share)
                     ? fmt::format("{} of the steps overflowed, and the largest numbers of a backward pass are made "
                                   "at its start: there a wider format costs least",
                                   percent(share, 3))
                     : std::string("the largest numbers of a backward pass are made at its start: there a wider "
                                   "format costs least"),
                 0.7);
  path.wall_ratio = 1.05;
  path.steps = {"run these modules in fp32, or everything in bf16 where the hardware has it",
                "log the scale at which the first overflow comes", "it must rise by a factor of 8 or more"};
  path.risk = "the overflow may come from a hidden layer: log where the first infinity is";
  return path;
}

}  // namespace

constinit const Move temper_attention{"temper_attention", "attention_logit_growth", PathKind::hyperparameter,
                                      propose_temper, "Brings logits back to clean ones. Science handbook R-attn."};
constinit const Move cap_logits{"cap_logits", "attention_logit_growth", PathKind::mathematical, propose_cap,
                                "Bounds the logits softly. Science handbook R-attn."};
constinit const Move normalise_queries{"normalise_queries", "attention_logit_growth", PathKind::architectural,
                                       propose_qk_norm, "Bounds queries and keys. Science handbook R-attn."};
constinit const Move calmer_scale{"calmer_loss_scale", "precision_loss_scale_collapse", PathKind::hyperparameter,
                                  propose_scale, "Headroom for the loss scale. Science handbook R-prec."};
constinit const Move compensated_sums{"compensated_sums", "precision_loss_scale_collapse", PathKind::mathematical,
                                      propose_master, "Keeps small updates. Science handbook R-prec."};
constinit const Move full_precision_islands{"full_precision_islands", "precision_loss_scale_collapse",
                                            PathKind::architectural, propose_islands,
                                            "Full precision where it counts. Science handbook R-prec."};

}  // namespace expanalyze
