// D-26: the mechanism acted, then hit a bound, or could never leave it.
#include <fmt/format.h>

#include <cmath>

#include "diagnosis/mechanism.hpp"
#include "diagnosis/weigh.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr double kPinned = 0.8, kFree = 0.5;  // D-26: shares of the last and the first third

/// An adaptive signal (the config sets it a cap, or it moved at first) that sits at its bound.
const SignalBehaviour* saturated(const std::vector<SignalBehaviour>& signals) {
  for (const auto& s : signals) {
    const bool at_bound = s.pinned_value == s.high || s.pinned_value == s.low;
    if (s.pinned_last > kPinned && s.pinned_first < kFree && at_bound && !s.constant()) return &s;
  }
  for (const auto& s : signals)
    if (s.constant() && !std::isnan(s.cap)) return &s;
  return nullptr;
}

Outcome detect(const Case& c) {
  const auto signals = mechanism_signals(c);
  if (signals.empty())
    return Untestable{{}, "a signal of the mechanism", "log the mechanism's own quantity and its bound every step"};
  Scored out;
  out.looked_at = fmt::format("{} mechanism signals; none went to a bound and stayed there", signals.size());
  const SignalBehaviour* s = saturated(signals);
  if (!s) return out;
  const bool from_start = s->constant();
  const std::string bound = std::isnan(s->cap) ? (s->pinned_value == s->high ? "highest value" : "lowest value")
                                               : fmt::format("cap {} = {}", code_span(s->cap_key), number(s->cap));
  out.slots = {{"pinned_at", s->pinned_value}, {"since_step", s->since_step}};
  out.evidence.push_back(
      {from_start ? fmt::format("{} sat at its {} in every record", code_span(s->name), bound)
                  : fmt::format("{} sat at its {} in {} of the last third of the records, in {} of the first",
                                code_span(s->name), bound, percent(s->pinned_last, 3), percent(s->pinned_first, 3)),
       exact(s->pinned_value),
       kStrong,
       1,
       0,
       {s->where}});
  const bool same_setting = s->in_baseline && s->as_baseline && !c.review.pairing.identical;
  if (same_setting)
    out.evidence.push_back(
        {"the baseline has the same value: it is a setting of both sides", exact(s->pinned_value), -kStrong, 1, 0, {}});
  // A constant that follows its setting is what the run was told to do, not an adaptive quantity that ran out.
  const ConfigDifference* set = from_start && !s->cap_key.empty() ? c.changed({s->cap_key}) : nullptr;
  if (set)
    out.evidence.push_back({fmt::format("{}: the value was set, it did not run into a bound", say_change(*set)),
                            exact(s->pinned_value),
                            -kStrong,
                            1,
                            0,
                            {}});
  if (c.review.pairing.identical)
    out.evidence.push_back({"the losses are those of the baseline, so a quantity at its bound cost nothing but time",
                            exact(1),
                            kModerate,
                            1,
                            0,
                            {}});
  out.effect_share = c.review.pairing.identical ? 1 : 0.5;
  if (!c.review.pairing.identical) weigh_outcome(c, out);
  out.soul = from_start ? fmt::format(
                              "The adaptive part never had room: {} sat at its {} from the first record to the last, "
                              "so nothing was adapted.",
                              code_span(s->name), bound)
                        : fmt::format("It worked until step {}; from then on {} sat at its {} and could add nothing.",
                                      number(s->since_step), code_span(s->name), bound);
  return out;
}

}  // namespace

constinit const Detector mechanism_saturated{
    .id = "mechanism_saturated", .prior = kOccasional, .detect = detect, .doc = R"(
## What it looks for
A signal that spends more than 80 % of the last third of the run at one bound but less than half of the first third; or one that equals a cap
of the config in every record.
## Why it matters
From there on the mechanism is a constant, and its advantage cannot grow.
## False alarms and misses
A setting that both sides share is no saturation. Pinned from the first step without a known cap is `inert_mechanism`.
## Reference
Science handbook D-26.
)"};

}  // namespace expanalyze
