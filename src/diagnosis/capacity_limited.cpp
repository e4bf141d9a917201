// D-17: the model ran out of room, not of time.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "diagnosis/levels.hpp"
#include "diagnosis/weigh.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr std::array<std::string_view, 19> kSize{
    "width",    "depth",    "hidden",     "hidden_size",       "hidden_dim", "d_model",   "d_ff",
    "n_layer",  "n_layers", "num_layers", "num_hidden_layers", "n_embd",     "embed_dim", "n_head",
    "channels", "n_params", "num_params", "model_size",        "rank"};

/// The models are one and the same when a baseline run and an experiment run agree before the first update.
bool same_initial_model(const Case& c) {
  for (const Run* b : c.baseline)
    for (const Run* e : c.experiment)
      for (const Role role : {Role::eval_loss, Role::param_norm}) {
        const Curve x = finite(trajectory(*b, role));
        const Curve y = finite(trajectory(*e, role));
        if (!x.empty() && !y.empty() && x.step.front() == y.step.front() && x.step.front() <= 1 &&
            x.value.front() == y.value.front())
          return true;
      }
  return false;
}

/// A setting of the model's size that is smaller in the experiment.
const ConfigDifference* smaller(const Case& c) {
  for (const auto& difference : c.review.config_diff)
    for (const auto word : kSize)
      if (const auto change = number_change(&difference);
          change && has_token(difference.key, word) && change->to < change->from)
        return &difference;
  return nullptr;
}

void weigh_size(const Case& c, Scored& out) {
  const double b = mean_over(c.baseline, flops_per_token);
  const double e = mean_over(c.experiment, flops_per_token);
  out.slots["flops_per_token_ratio"] = e / b;
  if (const ConfigDifference* size = smaller(c))
    out.evidence.push_back({fmt::format("the model is smaller: {}", say_change(*size)),
                            exact(number_change(size)->to),
                            kStrong,
                            1,
                            'p',
                            {}});
  if (smaller(c) || e / b < 0.6) out.slots["smaller_model"] = 1;
  if (same_initial_model(c)) {
    out.slots.erase("smaller_model");
    out.evidence.push_back(
        {"before the first update it is the baseline's model to the last digit", exact(1), -kDecisive, 1, 0, {}});
    return;
  }
  // A cheaper optimizer lowers FLOPs per token too, but rarely to less than half.
  if (std::isfinite(e / b))
    out.evidence.push_back(
        {fmt::format("a token costs {}x the baseline's FLOPs, which count its parameters", number(e / b, 3)),
         exact(e / b),
         e / b < 0.9 ? kStrong : -kStrong,
         e / b < 0.9 ? graded_below(e / b, 0.6) : 1,
         'p',
         {place_of(*c.experiment.front(), Role::flops)}});
  else if (c.review.config_known && !smaller(c))
    out.evidence.push_back({"no setting of the model's size was lowered", exact(0), -kStrong, 1, 0, {}});
  else if (!smaller(c))
    out.missing_weight += kStrong;
}

Outcome detect(const Case& c) {
  const Levels l = final_levels(c);
  if (std::isnan(l.train_b) || std::isnan(l.train_e))
    return Untestable{{},
                      "a training loss on both sides",
                      "log the training loss of every step, and FLOPs or the parameter count once"};
  Scored out;
  const double excess = l.train_e - l.train_b;
  out.slots["train_excess"] = excess;
  out.slots["gap"] = l.gap_e();
  out.looked_at = fmt::format("the training loss ends {} from the baseline's", signed_number(excess, 3));
  const Place where = place_of(*c.experiment.front(), Role::train_loss);
  if (!(excess > l.scale)) {
    out.evidence.push_back({fmt::format("the training loss ends at {} against {}: nothing was out of reach",
                                        number(l.train_e), number(l.train_b)),
                            bare(excess, "levels"),
                            -kStrong,
                            1,
                            0,
                            {where}});
    return out;
  }
  out.evidence.push_back({fmt::format("the training loss itself ends {} above the baseline's", number(excess, 3)),
                          bare(excess, "levels"),
                          kWeak,
                          graded_above(excess, 2 * l.scale),
                          0,
                          {where}});
  weigh_size(c, out);
  if (std::isfinite(l.gap_e()) && std::isfinite(l.gap_b()))
    out.evidence.push_back(
        {fmt::format("evaluation minus training loss is {}{}: what it learned, it learned in general",
                     signed_number(l.gap_e(), 3), against_baseline(l.gap_b())),
         bare(l.gap_e(), "levels"),
         kWeak,
         graded_below(std::abs(l.gap_e()), 0.5 * excess),
         0,
         {}});
  else
    out.missing_weight += kWeak;
  if (c.lr.r_kappa < 0.7)
    out.evidence.push_back({fmt::format("it is flat and high: before annealing it fell {}x as fast as the baseline",
                                        number(c.lr.r_kappa, 3)),
                            bare(c.lr.r_kappa, "between_seeds_1.07_to_1.63"),
                            kModerate,
                            graded_below(c.lr.r_kappa, 0.5),
                            0,
                            {}});
  if (c.lr.r_gain > 1.2)
    out.evidence.push_back(
        {fmt::format("annealing gave {}x the baseline's gain, the mark of a step too large", number(c.lr.r_gain, 3)),
         bare(c.lr.r_gain, "ratio"),
         -2.0,
         graded_above(c.lr.r_gain, 1.5),
         0,
         {}});
  if (const ConfigDifference* d = changed_token(c, regulariser_words()); d && raised(*d))
    out.evidence.push_back(
        {fmt::format("{}: regularisation was raised", say_change(*d)), exact(1), -kModerate, 1, 0, {}});
  out.effect_share = c.gap > 0 ? std::min(1.0, excess / c.gap) : 0;
  weigh_outcome(c, out);
  out.soul = fmt::format(
      "The model ran out of room, not of time: its training loss stops at {}, {} above the baseline's, with nothing "
      "lost "
      "between training and evaluation.",
      number(l.train_e), number(excess, 3));
  return out;
}

}  // namespace

constinit const Detector capacity_limited{.id = "capacity_limited", .prior = kOccasional, .detect = detect, .doc = R"(
## What it looks for
A training loss that ends above the baseline's with no gap to the evaluation loss, in a model that is smaller: by its config, or by the FLOPs
that a token costs (2 forward and 4 backward for each parameter).
## Why it matters
The term A N^-alpha of the scaling law falls with parameters only; more steps cannot buy it.
## False alarms and misses
The same start to the last digit means the same model. A cheaper optimizer also lowers FLOPs per token. Step sizes, decay and dropout
underfit too; they have cards of their own. Without FLOPs, token counts and config a smaller model cannot be seen.
## Reference
Science handbook D-17, E6; Hoffmann et al. 2022, arXiv:2203.15556; Kaplan et al. 2020, arXiv:2001.08361 (6 N D).
)"};

}  // namespace expanalyze
