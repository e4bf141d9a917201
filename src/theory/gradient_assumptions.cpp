// Assumptions on gradients and on what the optimiser makes of them: scale, clipping, moments, decay.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "stats/descriptive.hpp"
#include "text/format.hpp"
#include "theory/working_assumptions.hpp"

namespace expanalyze {

namespace {

using Opt = std::optional<double>;

void clipping(const Facts& f, Draft& d) {
  d.assumption = "clipping touches outliers only, so that the configured learning rate is the one that acts";
  Opt c = f.experiment({"clip", "grad_clip", "max_grad_norm", "clip_grad_norm", "gradient_clip_val", "clip_norm"});
  if (!c) c = f.slot({"clip", "clip_threshold", "c"});
  const auto norms = f.values(Role::grad_norm, true);
  Opt factor = f.slot({"clip_factor", "effective_lr_factor", "lr_effective_ratio"});
  if (c && *c > 0 && !norms.empty()) {
    std::vector<double> factors;
    for (const double g : norms) factors.push_back(g > 0 ? std::min(1.0, *c / g) : 1);
    const auto clipped = std::count_if(norms.begin(), norms.end(), [c](double g) { return g >= *c; });
    factor = stats::median(factors);
    d.slots["clip"] = *c;
    d.slots["clip_share"] = static_cast<double>(clipped) / static_cast<double>(norms.size());
    d.slots["grad_norm_median"] = stats::median(norms);
    // The baseline's gradients where it was clipped less: the experiment's are those of a network that hardly moved.
    d.slots["clip_new"] = f.slot({"grad_q90_baseline"}).value_or(stats::quantile(norms, 0.9));
    d.paragraphs.push_back(
        fmt::format("The threshold {} was reached on {} of {} records; the median gradient norm is {}. {}.", number(*c),
                    percent(d.slots["clip_share"]), norms.size(), number(stats::median(norms)), f.outcome()));
  }
  const Opt lr = f.peak_lr(true);
  if (factor && lr) {
    d.slots["lr"] = *lr;
    d.slots["lr_effective"] = *lr * *factor;
    d.latex = fmt::format(R"(\eta_{{eff}}=\eta\cdot\mathrm{{median}}\min\big(1,\tfrac{{c}}{{\|g\|}}\big)={}\cdot{}={})",
                          number(*lr), number(*factor, 3), number(*lr * *factor, 3));
    d.paragraphs.push_back(
        fmt::format("With nearly every step clipped |u| = eta c is constant: eta and c are one parameter, and a "
                    "smaller gradient no longer shortens the step. "
                    "The rate that acted was eta * median min(1, c / |g|) = {} * {} = {}.",
                    number(*lr), number(*factor, 3), number(*lr * *factor, 3)));
  }
  if (d.slots.count("clip_new") != 0)
    d.paragraphs.push_back(fmt::format("Updated rule: c = 90 % quantile of |g| = {}, which clips one step in ten.",
                                       number(d.slots["clip_new"], 3)));
}

void exploding(const Facts& f, Draft& d) {
  d.assumption = "gradients keep their scale on the way through the layers and through time";
  const Opt median = f.median(Role::grad_norm, true);
  const Opt most = f.largest(Role::grad_norm, true);
  const Opt base = f.median(Role::grad_norm, false);
  if (median && most && *median > 0) {
    d.slots["grad_norm_growth"] = *most / *median;
    d.paragraphs.push_back(fmt::format("The gradient norm reached {} at a median of {}{}. {}.", number(*most),
                                       number(*median),
                                       base ? fmt::format(" (baseline's median {})", number(*base)) : "", f.outcome()));
  } else {
    d.paragraphs.push_back(f.outcome() + ".");
  }
  const Opt depth = f.experiment({"depth", "n_layer", "num_layers", "n_layers"});
  if (depth && *depth > 0 && median && base && *base > 0 && *median > *base) {
    const double gain = std::pow(*median / *base, 1 / *depth);
    d.slots["gain_per_layer"] = gain;
    d.latex = fmt::format(R"(\prod_l g_l={}\Rightarrow \bar g={}^{{1/{}}}={}\notin[.9,1.1])",
                          number(*median / *base, 3), number(*median / *base, 3), number(*depth), number(gain, 3));
    d.paragraphs.push_back(
        fmt::format("Over {} layers {} times the baseline's gradient is a gain of {} per layer, where 0.9 to 1.1 keeps "
                    "a signal alive.",
                    number(*depth), number(*median / *base, 3), number(gain, 3)));
  } else {
    d.latex = R"(\|u\|=\eta\min(c,\|g\|))";
    if (const Opt q = median)
      d.paragraphs.push_back(fmt::format(
          "A clip at the median {} would bound the step to eta * {} without touching the other half of the steps.",
          number(*q, 3), number(*q, 3)));
  }
}

void vanishing(const Facts& f, Draft& d) {
  d.assumption = "every layer receives a gradient it can learn from";
  const Opt median = f.median(Role::grad_norm, true);
  const Opt base = f.median(Role::grad_norm, false);
  Opt ratio = f.slot({"layer_ratio", "grad_ratio", "min_layer_ratio"});
  if (!ratio && median && base && *base > 0) ratio = *median / *base;
  d.paragraphs.push_back(fmt::format("{}{}.", f.outcome(),
                                     median ? fmt::format("; median gradient norm {}{}", number(*median, 3),
                                                          base ? " against " + number(*base, 3) : "")
                                            : ""));
  const Opt depth = f.experiment({"depth", "n_layer", "num_layers", "n_layers"});
  if (!ratio || *ratio <= 0) return;
  d.slots["gradient_ratio"] = *ratio;
  if (!depth || *depth <= 0 || *ratio >= 1) return;
  const double gain = std::pow(*ratio, 1 / *depth);
  d.slots["gain_per_layer"] = gain;
  d.latex = fmt::format(R"(\bar g={}^{{1/{}}}={})", number(*ratio, 3), number(*depth), number(gain, 3));
  d.paragraphs.push_back(
      fmt::format("A factor {} over {} layers is a gain of {} per layer (0.9 to 1.1 keeps a signal alive): the initial "
                  "scale is too small by about {} per "
                  "layer, or the nonlinearity too flat.",
                  number(*ratio, 3), number(*depth), number(gain, 3), number(1 / gain, 3)));
}

void adam_epsilon(const Facts& f, Draft& d) {
  d.assumption = "epsilon is small against the root of the second moment";
  const Opt eps = f.experiment({"eps", "adam_epsilon", "epsilon", "adam_eps"});
  const Opt v = f.slot({"v_rms", "sqrt_v", "grad_rms"});
  d.paragraphs.push_back(f.outcome() + ".");
  if (!eps) return;
  d.slots["eps_adam"] = *eps;
  d.latex = R"(\eta_{eff}=\eta/(1+\epsilon/\sqrt v))";
  if (v && *v > 0) {
    d.slots["lr_multiplier"] = 1 / (1 + *eps / *v);
    d.paragraphs.push_back(
        fmt::format("epsilon = {} against sqrt(v) = {} multiplies the rate by 1 / (1 + {}) = {}: Adam has become SGD.",
                    number(*eps), number(*v, 3), number(*eps / *v, 3), number(d.slots["lr_multiplier"], 3)));
  } else {
    d.paragraphs.push_back(
        fmt::format("epsilon = {} divides the step by 1 + epsilon / sqrt(v); sqrt(v) is not logged.", number(*eps)));
  }
}

void beta2_mismatch(const Facts& f, Draft& d) {
  d.assumption = "the second moment follows the scale of the gradient";
  const Opt beta2 = f.experiment({"beta2", "adam_beta2"});
  const double beta1 = f.experiment({"beta1", "adam_beta1"}).value_or(0.9);
  d.paragraphs.push_back(f.outcome() + ".");
  if (!beta2 || *beta2 >= 1) return;
  const double memory = 1 / (1 - *beta2);
  const double jump = (1 - beta1) / std::sqrt(1 - *beta2);
  d.slots = {{"beta2", *beta2}, {"memory", memory}, {"largest_first_update", jump}};
  d.latex = fmt::format(
      R"(|u|\le\eta\max\{{1,\tfrac{{1-\beta_1}}{{\sqrt{{1-\beta_2}}}}\}}={}\,\eta,\quad \tfrac1{{1-\beta_2}}={})",
      number(std::max(1.0, jump), 3), number(memory, 4));
  d.paragraphs.push_back(
      fmt::format("beta2 = {} remembers {} steps; after a jump of the gradient the first update is up to (1 - beta1) / "
                  "sqrt(1 - beta2) = {} "
                  "times the usual one.",
                  number(*beta2), number(memory, 4), number(jump, 3)));
}

void weight_decay(const Facts& f, Draft& d) {
  d.assumption = "decay forgets more slowly than the data teach";
  const Opt wd = f.experiment({"weight_decay", "wd"});
  const Opt lr = f.peak_lr(true);
  d.paragraphs.push_back(f.outcome() + (f.changes().empty() ? "." : "; changed: " + f.changes() + "."));
  const Opt first = f.first(Role::param_norm, true);
  const Opt last = f.last(Role::param_norm, true);
  const Opt last_baseline = f.last(Role::param_norm, false);
  if (first && last && *first > 0) {
    d.slots["param_norm_ratio"] = *last / *first;
    d.paragraphs.push_back(fmt::format(
        "The norm of the parameters went from {} to {}{}: what is forgotten is not learned again in time.",
        number(*first), number(*last), last_baseline ? ", the baseline's ended at " + number(*last_baseline) : ""));
    d.latex = R"(w_T=\sum_t(1-\eta\lambda)^{T-t}u_t,\quad \tau=1/(\eta\lambda))";
  }
  if (!wd || !lr || *wd <= 0 || *lr <= 0) return;
  const double tau = 1 / (*lr * *wd);
  d.slots.insert({{"weight_decay", *wd}, {"lr", *lr}, {"tau", tau}});
  d.latex = fmt::format(R"(\tau=\frac{{1}}{{\eta\lambda}}=\frac{{1}}{{{}\cdot{}}}={}\ \text{{steps}})", number(*lr),
                        number(*wd), number(tau, 3));
  d.paragraphs.push_back(fmt::format(
      "AdamW's weights are a moving average of updates over tau = 1 / (eta lambda) = 1 / ({} * {}) = {} steps{} (Wang "
      "& Aitchison 2024: "
      "between one epoch and the whole run).",
      number(*lr), number(*wd), number(tau, 3),
      f.steps() > 0 ? fmt::format(", {} of the run's {}", percent(tau / f.steps()), number(f.steps())) : ""));
  if (f.steps() > 0) {
    d.slots["weight_decay_new"] = 1 / (*lr * 0.3 * f.steps());
    d.paragraphs.push_back(fmt::format("Updated rule: tau of 0.3 runs gives lambda <= 1 / (0.3 eta T) = {}.",
                                       number(d.slots["weight_decay_new"], 3)));
  }
}

void spikes(const Facts& f, Draft& d) {
  d.assumption = "the step stays inside the region where the gradient is a guide";
  const Opt n = f.slot({"spikes", "spike_count", "n_spikes"});
  const Opt cost = f.slot({"share_lost"});
  if (n) d.slots["spikes"] = *n;
  d.paragraphs.push_back(fmt::format("{}{}; {}.", n ? number(*n) + " persistent spikes" : "Spikes",
                                     cost ? fmt::format(" that cost {} of the budget", percent(*cost)) : "",
                                     f.outcome()));
  if (const Opt lr = f.peak_lr(true); lr && *lr > 0) {
    d.slots["lr"] = *lr;
    d.latex = fmt::format(R"(\eta\,\lambda_{{max}}<2\ \Rightarrow\ \lambda_{{max}}<{})", number(2 / *lr, 3));
    d.paragraphs.push_back(
        fmt::format("At the largest rate {} any direction with curvature above 2 / eta = {} is thrown out and comes "
                    "back only because the curvature "
                    "falls with the distance: each spike is such an excursion.",
                    number(*lr), number(2 / *lr, 3)));
  }
}

void edge(const Facts& f, Draft& d) {
  d.assumption = "the learning rate leaves room below the limit of stability";
  const Opt sharpness = f.slot({"sharpness"}), limit = f.slot({"sharpness_limit"});
  d.paragraphs.push_back(f.outcome() + (f.changes().empty() ? "." : "; changed: " + f.changes() + "."));
  if (!sharpness || !limit || *limit <= 0) return;
  d.slots = {{"sharpness", *sharpness}, {"sharpness_limit", *limit}};
  d.latex = fmt::format(R"(\eta\lambda_{{max}}/\text{{limit}}={}/{}={})", number(*sharpness, 3), number(*limit, 3),
                        number(*sharpness / *limit, 3));
  d.paragraphs.push_back(fmt::format(
      "Sharpness {} stands against a limit of {} set by the rate: training goes on there because curvature "
      "falls along the direction that overshoots (Damian et al. 2023, arXiv:2209.15594), and a rate that is "
      "larger by a factor lets it settle at a sharpness that is smaller by the same.",
      number(*sharpness, 3), number(*limit, 3)));
}

constexpr WorkingAssumption kRows[] = {
    {"loss_spikes_recovering", spikes},       {"loss_spikes_nonrecovering", spikes},
    {"edge_of_stability_oscillation", edge},  {"exploding_gradients", exploding},
    {"vanishing_gradients", vanishing},       {"gradient_clipping_saturated", clipping},
    {"excessive_weight_decay", weight_decay}, {"adam_epsilon_dominates", adam_epsilon},
    {"beta2_mismatch", beta2_mismatch},
};

}  // namespace

std::span<const WorkingAssumption> gradient_assumptions() { return kRows; }

}  // namespace expanalyze
