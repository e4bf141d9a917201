// D-20: the epsilon of Adam stands above the root of its second moment, so the division no longer normalises.
//
// Adam moves by lr m / (sqrt(v) + eps). Logs seldom hold sqrt(v), but where they hold the length of the updates, the
// rate and the gradient, lr |g| / |u| is the denominator that acted, times |g| / |m|, and eps over it is epsilon's
// share. That needs no number of parameters, and a "eps" in the config that is another setting betrays itself: no part
// of a denominator is larger than the whole.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "diagnosis/levels.hpp"
#include "diagnosis/readings.hpp"
#include "diagnosis/weigh.hpp"
#include "stats/descriptive.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kShare = 0.5;        // D-20: of the denominator
constexpr double kNotEpsilon = 1.5;   // |m| is at most about |g|: a share beyond that is none
constexpr double kShortUpdate = 0.1;  // D-20: RMS of the update over the rate; healthy .2 to .4

std::optional<double> epsilon(const Run& run) {
  static constexpr std::array<std::string_view, 7> names{
      "eps", "epsilon", "adam_eps", "adam_epsilon", "adamw_eps", "optimizer_eps", "optimizer_epsilon"};
  return config_number(run, names);
}

/// A config with an epsilon is one of Adam's kind unless it names SGD: under a large epsilon the first update looks
/// like SGD's.
bool plain_sgd(const Run& run) {
  return optimizer_of(run) == "sgd" || (!epsilon(run) && starts_as_sgd(update_length(run)));
}

/// Where the root of the second moment was read from.
struct Denominator {
  double value = kNan;  ///< median over the run, without its first tenth
  double low = kNan;    ///< 5 % quantile
  Role seen = Role::none;
  std::string_view how;
};

Denominator denominator(const Run& run) {
  if (const Curve v = finite(trajectory(run, Role::second_moment)); v.size() >= 5) {
    const auto late = std::span(v.value).subspan(v.size() / 10);
    return {stats::median(late), stats::quantile(late, 0.05), Role::second_moment, "the root of its second moment"};
  }
  const UpdateLength updates = update_length(run);
  if (updates.per_lr_grad.size() >= 5) {
    std::vector<double> d;
    for (std::size_t i = updates.per_lr_grad.size() / 10; i < updates.per_lr_grad.size(); ++i)
      d.push_back(1 / updates.per_lr_grad[i]);
    return {stats::median(d), stats::quantile(d, 0.05),
            find(run, Role::update_norm) ? Role::update_norm : Role::update_ratio, "rate x gradient / update"};
  }
  const Curve g = finite(trajectory(run, Role::grad_norm));
  if (const double n = parameter_count(run); n > 0 && g.size() >= 5) {
    const auto late = std::span(g.value).subspan(g.size() / 10);
    return {stats::median(late) / std::sqrt(n), stats::quantile(late, 0.05) / std::sqrt(n), Role::grad_norm,
            "the RMS of its gradient"};
  }
  return {};
}

bool holds_epsilon(const Denominator& d) { return d.seen == Role::update_norm || d.seen == Role::update_ratio; }

/// phi: a logged second moment stands beside epsilon, the acting denominator already holds it. Of the latter this is
/// the least that phi can be, because |m| is less than |g| where batches disagree.
double share(const Run& run) {
  const auto eps = epsilon(run);
  const Denominator d = denominator(run);
  if (!eps || std::isnan(d.value)) return kNan;
  return holds_epsilon(d) ? *eps / d.value : *eps / (d.value + *eps);
}

/// |m| over |g| of gradients that are nothing but noise: sqrt((1 - beta1) / (1 + beta1)), .23 at 0.9.
double least_momentum(const Run& run) {
  static constexpr std::array<std::string_view, 3> names{"beta1", "adam_beta1", "adam_b1"};
  const double beta = std::clamp(config_number(run, names).value_or(0.9), 0.0, 0.999);
  return std::sqrt((1 - beta) / (1 + beta));
}

double length_per_rate(const Run& run) {
  const UpdateLength updates = update_length(run);
  return updates.empty() ? kNan : stats::median(updates.per_lr);
}

