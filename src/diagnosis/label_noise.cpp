// D-44: a share of the training targets carries no signal.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnosis/levels.hpp"
#include "diagnosis/weigh.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr std::string_view kClasses[] = {"num_classes", "n_classes", "num_labels", "vocab_size", "n_vocab"};

/// Training loss that uniformly random targets on a share p of K classes leave to a calibrated model: h(q), q = p (K -
/// 1) / K (D-44).
double floor_of(double p, double k) {
  const double q = p * (k - 1) / k;
  return q <= 0 ? 0 : -(1 - q) * std::log(1 - q) - q * std::log(q / (k - 1));
}

/// The share whose floor is `loss`, by bisection: h rises up to p = 1. The excess over the baseline's own level counts.
double share_of_noise(double loss, double k) {
  if (!(k > 1) || !(loss > 0) || loss >= std::log(k)) return std::numeric_limits<double>::quiet_NaN();
  double low = 0, high = 1;
  for (int i = 0; i < 60; ++i) ((floor_of((low + high) / 2, k) < loss) ? low : high) = (low + high) / 2;
  return low;
}

/// Training above evaluation loss, between two shares of the run.
double inverse_gap(const Run& run, double from, double to) {
  return median_of(run, Role::train_loss, from, to) - median_of(run, Role::eval_loss, from, to);
}

void weigh_regulariser(const Case& c, Scored& out) {
  if (const ConfigDifference* d = changed_token(c, regulariser_words()); d && raised(*d))
    out.evidence.push_back({fmt::format("{}: the training loss is measured under this noise", say_change(*d)),
                            exact(1),
                            -kStrong,
                            1,
                            0,
                            {}});
  else if (!c.review.config_known)
    out.missing_weight += kModerate;
}

Outcome detect(const Case& c) {
  const Levels l = final_levels(c);
  if (!l.complete())
    return Untestable{
        {}, "a training and an evaluation loss on both sides", "evaluate on held-out data at least ten times a run"};
  Scored out;
  const double above = -l.gap_e();
  const double excess = above - std::max(0.0, -l.gap_b());
  out.slots["train_above_eval"] = above;
  out.looked_at =
      fmt::format("training minus evaluation loss {}{}", signed_number(above, 3), against_baseline(-l.gap_b()));
  // 3 x its noise (D-44); l.scale is twice the standard error or half the 95 % interval.
  const double threshold = std::max(1.5 * l.scale, 0.05 * l.eval_e);
  const Place where = place_of(*c.experiment.front(), Role::train_loss);
  if (excess < 0.3 * threshold) {
    out.evidence.push_back(
        {fmt::format("the training loss does not stand above the evaluation loss more than the baseline's ({})",
                     signed_number(excess, 3)),
         bare(excess, "levels"),
         -kStrong,
         1,
         0,
         {where}});
    return out;
  }
  out.evidence.push_back(
      {fmt::format(
           "the training loss ends {} above the evaluation loss{}: the targets of training are harder than those of "
           "evaluation",
           number(above, 3), against_baseline(-l.gap_b())),
       bare(excess, "levels"),
       kStrong,
       graded_above(excess, threshold),
       'g',
       {where}});
  if (c.review.overall == Verdict::failed)
    out.evidence.push_back(
        {"the run failed: where nothing was learned, no floor can be read", exact(1), -kDecisive, 1, 0, {where}});
  const double start = mean_over(c.experiment, [](const Run& r) { return first_of(r, Role::train_loss); });
  if (l.train_e > 0.95 * start)
    out.evidence.push_back({fmt::format("it ends where it began ({} after {}): a model that did not train has no floor",
                                        number(l.train_e), number(start)),
                            bare(start, "first_record"),
                            -kDecisive,
                            1,
                            0,
                            {where}});
  const double rise = l.train_e - l.train_b;
  const double suffered = l.eval_e - l.eval_b;
  if (rise > l.scale && suffered > 0)
    out.evidence.push_back({fmt::format("against the baseline the training loss rose by {}, the evaluation loss by {}",
                                        number(rise, 3), number(suffered, 3)),
                            bare(rise - suffered, "levels"),
                            kModerate,
                            graded_above(rise / suffered, 1.5),
                            0,
                            {}});
  const double middle = mean_over(c.experiment, [](const Run& r) { return inverse_gap(r, 0.5, 0.75); });
  const double late = mean_over(c.experiment, [](const Run& r) { return inverse_gap(r, 0.75, 1); });
  if (std::isfinite(middle) && std::isfinite(late))
    out.evidence.push_back({fmt::format("it is a floor, not an event: {} in the third quarter, {} in the last",
                                        number(middle, 3), number(late, 3)),
                            bare(middle, "medians"),
                            kModerate,
                            graded_above(std::min(middle, late), threshold),
                            'g',
                            {}});
  weigh_regulariser(c, out);
  const double k = mean_over(c.experiment, [](const Run& r) {
    return config_number(r, kClasses).value_or(std::numeric_limits<double>::quiet_NaN());
  });
  const double share = share_of_noise(l.train_e - std::max(0.0, l.train_b), k);
  if (std::isfinite(share))
    out.slots["noise_share"] = share;
  else
    out.missing_weight += kWeak;
  out.effect_share = 1;
  weigh_outcome(c, out);
  out.soul = fmt::format(
      "{} of the training targets carry no signal: the training loss stops at {}, above the evaluation loss of {}.",
      std::isfinite(share) ? fmt::format("Up to {}", percent(share, 2)) : "A share", number(l.train_e),
      number(l.eval_e));
  return out;
}

}  // namespace

constinit const Detector label_noise{.id = "label_noise", .prior = kOccasional, .detect = detect, .doc = R"(
## What it looks for
A training loss that stays above the evaluation loss over the second half, where the baseline's does not, while evaluation suffers less than
training: clean targets are easier to predict than random ones. With K classes known the share of random targets is read from the floor
h(q) = -(1 - q) ln(1 - q) - q ln(q / (K - 1)), q = p (K - 1) / K.
## Why it matters
No optimizer goes below this floor except by learning the errors by heart.
## False alarms and misses
Dropout, augmentation, mix-up and label smoothing also lift the training loss; a raised setting counts against. Corrupted inputs look the
same. Errors that are consistent rather than random leave no floor.
## Reference
Science handbook D-44, E13.
)"};

}  // namespace expanalyze
