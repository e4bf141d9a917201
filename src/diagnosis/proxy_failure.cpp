// D-27: the quantity that steers moves, the one it stands for does not follow.
#include <fmt/format.h>

#include <cmath>
#include <map>

#include "diagnosis/mechanism.hpp"
#include "diagnosis/proxy_pair.hpp"
#include "diagnosis/proxy_rule.hpp"
#include "diagnosis/weigh.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

/// What a signal of the experiment could stand for: the losses, and every other scalar that moves.
std::vector<const Series*> targets(const Run& run, const std::vector<SignalBehaviour>& signals,
                                   const SignalBehaviour& of) {
  std::vector<const Series*> out;
  for (const auto& series : run.series)
    if (series.labels.empty() &&
        (series.role == Role::train_loss || series.role == Role::eval_loss || series.role == Role::eval_metric))
      out.push_back(&series);
  for (const auto& s : signals)
    if (s.moves() && s.name != of.name && out.size() < 40) out.push_back(s.series);
  return out;
}

/// Without a name for what steers: a signal that only the experiment logs, which followed another one at first as
/// closely as a stand-in must, and later no more, or against it (Goodhart).
Outcome by_signals(const Case& c) {
  const Run& run = *c.experiment.front();
  const auto& signals = mechanism_signals(c);
  Scored out;
  std::size_t proxies = 0, pairs = 0;
  std::map<const Series*, Curve> curves;  // each is asked for in many pairs
  const auto curve_of = [&](const Series* series) -> const Curve& {
    const auto [at, added] = curves.try_emplace(series);
    if (added) at->second = finite(trajectory(run, *series));
    return at->second;
  };
  std::string still;
  for (const auto& s : signals) {
    if (!s.own()) continue;
    if (!s.moves() && still.empty()) still = s.name;
    if (!s.moves() || s.shape.kind == stats::SignalKind::event_count) continue;
    ++proxies;
    for (const Series* target : targets(run, signals, s)) {
      const Decoupling d = decoupling(curve_of(s.series), curve_of(target));
      if (d.first.n == 0) continue;
      ++pairs;
      if (!d.reversed && !d.lost) continue;
      const Place where = place_at_step(run, *s.series, d.from_step);
      out.slots["correlation"] = d.last.correlation;
      out.evidence.push_back(
          {fmt::format(
               "the changes of {} and {} correlated {} over the first third of the records and {} over the last, "
               "from step {} on",
               code_span(s.name), code_span(target->logged_as), signed_number(d.first.correlation, 2),
               signed_number(d.last.correlation, 2), number(d.from_step)),
           bare(d.last.correlation, "rank_of_whitened", d.last.n),
           d.reversed ? kStrong : kModerate,
           1,
           'r',
           {where}});
      if (out.soul.empty() || d.reversed)
        out.soul = fmt::format(
            "{} stood for {} at first and {} later: their changes correlate {} from step {} on, after {}.",
            code_span(s.name), code_span(target->logged_as), d.reversed ? "worked against it" : "no more",
            signed_number(d.last.correlation, 2), number(d.from_step), signed_number(d.first.correlation, 2));
    }
  }
  if (pairs == 0)
    return Untestable{
        {},
        !still.empty() && proxies == 0
            ? fmt::format("a signal of the experiment's own that moves ({} does not)", code_span(still))
            : std::string("a setting that names a statistic and that statistic in the log, or 240 records of "
                          "the experiment's own signal beside another scalar"),
        "log the statistic that steers the mechanism under the name that the config uses, and beside it "
        "the quantity it stands for"};
  out.looked_at = fmt::format(
      "the experiment's own signals ({}) in {} with a loss or another signal: in none did one follow at first and "
      "leave "
      "later",
      proxies, pairs == 1 ? "one pairing" : fmt::format("{} pairings", pairs));
  out.effect_share = 0.7;
  if (!out.evidence.empty()) weigh_outcome(c, out);
  return out;
}

Outcome detect(const Case& c) {
  const Steering s = steering(c);
  return s.setting ? proxy_of_rule(c, s) : by_signals(c);
}

}  // namespace

constinit const Detector proxy_failure{.id = "proxy_failure", .prior = kOccasional, .detect = detect, .doc = R"(
## What it looks for
A setting of the experiment that names a statistic which the log holds ("trace" and `gram_trace`): the mechanism steers by it. Then either the
quantity it is to keep small is larger than without the rule although the rule was satisfied early, or the changes of the statistic and of what
it estimates do not correlate at any delay up to 30 records, their ratio drifts, or the statistic is mostly noise. Where no setting names it: a
signal that only the experiment logs whose changes followed those of the loss or of another signal in the first third of the run (0.7) and no longer
do in the last (below 0.3), or go against it.
## Why it matters
A stand-in that is satisfied while its target is not stops the work too early; tuning its threshold moves the error, it does not remove it.
## False alarms and misses
Without a config the steering quantity is unknown, and only a change of the relation speaks. A statistic that never moves follows nothing:
`inert_mechanism`.
## Reference
Science handbook D-27, E3.
)"};

}  // namespace expanalyze
