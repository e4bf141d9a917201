// D-25: the new logic did nothing that the baseline does not do.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "diagnosis/config_bound.hpp"
#include "diagnosis/inert_equal.hpp"
#include "diagnosis/levels.hpp"
#include "diagnosis/mechanism.hpp"
#include "diagnosis/reaction.hpp"
#include "diagnosis/weigh.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr double kNoReach = 1e-3;    // D-25(d)
constexpr double kNoBits = 0.05;     // D-25(f)
constexpr std::size_t kHeard = 200;  // whitened records: a correlation of 0.27 would be seen

/// The signal that best shows a mechanism at rest: still from the start, and as in the baseline or unknown to it. A
/// constant that the baseline logs too is a setting of both sides, unless the curves agree or the change concerns it.
const SignalBehaviour* resting(const Case& c, const std::vector<SignalBehaviour>& signals, bool agree) {
  const SignalBehaviour* best = nullptr;
  const auto better = [&](const SignalBehaviour& s) {
    if (best->in_baseline != s.in_baseline) return best->in_baseline;  // what was added shows it best
    if (std::isnan(best->cap) != std::isnan(s.cap)) return std::isnan(best->cap);
    return s.constant() && !best->constant();
  };
  for (const auto& s : signals) {
    if (!s.at_rest() || (s.in_baseline && !s.as_baseline)) continue;
    if (s.in_baseline && !agree && !concerned(c, s)) continue;
    if (!best || better(s)) best = &s;
  }
  return best;
}

/// One of the experiment's own that moves, else one that both sides log.
const SignalBehaviour* moving(const std::vector<SignalBehaviour>& signals) {
  const SignalBehaviour* best = nullptr;
  for (const auto& s : signals)
    if (s.moves() && (!best || (!best->own() && s.own()))) best = &s;
  return best;
}

/// D-25(d): a share or ratio of what it acts on that stays below a thousandth. What has no such name has no known
/// scale.
const SignalBehaviour* without_reach(const std::vector<SignalBehaviour>& signals) {
  static constexpr std::array<std::string_view, 9> kShares{"ratio", "share",        "frac",  "fraction", "gate",
                                                           "gates", "contribution", "alpha", "mix"};
  for (const auto& s : signals) {
    const bool named = std::any_of(kShares.begin(), kShares.end(), [&](auto word) { return has_token(s.name, word); });
    const double most = std::max(std::abs(s.shape.low), std::abs(s.shape.high));
    if (named && !s.in_baseline && !s.constant() && most < kNoReach) return &s;
  }
  return nullptr;
}

void weigh_reach(const std::vector<SignalBehaviour>& signals, Scored& out) {
  const SignalBehaviour* s = without_reach(signals);
  if (!s) return;
  const double most = std::max(std::abs(s->shape.low), std::abs(s->shape.high));
  out.evidence.push_back({fmt::format("{} never exceeded {} of what it acts on in its {} records", code_span(s->name),
                                      number(most, 3), s->shape.n),
                          exact(most, s->shape.n),
                          kStrong,
                          graded_below(most, kNoReach),
                          0,
                          {s->where}});
}

void weigh_rest(const SignalBehaviour& s, bool others_move, Scored& out) {
  // A count of what never happened is rest, but hardly the mechanism's where another signal of its own moves.
  const double strength = s.shape.bound == 0 && others_move ? 0.6 : s.constant() ? 1 : 0.8;
  out.evidence.push_back({say_rest(s), exact(s.shape.bound, s.shape.n), kStrong, strength, 'b', {s.where}});
  if (s.shape.entropy > 0 && s.shape.entropy < kNoBits)
    out.evidence.push_back({fmt::format("{} holds {} bit a record", code_span(s.name), number(s.shape.entropy, 2)),
                            exact(s.shape.entropy, s.shape.n),
                            kModerate,
                            1,
                            'b',
                            {s.where}});
}

/// A knob that turns: does anything logged turn with it?
void weigh_motion(const Case& c, const SignalBehaviour& s, Scored& out) {
  const std::string moved =
      fmt::format("{} moved between {} and {}", code_span(s.name), number(s.shape.low), number(s.shape.high));
  const Reaction reaction = !s.own() ? Reaction{} : strongest_reaction(*c.experiment.front(), *s.series);
  const LeadLag& lead = reaction.strongest;
  const Estimate size = bare(lead.correlation, "rank_correlation_of_whitened", lead.n);
  if (lead.found())
    out.evidence.push_back(
        {fmt::format(
             "{}, and {} with it{}: correlation {} of {} whitened records, beyond {}", moved, code_span(reaction.with),
             lead.lag == 0 ? "" : fmt::format(" {} records {}", std::abs(lead.lag), lead.lag > 0 ? "later" : "earlier"),
             signed_number(lead.correlation, 2), lead.n, number(lead.threshold, 2)),
         size,
         -kModerate,
         1,
         0,
         {s.where}});
  else if (lead.n >= kHeard && s.shape.kind != stats::SignalKind::event_count)
    out.evidence.push_back(
        {fmt::format(
             "{}, but none of {} other logged signals with it: the largest correlation of whitened records is {} "
             "({}), within {}",
             moved, reaction.tested, signed_number(lead.correlation, 2), code_span(reaction.with),
             number(lead.threshold, 2)),
         size,
         kModerate,
         1,
         0,
         {s.where}});
  else
    out.evidence.push_back({moved, exact(s.shape.high, s.shape.n), -kModerate, 1, 0, {s.where}});
}

