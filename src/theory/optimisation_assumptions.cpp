// Assumptions on the step: its size, its noise, its schedule.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "text/format.hpp"
#include "theory/working_assumptions.hpp"

namespace expanalyze {

namespace {

using Opt = std::optional<double>;

Opt batch(const Facts& f, bool of_experiment) {
  const Names names{"batch_size", "train_batch_size", "per_device_train_batch_size", "batch", "global_batch_size"};
  return of_experiment ? f.experiment(names) : f.baseline(names);
}

/// "peak learning rate 0.03, 10 times the baseline's 0.003" with slots.
std::string lr_sentence(const Facts& f, Draft& d) {
  const Opt e = f.peak_lr(true);
  const Opt b = f.peak_lr(false);
  if (!e) return {};
  d.slots["lr"] = *e;
  if (!b || *b <= 0 || *e <= 0) return fmt::format("The largest learning rate was {}", number(*e));
  d.slots["lr_ratio"] = *e / *b;
  if (*e == *b) return fmt::format("Both sides ran with a largest learning rate of {}", number(*e));
  return fmt::format("The largest learning rate was {}, {} times the baseline's {}", number(*e), number(*e / *b, 3),
                     number(*b));
}

/// E2: with dL = lr |G|^2 - lr^2 G'HG / 2 the decrease is zero at twice the best step.
void descent_budget(Draft& d, double factor) {
  d.latex =
      fmt::format(R"(\Delta L(\eta)=\eta|G|^2-\tfrac12\eta^2\big(G^\top HG+\tfrac1B\mathrm{{tr}}(H\Sigma)\big),\quad )"
                  R"(\frac{{\Delta L(\rho\,\eta_{{opt}})}}{{\Delta L(\eta_{{opt}})}}=\rho(2-\rho),\ \rho={})",
                  number(factor, 3));
}

void lr_too_high(const Facts& f, Draft& d) {
  d.assumption = "the step is short enough for the curvature and the gradient noise";
  if (const auto lr = lr_sentence(f, d); !lr.empty()) d.paragraphs.push_back(lr + "; " + f.outcome() + ".");
  // The diagnosis inverts the gain of the decay where it can, and falls back to the ratio of the rates.
  const Opt ratio = d.slots.count("lr_ratio") != 0 ? Opt(d.slots["lr_ratio"]) : std::nullopt;
  Opt rho = f.slot({"rho"});
  const bool inverted = rho && (!ratio || std::abs(*rho - *ratio) > 1e-9);
  if (!rho && ratio && *ratio > 1) rho = ratio;
  if (!rho || *rho <= 1) return;
  d.slots["rho"] = *rho;
  descent_budget(d, *rho);
  d.paragraphs.push_back(
      fmt::format("The best decrease per step is eta |G|^2 - eta^2 (G'HG + tr(H Sigma) / B) / 2, a parabola: rho times "
                  "the best step keeps rho (2 - rho) "
                  "of the progress. At rho = {} ({}) that is {}{}.",
                  number(*rho, 3),
                  inverted ? "inverted from the curves, within a factor e" : "if the baseline's rate was the best one",
                  number(*rho * (2 - *rho), 3),
                  *rho >= 2 ? ": the step climbs, and only the decay of the rate brings the loss down" : ""));
  if (const auto it = d.slots.find("lr"); it != d.slots.end()) {
    d.slots["lr_new"] = it->second / *rho;
    d.paragraphs.push_back(fmt::format("Updated assumption: eta <= {} / {} = {}.", number(it->second), number(*rho, 3),
                                       number(it->second / *rho, 3)));
  }
}

void lr_too_low(const Facts& f, Draft& d) {
  d.assumption = "the step is long enough for the bias to be gone when the budget ends";
  if (const auto lr = lr_sentence(f, d); !lr.empty()) d.paragraphs.push_back(lr + "; " + f.outcome() + ".");
  Opt rho = f.slot({"rho"});
  const bool flat = !rho || *rho >= 1;  // the diagnosis could not invert the slope
  // A rate that was cut is cause enough: nine tenths of the way back in logs, the step that the recipe takes.
  const auto cut = d.slots.find("lr_ratio");
  if (cut != d.slots.end() && (cut->second < 1 / 1.2 || (flat && cut->second < 1))) rho = std::pow(cut->second, 0.9);
  if (!rho || *rho <= 0 || *rho >= 1) return;
  d.slots["rho"] = *rho;
  descent_budget(d, *rho);
  d.paragraphs.push_back(
      fmt::format("Along a direction of curvature h the error falls as (1 - eta h)^t. At {} of the best rate each "
                  "direction needs 1 / {} = {} times the "
                  "steps, and a step keeps rho (2 - rho) = {} of the best decrease.",
                  number(*rho, 3), number(*rho, 3), number(1 / *rho, 3), number(*rho * (2 - *rho), 3)));
  if (const auto it = d.slots.find("lr"); it != d.slots.end()) {
    d.slots["lr_new"] = it->second / *rho;
    d.paragraphs.push_back(fmt::format("Updated assumption: eta about {} / {} = {}.", number(it->second),
                                       number(*rho, 3), number(it->second / *rho, 3)));
  }
}

void divergence(const Facts& f, Draft& d) {
  d.assumption = "the largest curvature stays below what the step tolerates, 2 / eta";
  d.paragraphs.push_back(f.outcome() + ".");
  const Opt lr = f.peak_lr(true);
  if (!lr || *lr <= 0) return;
  d.slots["lr"] = *lr;
  const double beta = f.experiment({"momentum", "beta1", "adam_beta1"}).value_or(0);
  const double limit = (2 + 2 * beta) / *lr;
  d.slots["sharpness_limit"] = limit;
  d.latex = fmt::format(R"(\lambda_{{max}}(H)<\frac{{2+2\beta}}{{\eta}}=\frac{{{}}}{{{}}}={})", number(2 + 2 * beta),
                        number(*lr), number(limit, 3));
  d.paragraphs.push_back(
      fmt::format("{}. Heavy ball with beta = {} is stable while the largest eigenvalue of the Hessian stays below (2 "
                  "+ 2 beta) / eta = {} (Cohen et al. "
                  "2021; 38 / eta on the preconditioned Hessian for Adam with beta1 = 0.9). Beyond it the component "
                  "along that direction grows by a "
                  "constant factor per step, which is the shape of this end.",
                  lr_sentence(f, d), number(beta), number(limit, 3)));
  if (const Opt b = f.peak_lr(false); b && *b < *lr)
    d.paragraphs.push_back(
        fmt::format("Updated assumption: the baseline survived at {}; what is known to be safe is eta <= {}.",
                    number(*b), number(*b)));
}

void batch_size(const Facts& f, Draft& d, bool large) {
  d.assumption = large ? "a larger batch buys proportionally fewer steps"
                       : "the batch averages enough noise away for the step taken";
  const Opt e = batch(f, true);
  const Opt b = batch(f, false);
  const Opt critical = f.slot({"critical_batch", "b_crit", "bcrit", "noise_scale"});
  if (b) d.slots["batch_baseline"] = *b;  // of the config, like the experiment's
  if (e) {
    d.slots["batch"] = *e;
    d.paragraphs.push_back(fmt::format("Batch {}{}; {}.", number(*e), b ? " against " + number(*b) : "", f.outcome()));
  } else {
    d.paragraphs.push_back(f.outcome() + ".");
  }
  d.latex = R"(S=S_{min}(1+B_{crit}/B),\qquad E=E_{min}(1+B/B_{crit}))";
  if (e && critical && *critical > 0) {
    d.slots["critical_batch"] = *critical;
    d.paragraphs.push_back(
        fmt::format("With a critical batch of {} the share of compute that buys no direction is B / (B + Bcrit) = {}, "
                    "the share of steps "
                    "lost to noise Bcrit / (B + Bcrit) = {}.",
                    number(*critical, 3), percent(*e / (*e + *critical)), percent(*critical / (*e + *critical))));
  } else if (e && b && *b > 0 && *e > 0 && *e != *b) {
    const double ratio = *e / *b;
    d.slots["batch_ratio"] = ratio;
    d.paragraphs.push_back(
        fmt::format("The variance of a step changes by 1 / {} = {}, so at an unchanged rate the noise floor does, too; "
                    "to keep it the rate would go by "
                    "{} (SGD) or by its root {} (Adam). McCandlish et al. 2018: S = Smin (1 + Bcrit / B) steps and E = "
                    "Emin (1 + B / Bcrit) samples; which "
                    "side of Bcrit this run is on follows from the gradient norm at two batch sizes.",
                    number(ratio, 3), number(1 / ratio, 3), number(ratio, 3), number(std::sqrt(ratio), 3)));
    if (const Opt lr = f.peak_lr(true); lr && !large) d.slots["lr_new_adam"] = *lr * std::sqrt(ratio);
  }
}
void batch_too_small(const Facts& f, Draft& d) { batch_size(f, d, false); }
void batch_too_large(const Facts& f, Draft& d) { batch_size(f, d, true); }

void schedule_mismatch(const Facts& f, Draft& d) {
  d.assumption = "the learning rate comes to rest when the run does";
  const Opt peak = f.largest(Role::lr, true);
  const Opt last = f.last(Role::lr, true);
  const Opt last_baseline = f.last(Role::lr, false);
  if (peak && last && *peak > 0) {
    d.slots["lr_end_share"] = *last / *peak;
    d.paragraphs.push_back(
        fmt::format("The rate ended at {} of its peak {}{}; {}.", percent(*last / *peak), number(*peak),
                    last_baseline ? ", the baseline's at " + number(*last_baseline) : "", f.outcome()));
    d.latex = fmt::format(
        R"(L_{{end}}=L_{{area}}-\hat g,\quad \hat g=B'\textstyle\sum\Delta\eta\,G(\cdot),\qquad \eta_{{end}}/\eta_{{max}}={})",
        number(*last / *peak, 3));
    d.paragraphs.push_back(
        *last / *peak > 0.1
            ? "Loss at the end is a sum over the rate spent and over its descent: without the descent the gain of "
              "annealing, 3 to 6 % of the loss on public "
              "language-model curves, is still owed. The comparison is of two points of a schedule, not of two recipes."
            : "A rate that has come down early buys nothing on the rest of the steps: with eta near 0 the decrease eta "
              "|G|^2 is near 0 whatever the gradient.");
  } else {
    d.paragraphs.push_back(f.outcome() + (f.changes().empty() ? "." : "; changed: " + f.changes() + "."));
  }
}

void executed_schedule(const Facts& f, Draft& d) {
  d.assumption = "the rate that was executed is the one that was configured";
  const Opt was = f.slot({"lr_executed"}), meant = f.slot({"lr_configured"}), step = f.slot({"worst_step"});
  d.paragraphs.push_back(f.outcome() + (f.changes().empty() ? "." : "; changed: " + f.changes() + "."));
  if (!was || !meant || !step) return;
  d.slots = {{"lr_executed", *was}, {"lr_configured", *meant}};
  d.latex = fmt::format(R"(\eta_{{{}}}={}\ne{})", number(*step), number(*was, 3), number(*meant, 3));
  d.paragraphs.push_back(fmt::format(
      "At step {} the rate was {} and should have been {}: what was compared is the schedule that ran, and the "
      "config does not describe it.",
      number(*step), number(*was, 3), number(*meant, 3)));
}

void warmup_instability(const Facts& f, Draft& d) {
  d.assumption = "the first steps are safe at the rate they are taken";
  const Opt warm = f.experiment({"warmup", "warmup_steps", "num_warmup_steps", "warmup_iters"});
  const Opt warm_baseline = f.baseline({"warmup", "warmup_steps", "num_warmup_steps", "warmup_iters"});
  const double beta2 = f.experiment({"beta2", "adam_beta2"}).value_or(0.999);
  const double least = 2 / (1 - std::min(beta2, 0.999999));
  if (warm) d.slots["warmup"] = *warm;
  d.slots["warmup_least"] = least;
  d.latex = fmt::format(R"(t_w\ge\frac{{2}}{{1-\beta_2}}=\frac{{2}}{{1-{}}}={})", number(beta2), number(least, 4));
  d.paragraphs.push_back(fmt::format("{}{}{}.", f.outcome(),
                                     warm ? fmt::format("; warm-up {} steps", number(*warm)) : "",
                                     warm_baseline ? fmt::format(", baseline {}", number(*warm_baseline)) : ""));
  d.paragraphs.push_back(
      fmt::format("Adam's second moment averages 1 / (1 - beta2) gradients; before about twice that, 2 / (1 - {}) = {} "
                  "steps, its scale is "
                  "guessed from a few samples while curvature is at its highest. A run as short as this one ({} steps) "
                  "may have to settle for the "
                  "baseline's warm-up.",
                  number(beta2), number(least, 4), number(f.steps())));
}

void momentum_mismatch(const Facts& f, Draft& d) {
  d.assumption = "momentum leaves the effective step eta / (1 - beta) where it was tuned";
  const Opt e = f.experiment({"momentum", "beta1"});
  const Opt b = f.baseline({"momentum", "beta1"});
  d.paragraphs.push_back(f.outcome() + ".");
  if (!e || !b || *e >= 1 || *b >= 1) return;
  const double factor = (1 - *b) / (1 - *e);
  d.slots = {{"momentum", *e}, {"step_factor", factor}};
  if (const Opt lr = f.peak_lr(true)) d.slots["lr_new"] = *lr / factor;
  d.latex = fmt::format(R"(\frac{{\eta/(1-\beta_e)}}{{\eta/(1-\beta_b)}}=\frac{{1-{}}}{{1-{}}}={})", number(*b),
                        number(*e), number(factor, 3));
  d.paragraphs.push_back(fmt::format(
      "Momentum {} instead of {} multiplies the effective step by (1 - {}) / (1 - {}) = {}{}.", number(*e), number(*b),
      number(*b), number(*e), number(factor, 3),
      d.slots.count("lr_new") != 0 ? fmt::format("; to keep it the rate would be {}", number(d.slots["lr_new"], 3))
                                   : ""));
}

constexpr WorkingAssumption kRows[] = {
    {"divergence", divergence},
    {"lr_too_high", lr_too_high},
    {"lr_too_low", lr_too_low},
    {"warmup_instability", warmup_instability},
    {"momentum_mismatch", momentum_mismatch},
    {"batch_too_small", batch_too_small},
    {"batch_too_large", batch_too_large},
    {"schedule_mismatch", schedule_mismatch},
    {"schedule_restart_or_lr_bug", executed_schedule},
};

}  // namespace

std::span<const WorkingAssumption> optimisation_assumptions() { return kRows; }

}  // namespace expanalyze
