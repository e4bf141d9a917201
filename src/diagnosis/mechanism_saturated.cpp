// D-26: the mechanism acted, then hit a bound, or could never leave it.
#include <fmt/format.h>

#include <cmath>

#include "diagnosis/mechanism.hpp"
#include "diagnosis/paired_gap.hpp"
#include "diagnosis/weigh.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

/// An adaptive signal that went to its bound and stayed; else one that a setting caps and that never left its cap; else
/// one whose layers did so one by one.
const SignalBehaviour* saturated(const std::vector<SignalBehaviour>& signals) {
  for (const auto& s : signals)
    if (s.shape.kind == stats::SignalKind::saturated && !s.as_baseline_values) return &s;
  for (const auto& s : signals)
    if (s.at_rest() && !std::isnan(s.cap)) return &s;
  for (const auto& s : signals)
    if (s.layers > 2 && s.layers_pinned * 2 > s.layers && !s.at_rest() && !s.as_baseline_values) return &s;
  return nullptr;
}

std::string bound_of(const SignalBehaviour& s) {
  if (!std::isnan(s.cap)) return fmt::format("cap {} = {}", code_span(s.cap_key), number(s.cap));
  const std::string_view end = s.shape.bound == s.shape.high ? "highest value" : "lowest value";
  return fmt::format("{} {}", end, number(s.shape.bound));
}

/// "step 150 (140 to 160)": by the share of records at the bound that is asked for.
std::string onset(const SignalBehaviour& s) {
  const auto& shape = s.shape;
  return shape.earliest < shape.latest
             ? fmt::format("step {} ({} to {})", number(shape.since), number(shape.earliest), number(shape.latest))
             : fmt::format("step {}", number(shape.since));
}

void weigh_pin(const SignalBehaviour& s, const std::string& bound, Scored& out) {
  const auto& shape = s.shape;
  if (s.at_rest()) {
    out.evidence.push_back({fmt::format("{} sat at its {} in {} of its {} records, from the start", code_span(s.name),
                                        bound, percent(shape.at_bound, 3), shape.n),
                            exact(shape.bound, shape.n),
                            kStrong,
                            1,
                            0,
                            {s.where}});
    return;
  }
  if (shape.kind == stats::SignalKind::saturated) {
    Estimate since{shape.since, shape.earliest, shape.latest, 1, shape.n, {"share_80_to_99"}};
    out.evidence.push_back({fmt::format("{} sat at its {} in {} of the last third of the records, in {} of the first; "
                                        "from {} on in 95 %",
                                        code_span(s.name), bound, percent(shape.at_bound_last, 3),
                                        percent(shape.at_bound_first, 3), onset(s)),
                            since,
                            kStrong,
                            1,
                            0,
                            {s.since}});
  }
  if (s.layers > 2)
    out.evidence.push_back(
        {fmt::format("{} of {} layers of {} are at rest or at a bound", s.layers_pinned, s.layers, code_span(s.name)),
         exact(static_cast<double>(s.layers_pinned) / static_cast<double>(s.layers), s.layers),
         kStrong,
         graded_above(static_cast<double>(s.layers_pinned) / static_cast<double>(s.layers), 0.5),
         'p',
         {s.where}});
}

/// Did the advantage stop growing where the signal met its bound? Needs runs on the same batches.
void weigh_benefit(const Case& c, const SignalBehaviour& s, Scored& out) {
  const auto gaps = paired_gaps(c);
  if (gaps.empty()) {
    out.missing_weight += kStrong;
    return;
  }
  // Behind the warm-up, where both sides fall alike and any change shows first.
  const double end = gaps.front().curve.step.back();
  const stats::RobustSlope before = gap_slope(gaps, 0.05 * end, s.shape.since),
                           after = gap_slope(gaps, s.shape.since, end);
  if (!std::isfinite(before.low) || !std::isfinite(after.low)) {
    out.missing_weight += kStrong;
    return;
  }
  const std::string slopes =
      fmt::format("{} {} per 1000 steps before it, {} {} after it", signed_number(1000 * before.slope, 2),
                  interval(1000 * before.low, 1000 * before.high, 2), signed_number(1000 * after.slope, 2),
                  interval(1000 * after.low, 1000 * after.high, 2));
  const Estimate size{after.slope - before.slope, after.low - before.high, after.high - before.low, 0.9, 0, {}};
  // The paired difference is of a loss: it falls while the advantage grows.
  if (before.high < 0 && after.low > before.high)
    out.evidence.push_back(
        {fmt::format("the advantage stopped growing there: the paired difference of the losses changed by {}", slopes),
         size,
         kStrong,
         1,
         0,
         {s.since}});
  else if (after.high < 0 && !(after.low > before.high))
    out.evidence.push_back(
        {fmt::format("the advantage went on growing: the paired difference of the losses changed by {}", slopes),
         size,
         -kStrong,
         1,
         0,
         {s.since}});
}