void weigh_end(const Case& c, Scored& out) {
  const FinalQuality& final = c.review.final_quality;
  const Run& run = *c.experiment.front();
  std::vector<Place> where;
  for (const auto& series : run.series)
    if (series.labels.empty() && series.logged_as == c.review.metric.name && where.empty())
      where.push_back(place_at_step(run, series, final.at_step));
  if (c.worse || c.better)
    out.evidence.push_back(
        {fmt::format("the two sides end {} apart, more than the noise of seeds", number(std::abs(c.gap), 3)),
         final.difference, -kDecisive, 1, 'd', where});
  else if (std::isfinite(c.gap))
    out.evidence.push_back({fmt::format("the curves are not the same: they end {} apart, which seeds alone can do",
                                        number(std::abs(c.gap), 3)),
                            final.difference, -kWeak, 1, 0, where});
}

std::string soul(const SignalBehaviour* rest, const SignalBehaviour* moves, const EqualityFound& equal,
                 const std::string& cost) {
  const bool same = equal.kind == Equality::bit_for_bit;
  if (equal.late) return fmt::format("The new logic hardly spoke: {}{}.", equal.clause, cost);
  if (rest)
    return fmt::format("The new logic never spoke: {} stayed at {} for {} of training{}{}.", code_span(rest->name),
                       number(rest->shape.bound), percent(rest->constant() ? 1 : rest->shape.at_bound, 3),
                       same                                   ? ", so the experiment was the baseline"
                       : equal.kind == Equality::within_noise ? ", and " + equal.clause
                                                              : std::string{},
                       cost);
  if (same && moves && moves->own())
    return fmt::format("The new logic spoke to nobody: {} moved between {} and {}, and yet {}{}.",
                       code_span(moves->name), number(moves->shape.low), number(moves->shape.high), equal.clause, cost);
  if (same) return fmt::format("The new logic never spoke: {}{}.", equal.clause, cost);
  if (equal.kind == Equality::within_noise)
    return fmt::format("The new logic made no difference that matters: {}{}.", equal.clause, cost);
  if (moves)
    return fmt::format("The new logic spoke to nobody: {} moved, and nothing in the logs with it{}.",
                       code_span(moves->name), cost);
  return fmt::format("Nothing in the logs tells the experiment from its baseline{}.", cost);
}

std::string looked_at(const std::vector<SignalBehaviour>& signals, const SignalBehaviour* moves,
                      const EqualityFound& equal) {
  if (!equal.seen.empty()) return "no rest but a switch: " + equal.seen;
  if (moves && moves->own())
    return fmt::format("{} moved between {} and {}, and the losses are not the baseline's", code_span(moves->name),
                       number(moves->shape.low), number(moves->shape.high));
  return fmt::format("of the mechanism signals ({}) none rests where the baseline's does while the curves agree",
                     signals.size());
}

Outcome detect(const Case& c) {
  const auto& signals = mechanism_signals(c);
  const Pairing& pairing = c.review.pairing;
  Scored out;
  const EqualityFound equal = weigh_equality(c, signals, out);
  const bool same = equal.kind == Equality::bit_for_bit;
  if (signals.empty() && equal.kind == Equality::none && !pairing.paired)
    return Untestable{
        {},
        "a signal of the mechanism, or paired curves",
        "log the mechanism's own quantity (its trigger, its gate, its step count) every step in both runs"};
  const SignalBehaviour* rest = resting(c, signals, same || equal.late || equal.kind == Equality::within_noise);
  const SignalBehaviour* moves = moving(signals);
  if (rest) weigh_rest(*rest, moves && moves->own(), out);
  if (!rest && moves && equal.seen.empty() && !same) weigh_motion(c, *moves, out);
  weigh_reach(signals, out);
  if (!same) weigh_end(c, out);
  if (const Estimate& pace = c.review.wall.ratio; !same && pace.high < 0.98)
    out.evidence.push_back(
        {fmt::format("a step takes {}x the baseline's time: the change acted, on time instead of loss",
                     number(pace.value, 3)),
         pace,
         -kDecisive,
         1,
         0,
         {}});
  out.effect_share = same ? 1 : 0.4;
  out.looked_at = looked_at(signals, moves, equal);
  const double slower = c.review.wall.ratio.value;
  const std::string cost = std::isfinite(slower) && c.review.wall.ratio.low > 1.02
                               ? fmt::format(", only {}x slower", number(slower, 3))
                               : "";
  out.slots["slowdown"] = slower;
  if (rest) out.slots["pinned_at"] = rest->shape.bound;
  out.soul = soul(rest, moves, equal, cost);
  return out;
}

}  // namespace

constinit const Detector inert_mechanism{.id = "inert_mechanism", .prior = kCommon, .detect = detect, .doc = R"(
## What it looks for
A signal of the mechanism (any numeric key of no other role) that never moved, or sat at its bound from the start, where the baseline's stands or
where the baseline has none; one that stays below a thousandth of what it acts on; one that moves while nothing else that is logged moves with
it. And the losses of paired runs, of which three things can be said: the same numbers to the last digit; the same numbers up to a step, where
something switched on; or, of runs on the same batches, a difference whose average over the second half lies within a third of what would matter.
## Why it matters
The experiment was the baseline; its result says nothing about the idea.
## False alarms and misses
A signal that the logger never updated looks inert: log a quantity known to vary next to it. A difference beyond the noise of seeds speaks
against it, as something did act. A constant that differs from the baseline's is a setting, not rest. Losses that part by one unit of the last
digit and drift apart from there differ by rounding, so no switch is named. Reactions are sought among records without their own past, at up to 30
records of delay; a slower one is missed.
## Reference
Science handbook D-25, D0.4, B4.3.
)"};

}  // namespace expanalyze
