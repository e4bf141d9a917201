// Assumptions on what the model and its data allow: capacity, generalisation, initialisation, precision, attention.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "text/format.hpp"
#include "theory/working_assumptions.hpp"

namespace expanalyze {

namespace {

using Opt = std::optional<double>;

void overfitting(const Facts& f, Draft& d) {
  d.assumption = "what lowers the training loss lowers the evaluation loss";
  const Opt train = f.last(Role::train_loss, true);
  const Opt eval = f.last(Role::eval_loss, true);
  const Opt train_b = f.last(Role::train_loss, false);
  const Opt eval_b = f.last(Role::eval_loss, false);
  const RunEnd* end = f.end();
  d.latex = R"(\mathcal G=L_{eval}-L_{train})";
  if (train && eval) {
    d.slots["gap"] = *eval - *train;
    d.latex += fmt::format("={}-{}={}", number(*eval), number(*train), number(*eval - *train, 3));
    d.paragraphs.push_back(fmt::format(
        "The gap between evaluation and training loss is {} - {} = {}{}; {}.", number(*eval), number(*train),
        number(*eval - *train, 3),
        train_b && eval_b ? fmt::format(", the baseline's {}", number(*eval_b - *train_b, 3)) : "", f.outcome()));
  } else {
    d.paragraphs.push_back(f.outcome() + ".");
  }
  if (end != nullptr && std::isfinite(end->best_value) && std::isfinite(end->final_value) &&
      end->best_step < end->last_step) {
    d.slots["best_step"] = end->best_step;
    d.slots["lost_after_best"] = std::abs(end->final_value - end->best_value);
    d.paragraphs.push_back(fmt::format(
        "The best value, {}, was at step {} of {}; from there on each step moved along directions that the training "
        "set has and the task has not, and "
        "cost {} in all. A regulariser earns its price only if the gap shrinks and the evaluation loss falls below {}.",
        number(end->best_value), number(end->best_step), number(end->last_step), number(d.slots["lost_after_best"], 3),
        number(end->best_value)));
  }
}

void capacity(const Facts& f, Draft& d) {
  d.assumption = "data, not parameters, limit the loss";
  const Opt train = f.last(Role::train_loss, true);
  const Opt train_b = f.last(Role::train_loss, false);
  const Opt eval = f.last(Role::eval_loss, true);
  d.latex = R"(L=E+AN^{-\alpha}+BD^{-\beta},\quad \frac{AN^{-\alpha}}{AN^{-\alpha}+BD^{-\beta}})";
  d.paragraphs.push_back(f.outcome() + (f.changes().empty() ? "." : "; changed: " + f.changes() + "."));
  if (train && train_b && eval) {
    d.slots["train_excess"] = *train - *train_b;
    d.slots["gap"] = *eval - *train;
    d.paragraphs.push_back(
        fmt::format("The training loss itself ends {} above the baseline's while the gap to the evaluation loss is {}: "
                    "the excess is in what the model can express, "
                    "the A N^-alpha of L = E + A N^-alpha + B D^-beta, which no number of steps lowers.",
                    signed_number(*train - *train_b, 3), number(*eval - *train, 3)));
  }
}

void over_regularization(const Facts& f, Draft& d) {
  d.assumption = "the regulariser closes a gap that was there";
  const Opt train = f.last(Role::train_loss, true);
  const Opt train_b = f.last(Role::train_loss, false);
  const Opt eval = f.last(Role::eval_loss, true);
  const Opt eval_b = f.last(Role::eval_loss, false);
  d.paragraphs.push_back(f.outcome() + (f.changes().empty() ? "." : "; changed: " + f.changes() + "."));
  if (train && train_b && eval && eval_b) {
    d.slots["gap"] = *eval - *train;
    d.slots["gap_baseline"] = *eval_b - *train_b;
    d.latex = fmt::format(R"(\mathcal G_e={}<\mathcal G_b={}\ \wedge\ L_e<L_b)", number(*eval - *train, 3),
                          number(*eval_b - *train_b, 3));
    d.paragraphs.push_back(
        fmt::format("Its price is the training loss, {} more; what it can return is at most the baseline's gap of {}, "
                    "and the gap is now {}. "
                    "Where the price exceeds the gap the regulariser cannot pay.",
                    signed_number(*train - *train_b, 3), number(*eval_b - *train_b, 3), number(*eval - *train, 3)));
  }
  if (const Opt eps = f.experiment({"label_smoothing"}); eps && *eps > 0 && *eps < 1)
    if (const Opt k = f.experiment({"num_classes", "n_classes", "vocab_size"}); k && *k > 1) {
      const double q = *eps * (1 - 1 / *k);
      const double floor = -(1 - q) * std::log(1 - q) - q * std::log(*eps / *k);
      d.slots["smoothing_floor"] = floor;
      d.paragraphs.push_back(fmt::format("Label smoothing {} over {} classes alone keeps the training loss above {}.",
                                         number(*eps), number(*k), number(floor)));
    }
}

/// Training loss that uniformly random targets on a share p of K classes leave: h(q), q = p (K - 1) / K.
double noise_floor(double p, double k) {
  const double q = p * (k - 1) / k;
  return -(1 - q) * std::log(1 - q) - q * std::log(q / (k - 1));
}

void label_noise(const Facts& f, Draft& d) {
  d.assumption = "the training targets carry the signal that evaluation asks for";
  const Opt train = f.last(Role::train_loss, true);
  const Opt train_b = f.last(Role::train_loss, false);
  const Opt k = f.experiment({"num_classes", "n_classes", "vocab_size"});
  Opt p = f.slot({"noise_share", "p", "label_noise_share"});
  d.paragraphs.push_back(fmt::format(
      "{}{}.", f.outcome(),
      train && train_b ? fmt::format("; training loss {} against {}", number(*train), number(*train_b)) : ""));
  d.latex = R"(h(q)=-(1-q)\ln(1-q)-q\ln\tfrac{q}{K-1},\quad q=p\tfrac{K-1}{K})";
  if (!p && train && k && *k > 1 && *train > 0 && *train < std::log(*k)) {
    double low = 0;
    double high = 1;
    for (int i = 0; i < 60; ++i) ((noise_floor((low + high) / 2, *k) < *train) ? low : high) = (low + high) / 2;
    p = low;
  }
  if (!p && !k && train && *train > 0)
    d.paragraphs.push_back(
        fmt::format("With the number of classes K in the config, h(q) = {} would give the share of random targets.",
                    number(*train)));
  if (!p) return;
  d.slots["label_noise_share"] = *p;
  d.paragraphs.push_back(
      fmt::format("If a share p of the targets is random a calibrated model cannot train below h(q) = -(1 - q) ln(1 - "
                  "q) - q ln(q / (K - 1)), q = p (K - 1) / K; "
                  "the loss at the end fits p {} {}.",
                  f.slot({"noise_share", "p", "label_noise_share"}) ? "=" : "<=", percent(*p)));
}

void bad_initialization(const Facts& f, Draft& d) {
  d.assumption = "training starts no worse than an uninformed guess";
  const Opt e = f.first(Role::eval_loss, true) ? f.first(Role::eval_loss, true) : f.first(Role::train_loss, true);
  const Opt b = f.first(Role::eval_loss, true) ? f.first(Role::eval_loss, false) : f.first(Role::train_loss, false);
  const Opt k = f.experiment({"num_classes", "n_classes", "vocab_size"});
  if (e) {
    d.slots["first_loss"] = *e;
    d.paragraphs.push_back(fmt::format("The first logged loss is {}{}; {}.", number(*e),
                                       b ? " against the baseline's " + number(*b) : "", f.outcome()));
  } else {
    d.paragraphs.push_back(f.outcome() + ".");
  }
  const Opt reference = k && *k > 1 ? Opt(std::log(*k)) : b;
  if (e && reference && *e > *reference) {
    const double sd = std::sqrt(2 * (*e - *reference));
    d.slots["logit_sd"] = sd;
    d.latex =
        fmt::format(R"(L_0-L_{{ref}}\approx\tfrac12\mathrm{{Var}}(\text{{logits}})\Rightarrow s=\sqrt{{2({}-{})}}={})",
                    number(*e), number(*reference), number(sd, 3));
    d.paragraphs.push_back(fmt::format(
        "Gaussian logits of variance s^2 cost s^2 / 2 over {}: the excess of {} is a logit s.d. of {} more than the "
        "start that learns. Scaling the last "
        "layer (or all initial weights) down until the first loss is {} removes it.",
        k ? "ln K" : "the baseline's start", number(*e - *reference, 3), number(sd, 3), number(*reference)));
  } else if (const Opt g = f.first(Role::grad_norm, true)) {
    const Opt gb = f.first(Role::grad_norm, false);
    d.paragraphs.push_back(
        fmt::format("The level is no worse than the baseline's; the first gradient norm is {}{}: what is wrong is the "
                    "scale at which the signal passes, not where it starts.",
                    number(*g, 3), gb ? " against " + number(*gb, 3) : ""));
  }
}

void dead_units(const Facts& f, Draft& d) {
  d.assumption = "every unit takes part";
  const Opt e = f.last(Role::dead_fraction, true);
  const Opt b = f.last(Role::dead_fraction, false);
  if (e) {
    d.slots["dead_share"] = *e;
    d.latex = fmt::format(R"(\phi'(z)=0\ \forall x\Rightarrow\nabla_w L=0,\quad N_{{eff}}=(1-{})N)", number(*e, 3));
    d.paragraphs.push_back(fmt::format("{} of the units gave zero on every input at the end{}; {}.", percent(*e),
                                       b ? fmt::format(" (baseline {})", percent(*b)) : "", f.outcome()));
    d.paragraphs.push_back(
        fmt::format("A rectifier that is off for all inputs has derivative 0, so no gradient can switch it on again: "
                    "what trained on is a network with {} of the units.",
                    percent(1 - *e)));
  } else {
    d.paragraphs.push_back(f.outcome() + ".");
  }
}

void saturated(const Facts& f, Draft& d) {
  d.assumption = "units work where their derivative is not zero";
  const Opt e = f.last(Role::saturated_fraction, true);
  const Opt b = f.last(Role::saturated_fraction, false);
  d.paragraphs.push_back(
      fmt::format("{}{}.", f.outcome(),
                  e ? fmt::format("; saturated share {}{}", percent(*e), b ? " against " + percent(*b) : "") : ""));
  if (e) d.slots["saturated_share"] = *e;
  d.latex = R"(1-\tanh^2(z)\le 1-.99^2=.02)";
  d.paragraphs.emplace_back(
      "At |tanh| > 0.99 the derivative is at most 0.02: two such layers pass 1 / 2500 of the gradient.");
}

void attention(const Facts& f, Draft& d) {
  d.assumption = "attention logits stay small enough for the softmax to average";
  const Opt e = f.largest(Role::attention_logit, true);
  const Opt b = f.largest(Role::attention_logit, false);
  const Opt h = f.last(Role::attention_entropy, true);
  const Opt hb = f.last(Role::attention_entropy, false);
  d.paragraphs.push_back(f.outcome() + (f.changes().empty() ? "." : "; changed: " + f.changes() + "."));
  if (e) {
    d.slots["max_logit"] = *e;
    d.latex = fmt::format(R"(\max|z|\le\|W_q^\top W_k\|_2\|x\|^2/\sqrt{{d_h}},\quad \max|z|={})", number(*e, 3));
    d.paragraphs.push_back(
        fmt::format("The largest logit reached {}{}{}. Logits grow with the product of two weight matrices, so their "
                    "scale grows with the square of the weights', and "
                    "the entropy falls exponentially with it (Zhai et al. 2023).",
                    number(*e, 3), b ? " (baseline " + number(*b, 3) + ")" : "",
                    h ? fmt::format(", with an entropy of {} nats at the end{}", number(*h, 3),
                                    hb ? " against " + number(*hb, 3) : "")
                      : ""));
  }
  if (b && e && *b < *e) {
    d.slots["softcap"] = *b;
    d.paragraphs.push_back(fmt::format(
        "Updated rule: normalise q and k, or cap the logits at the {} that the baseline lives with.", number(*b, 3)));
  }
}

void precision(const Facts& f, Draft& d) {
  d.assumption = "the number format holds the gradients";
  const Opt scale = f.last(Role::loss_scale, true);
  const Opt first = f.first(Role::loss_scale, true);
  const Opt skipped = f.last(Role::skipped_steps, true);
  d.paragraphs.push_back(f.outcome() + (f.changes().empty() ? "." : "; changed: " + f.changes() + "."));
  if (scale && first && *scale > 0 && *first > 0) {
    d.slots["loss_scale"] = *scale;
    d.slots["halvings"] = std::log2(*first / *scale);
    d.paragraphs.push_back(fmt::format("The loss scale went from {} to {}, {} halvings net.", number(*first),
                                       number(*scale), number(std::log2(*first / *scale), 3)));
  }
  if (skipped && f.steps() > 0) {
    d.slots["skipped_share"] = *skipped / f.steps();
    d.paragraphs.push_back(
        fmt::format("{} steps of {} were skipped for overflow ({}): that much of the budget moved nothing.",
                    number(*skipped), number(f.steps()), percent(*skipped / f.steps())));
  }
  d.latex = R"(2^{-24}\le|g|\,S\le65504\ (\text{fp16}))";
  d.paragraphs.emplace_back(
      "fp16 holds 6e-8 to 65504: gradients times the scale S must fit between. bfloat16 has the range of fp32 and "
      "needs no scale; a master copy in fp32 keeps updates below 2^-9 of a weight.");
}

void leak(const Facts& f, Draft& d) {
  d.assumption = "the evaluation measures what the training cannot see";
  const Opt train = f.last(Role::train_loss, true);
  const Opt eval = f.last(Role::eval_loss, true);
  const Opt train_b = f.last(Role::train_loss, false);
  const Opt eval_b = f.last(Role::eval_loss, false);
  d.paragraphs.push_back(f.outcome() + ".");
  if (!train || !eval) return;
  d.slots["gap"] = *eval - *train;
  d.latex =
      fmt::format(R"(\mathbb E[L_{{eval}}-L_{{train}}]\ge0\ \text{{without noise on the training side; measured }}{})",
                  number(*eval - *train, 3));
  d.paragraphs.push_back(
      fmt::format("Evaluation minus training loss is {}{}. On data that the model has not fitted this is not negative "
                  "in expectation unless the training loss "
                  "carries dropout, augmentation, smoothing or a moving average: a verdict from this ruler waits until "
                  "it is checked.",
                  signed_number(*eval - *train, 3),
                  train_b && eval_b ? fmt::format(", the baseline's {}", signed_number(*eval_b - *train_b, 3)) : ""));
}

void shift(const Facts& f, Draft& d) {
  d.assumption = "training and evaluation draw from one distribution throughout";
  overfitting(f, d);
  d.assumption = "training and evaluation draw from one distribution throughout";
}

constexpr WorkingAssumption kRows[] = {
    {"overfitting", overfitting},
    {"capacity_limited", capacity},
    {"over_regularization", over_regularization},
    {"label_noise", label_noise},
    {"bad_initialization", bad_initialization},
    {"dead_units", dead_units},
    {"saturated_activations", saturated},
    {"attention_logit_growth", attention},
    {"precision_loss_scale_collapse", precision},
    {"eval_bug_or_leak", leak},
    {"distribution_shift", shift},
};

}  // namespace

std::span<const WorkingAssumption> model_assumptions() { return kRows; }

}  // namespace expanalyze