Outcome detect(const Case& c) {
  const auto& signals = mechanism_signals(c);
  if (signals.empty())
    return Untestable{{}, "a signal of the mechanism", "log the mechanism's own quantity and its bound every step"};
  Scored out;
  out.looked_at = fmt::format("of the mechanism signals ({}) none went to a bound and stayed there", signals.size());
  const SignalBehaviour* s = saturated(signals);
  if (!s) return out;
  const bool from_start = s->at_rest();
  const bool same = c.review.pairing.identical;
  const std::string bound = bound_of(*s);
  out.slots = {{"pinned_at", s->shape.bound}, {"since_step", from_start ? 0 : s->shape.since}};
  weigh_pin(*s, bound, out);
  if (!from_start && s->shape.kind == stats::SignalKind::saturated && !same) weigh_benefit(c, *s, out);
  if (s->in_baseline && s->as_baseline && c.review.config_known && same && !concerned(c, *s))
    out.evidence.push_back({"the baseline has the same value, and no setting that differs concerns it",
                            exact(s->shape.bound),
                            -kDecisive,
                            1,
                            0,
                            {s->where}});
  if (s->in_baseline && s->as_baseline && !same)
    out.evidence.push_back({"the baseline has the same value: it is a setting of both sides",
                            exact(s->shape.bound),
                            -kStrong,
                            1,
                            0,
                            {s->where}});
  // A constant that follows its setting is what the run was told to do, not an adaptive quantity that ran out.
  const ConfigDifference* set = from_start && !s->cap_key.empty() ? c.changed({s->cap_key}) : nullptr;
  if (set)
    out.evidence.push_back({fmt::format("{}: the value was set, it did not run into a bound", say_change(*set)),
                            exact(s->shape.bound),
                            -kStrong,
                            1,
                            0,
                            {}});
  if (same)
    out.evidence.push_back({"the losses are those of the baseline, so a quantity at its bound cost nothing but time",
                            exact(1),
                            kModerate,
                            1,
                            0,
                            {place_of(*c.experiment.front(), Role::train_loss)}});
  out.effect_share = same ? 1 : 0.5;
  if (!same) weigh_outcome(c, out);
  if (from_start)
    out.soul = fmt::format(
        "The adaptive part never had room: {} sat at its {} from the first record to the last, so nothing was adapted.",
        code_span(s->name), bound);
  else if (s->shape.kind == stats::SignalKind::saturated)
    out.soul = fmt::format("It worked until {}; from then on {} sat at its {} and could add nothing.", onset(*s),
                           code_span(s->name), bound);
  else
    out.soul = fmt::format("Most of it is at its bound: {} of {} layers of {} no longer move.", s->layers_pinned,
                           s->layers, code_span(s->name));
  return out;
}

}  // namespace

constinit const Detector mechanism_saturated{
    .id = "mechanism_saturated", .prior = kOccasional, .detect = detect, .doc = R"(
## What it looks for
A signal that spends more than 80 % of the last third of the run at one bound (its highest or lowest value, or a setting) but less than half of
the first third, with the step from which 95 % of the records sit there; one that equals a cap of the config from the start; or one logged per
layer of which most layers no longer move. Where both sides saw the same batches, whether the advantage stopped growing at that step.
## Why it matters
From there on the mechanism is a constant, and its advantage cannot grow.
## False alarms and misses
A setting that both sides share is no saturation, nor is a count of events after which none came, nor a smooth curve that was planned. Pinned from the first step without a known cap is `inert_mechanism`.
## Reference
Science handbook D-26.
)"};

}  // namespace expanalyze