/// The share by how much shorter updates are than the baseline's, whose smaller epsilon leaves sqrt(v) alone:
/// 1 - L_e / L_b with L = |u| / lr, kept between the two ends that the experiment's own log allows. Measured on small
/// networks with epsilon 0.01, 0.1 and 1: at least .10, .24 and .60 by the own log, .46, .92 and .98 by this.
double settled_share(const Case& c, double least) {
  const Run& run = *c.experiment.front();
  const double shorter = 1 - mean_over(c.experiment, length_per_rate) / mean_over(c.baseline, length_per_rate);
  const auto own = epsilon(run), other = epsilon(*c.baseline.front());
  if (!holds_epsilon(denominator(run)) || least > kNotEpsilon || !own || !other || *own < 10 * *other ||
      !std::isfinite(shorter))
    return least;
  return std::clamp(shorter, std::min(1.0, least), std::min(1.0, least / least_momentum(run)));
}

double update_per_rate(const Run& run) {
  const Common both = common_steps(finite(trajectory(run, Role::update_rms)), finite(trajectory(run, Role::lr)));
  std::vector<double> ratio;
  for (std::size_t i = 0; i < both.step.size(); ++i)
    if (both.b[i] > 0) ratio.push_back(both.a[i] / both.b[i]);
  return stats::median(ratio);
}

void weigh_share(const Case& c, double phi, Scored& out) {
  const Run& run = *c.experiment.front();
  const double eps = *epsilon(run), baseline = mean_over(c.baseline, share);
  const Denominator d = denominator(run);
  const bool known = std::isfinite(baseline) && baseline < kNotEpsilon;
  // What the recipe compares epsilon with is a network that trained: the baseline's, where epsilon left one.
  const Denominator healthy = denominator(*c.baseline.front());
  out.slots["eps"] = eps;
  out.slots["phi"] = phi;
  out.slots["v_rms"] = holds_epsilon(d) ? std::max(0.0, eps / std::min(1.0, phi) - eps) : d.value;
  if (known && baseline < 0.1) out.slots["denominator_q05_baseline"] = healthy.low;
  out.looked_at = fmt::format("epsilon {} is {} of Adam's denominator{}", number(eps), percent(std::min(phi, 1.0), 2),
                              known ? fmt::format(" (baseline: {})", percent(std::min(baseline, 1.0), 2)) : "");
  const Place where = place_at_end(run, d.seen);
  if (phi > kNotEpsilon) {
    out.looked_at = fmt::format("the setting of {} is larger than what divided the updates, {}: it is not epsilon",
                                number(eps), number(d.value, 3));
    out.evidence.push_back({out.looked_at, bare(phi, "median_of_steps"), -kDecisive, 1, 0, {where}});
    return;
  }
  const std::string text = fmt::format("{}, by {}, whose median is {}", out.looked_at, d.how, number(d.value, 3));
  if (phi < 0.5 * kShare)
    out.evidence.push_back({text, over_seeds(c.experiment, share), -kStrong, 1, 0, {where}});
  else
    out.evidence.push_back({text,
                            over_seeds(c.experiment, share),
                            kDecisive,
                            graded_above(phi, kShare) * (known ? graded_above(phi / baseline, 1.5) : 1),
                            's',
                            {where}});
}

void weigh_length(const Case& c, Scored& out) {
  const double rms = mean_over(c.experiment, update_per_rate), baseline = mean_over(c.baseline, update_per_rate);
  if (!std::isfinite(rms)) return;
  const bool is_short = rms < 2 * kShortUpdate;
  out.evidence.push_back(
      {fmt::format("the RMS of an update is {} learning rates{}", number(rms, 3), against_baseline(baseline)),
       over_seeds(c.experiment, update_per_rate),
       is_short ? kStrong : -kStrong,
       is_short ? graded_below(rms, kShortUpdate) : 1,
       is_short ? 's' : '\0',
       {place_at_end(*c.experiment.front(), Role::update_rms)}});
}

