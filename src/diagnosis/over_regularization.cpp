// D-19: the regulariser was paid for in full and there was nothing to insure.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnosis/levels.hpp"
#include "diagnosis/weigh.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

/// No regulariser of either side is above zero, as far as the configs name any.
bool none_configured(const Case& c) {
  for (const auto& [key, value] : c.experiment.front()->config) {
    const auto* number = std::get_if<double>(&value);
    for (const auto word : regulariser_words())
      if (has_token(key, word) && !(number && *number == 0) && !std::holds_alternative<std::monostate>(value))
        return false;
  }
  return true;
}

void weigh_settings(const Case& c, Scored& out) {
  const ConfigDifference* d = changed_token(c, regulariser_words());
  if (d && raised(*d))
    out.evidence.push_back({fmt::format("regularisation was raised: {}", say_change(*d)), exact(1), kStrong, 1, 0, {}});
  else if (!c.review.config_known)
    out.missing_weight += kStrong;
  else if (none_configured(c))
    out.evidence.push_back({"the config sets no dropout, smoothing or augmentation", exact(0), -kDecisive, 1, 0, {}});
  else
    out.evidence.push_back({"no dropout, smoothing or augmentation was raised", exact(0), -kStrong, 1, 0, {}});
}

Outcome detect(const Case& c) {
  const Levels l = final_levels(c);
  if (!l.complete())
    return Untestable{
        {}, "a training and an evaluation loss on both sides", "evaluate on held-out data at least ten times a run"};
  Scored out;
  const double price = l.train_e - l.train_b;
  const double closed = l.gap_b() - l.gap_e();
  out.slots = {{"gap", l.gap_e()}, {"gap_baseline", l.gap_b()}, {"price", price}};
  out.looked_at = fmt::format("gap of evaluation to training loss {}{}, training loss {} from the baseline's",
                              signed_number(l.gap_e(), 3), against_baseline(l.gap_b()), signed_number(price, 3));
  const Place where = place_of(*c.experiment.front(), Role::train_loss);
  if (!(price > l.scale)) {
    out.evidence.push_back(
        {fmt::format("the training loss is not worse than the baseline's ({})", signed_number(price, 3)),
         bare(price, "levels"),
         -kStrong,
         1,
         0,
         {where}});
    return out;
  }
  weigh_settings(c, out);
  out.evidence.push_back({fmt::format("it pays {} of training loss and closes the gap by {}, to {}", number(price, 3),
                                      number(closed, 3), signed_number(l.gap_e(), 3)),
                          bare(price, "levels"),
                          kModerate,
                          closed > 0 ? graded_above(price / closed, 1.2) : 0.5,
                          0,
                          {where}});
  // Training is measured under the noise that regularises, evaluation is not: below zero is its own mark.
  if (l.gap_e() < 0 && l.gap_b() - l.gap_e() > l.scale)
    out.evidence.push_back({fmt::format("the evaluation loss lies {} below the training loss", number(-l.gap_e(), 3)),
                            bare(l.gap_e(), "levels"),
                            kModerate,
                            graded_above(-l.gap_e(), l.scale),
                            0,
                            {}});
  out.effect_share = 1;
  weigh_outcome(c, out);
  out.soul = fmt::format(
      "The regulariser was paid for in full and there was little to insure: it cost {} of training loss, and the gap "
      "it "
      "could have closed was {}.",
      number(price, 3), signed_number(l.gap_b(), 3));
  return out;
}

}  // namespace

constinit const Detector over_regularization{
    .id = "over_regularization", .prior = kOccasional, .detect = detect, .doc = R"(
## What it looks for
Dropout, augmentation, label smoothing or stochastic depth raised, a training loss above the baseline's, a smaller or negative gap to the
evaluation loss, and an evaluation loss that is worse as well.
## Why it matters
A regulariser returns at most the gap; where it costs more than that it cannot pay.
## False alarms and misses
Weight decay has its own card, `excessive_weight_decay`. Label smoothing has a known floor of the training loss that is no underfitting.
Without the config the same curves come from a step too small, a smaller model or wrong labels, so the card stays low.
## Reference
Science handbook D-19, E13.
)"};

}  // namespace expanalyze
