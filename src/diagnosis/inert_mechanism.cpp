// D-25: the new logic did nothing that the baseline does not do.
#include <fmt/format.h>

#include <cmath>

#include "diagnosis/mechanism.hpp"
#include "diagnosis/weigh.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

/// The signal that best shows a mechanism at rest: constant, and as in the baseline or unknown to it.
/// A constant that the baseline logs too, and no setting explains, is a column like any other unless the curves agree.
const SignalBehaviour* resting(const std::vector<SignalBehaviour>& signals, const Pairing& pairing) {
  const SignalBehaviour* best = nullptr;
  for (const auto& s : signals) {
    if (!s.constant() || (s.in_baseline && !s.as_baseline)) continue;
    if (s.in_baseline && std::isnan(s.cap) && !pairing.identical && !pairing.paired) continue;
    // One that only the experiment logs belongs to what was added; a cap from the config says what it rests at.
    if (!best || (best->in_baseline && !s.in_baseline) || (std::isnan(best->cap) && !std::isnan(s.cap))) best = &s;
  }
  return best;
}

Outcome detect(const Case& c) {
  const auto signals = mechanism_signals(c);
  const Pairing& pairing = c.review.pairing;
  if (signals.empty() && !pairing.identical && !pairing.paired)
    return Untestable{
        {},
        "a signal of the mechanism, or paired curves",
        "log the mechanism's own quantity (its trigger, its gate, its step count) every step in both runs"};
  Scored out;
  if (pairing.identical)
    out.evidence.push_back(
        {pairing.why, exact(1), kDecisive, 1, 0, {place_of(*c.experiment.front(), Role::train_loss)}});
  const SignalBehaviour* rest = resting(signals, pairing);
  if (rest)
    out.evidence.push_back(
        {fmt::format("{} stood at {} in every record{}{}", code_span(rest->name), number(rest->high),
                     std::isnan(rest->cap) ? "" : fmt::format(", its bound {}", code_span(rest->cap_key)),
                     rest->in_baseline ? ", as in the baseline" : ""),
         exact(rest->high),
         kStrong,
         1,
         'b',
         {rest->where}});
  else if (!signals.empty() && !pairing.identical)
    out.evidence.push_back({fmt::format("{} moved between {} and {}", code_span(signals.front().name),
                                        number(signals.front().low), number(signals.front().high)),
                            exact(signals.front().high),
                            -kModerate,
                            1,
                            0,
                            {signals.front().where}});
  if ((c.worse || c.better) && !pairing.identical)
    out.evidence.push_back(
        {fmt::format("the two sides end {} apart, more than the noise of seeds", number(std::abs(c.gap), 3)),
         c.review.final_quality.difference,
         -kDecisive,
         1,
         0,
         {}});
  else if (!pairing.identical && std::isfinite(c.gap))
    out.evidence.push_back({fmt::format("the curves are not the same: they end {} apart, which seeds alone can do",
                                        number(std::abs(c.gap), 3)),
                            c.review.final_quality.difference,
                            -kWeak,
                            1,
                            0,
                            {}});
  out.effect_share = pairing.identical ? 1 : 0.4;
  out.looked_at =
      fmt::format("{} mechanism signals; none rests where the baseline's does while the curves agree", signals.size());
  const double slower = c.review.wall.ratio.value;
  const std::string cost = std::isfinite(slower) && c.review.wall.ratio.low > 1.02
                               ? fmt::format(", only {}x slower", number(slower, 3))
                               : "";
  out.slots["slowdown"] = slower;
  if (rest) {
    out.slots["pinned_at"] = rest->high;
    out.soul = fmt::format(
        "The new logic never spoke: {} stayed at {} for 100 % of training, so the experiment was the baseline{}.",
        code_span(rest->name), number(rest->high), cost);
  } else {
    out.soul =
        fmt::format("The new logic never spoke: every logged loss is that of the baseline, digit for digit{}.", cost);
  }
  return out;
}

}  // namespace

constinit const Detector inert_mechanism{.id = "inert_mechanism", .prior = kCommon, .detect = detect, .doc = R"(
## What it looks for
Losses equal to the last logged digit, or a signal of the mechanism (any numeric key of no other role) that never moved and stands where it
stands in the baseline or does not exist there.
## Why it matters
The experiment was the baseline; its result says nothing about the idea.
## False alarms and misses
A signal that the logger never updated looks inert: log a quantity known to vary next to it. A difference beyond the noise of seeds speaks
against it, as something did act. A constant that differs from the baseline's is a setting, not rest.
## Reference
Science handbook D-25.
)"};

}  // namespace expanalyze