void weigh_curve(const Case& c, Scored& out) {
  if (std::isnan(c.lr.r_kappa))
    out.missing_weight += kModerate;
  else if (c.lr.r_kappa > 1)
    out.evidence.push_back(
        {fmt::format(
             "before annealing the loss was still falling {}x as fast as the baseline's: steps that are too short",
             number(c.lr.r_kappa, 3)),
         bare(c.lr.r_kappa, "between_seeds_1.07_to_1.63"),
         kModerate,
         graded_above(c.lr.r_kappa, 1.5),
         0,
         {place_of(*c.experiment.front(), Role::train_loss)}});
  if (const auto* d = c.changed({"eps", "epsilon", "adam_eps", "adam_epsilon"}); d && raised(*d))
    out.evidence.push_back({"epsilon was raised: " + say_change(*d), bare(1, "config"), change_weight(c), 1, 'c', {}});
}

Outcome detect(const Case& c) {
  const Run& run = *c.experiment.front();
  const auto eps = epsilon(run);
  if (plain_sgd(run)) {
    Scored out;
    out.looked_at = "the optimizer is SGD, which has no epsilon";
    return out;
  }
  if (!eps)
    return Untestable{{},
                      "the epsilon of the optimizer",
                      "write epsilon into the config, and log the RMS of sqrt(v) every 100 steps"};
  const double phi = settled_share(c, mean_over(c.experiment, share));
  const double rms = mean_over(c.experiment, update_per_rate);
  if (std::isnan(phi) && std::isnan(rms))
    return Untestable{{},
                      "the root of Adam's second moment, or the length of its updates",
                      "log the RMS of sqrt(v), or the norm of the update, every 100 steps"};
  Scored out;
  if (!std::isnan(phi)) weigh_share(c, phi, out);
  weigh_length(c, out);
  weigh_curve(c, out);
  if (out.looked_at.empty()) out.looked_at = fmt::format("an update is {} learning rates long", number(rms, 3));
  out.effect_share = 1;
  weigh_outcome(c, out);
  const auto lr = peak_of(run, Role::lr);
  out.soul = fmt::format(
      "Epsilon = {} was {} of what Adam divides by: it had quietly become SGD with a rate of {}.", number(*eps),
      std::isnan(phi) ? std::string("most") : percent(std::min(phi, 1.0), 2),
      std::isnan(lr) ? "lr / epsilon" : fmt::format("{} / {} = {}", number(lr, 3), number(*eps), number(lr / *eps, 3)));
  return out;
}

}  // namespace

constinit const Detector adam_epsilon_dominates{
    .id = "adam_epsilon_dominates", .prior = kRare, .detect = detect, .doc = R"(
## What it looks for
An epsilon that is more than half of sqrt(v) + epsilon, by the logged second moment, by rate x gradient / update, or by the gradient's norm over
the root of the number of parameters; updates whose RMS is below a tenth of the learning rate; a loss that still falls fast when annealing
starts; a raised epsilon in the config.
## Why it matters
Adam's steps have the size of the learning rate because sqrt(v) normalises them. Under a large epsilon they have the size of the gradient times
lr / epsilon: parameters with small gradients stand still, and the run looks like one with a small learning rate.
## Formula
phi = eps / (sqrt(v) + eps). With u = lr m / (sqrt(v) + eps): eps |u| / (lr |g|) = phi |m| / |g|, with |m| / |g| between
sqrt((1 - beta1) / (1 + beta1)) and 1; against a baseline with a smaller epsilon 1 - (|u| / lr) / (|u| / lr of the baseline) lies between these ends.
## False alarms and misses
With much batch noise |m| is a few tenths of |g|, and without a baseline phi is read too small by that. Gradients fall with scale and training, so a default of 1e-8
can begin to act late: a mean over layers hides the ones with the smallest gradients. Vanishing gradients and fp16 underflow make sqrt(v) small: where
`precision_loss_scale_collapse` is likely, this finding is its symptom.
## Reference
Science handbook D-20, E7; Kingma and Ba 2015, arXiv:1412.6980; Wortsman et al. 2023, arXiv:2309.14322.
)"};

}  // namespace expanalyze
