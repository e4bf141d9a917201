// D-07: the data, not the optimizer: single batches that stand out, at the same place of the data or out of nothing.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnosis/odd_batches.hpp"
#include "diagnosis/weigh.hpp"
#include "stats/distributions.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

double records_of(const std::vector<RunEvents>& runs) {
  double out = 0;
  for (const RunEvents& run : runs) out += static_cast<double>(run.loss.size());
  return out;
}

void weigh_shared(const SharedOdd& both, Scored& out) {
  const Odd& first = both.odd.front();
  out.evidence.push_back(
      {fmt::format("{} of its {} odd batches stand at the same step in the baseline, which saw the same data there and "
                   "has {} (by chance: p = {})",
                   both.odd.size(), both.own, both.of_baseline, number(both.p, 2)),
       bare(both.p, "p_value", both.own),
       kDecisive,
       1,
       0,
       {first.run->at(first.index)}});
}

void weigh_recurrence(const Case& c, Scored& out) {
  bool known = false;
  for (const RunEvents& run : c.experiment_events) {
    const Recurrence again = recurrence(run);
    known = known || again.steps_per_epoch > 0;
    if (!(again.p < 0.01)) continue;
    out.evidence.push_back({fmt::format("{} of them stand at one place of the epoch of {} steps (by chance: p = {})",
                                        again.count, number(again.steps_per_epoch), number(again.p, 2)),
                            bare(again.p, "p_value", again.count),
                            kStrong,
                            1,
                            0,
                            {run.at(odd_batches(run).front().index)}});
    return;
  }
  if (!known) out.missing_weight += kWeak;
}

/// One record high and the next back at the level, with a gradient that gave no sign before.
void weigh_suddenness(const std::vector<Odd>& odd, Scored& out) {
  std::size_t sudden = 0, seen = 0, led = 0;
  const RunEvents* read = nullptr;
  Curve norm;
  for (const Odd& o : odd) {
    if (o.run != read) norm = finite(trajectory(*o.run->run, Role::grad_norm));
    read = o.run;
    sudden += o.spike ? 0 : 1;
    const double z = gradient_before(norm, o.run->loss.step[o.index]);
    seen += std::isfinite(z) ? 1 : 0;
    led += z > 4 ? 1 : 0;
  }
  const Place where = odd.front().run->at(odd.front().index);
  if (2 * led >= seen && seen > 0)
    out.evidence.push_back({fmt::format("the gradient norm stood out before {} of {}", led, seen),
                            exact(static_cast<double>(led), seen),
                            -kModerate,
                            1,
                            0,
                            {where}});
  if (seen == 0) out.missing_weight += kWeak;
  if (2 * sudden > odd.size())
    out.evidence.push_back(
        {fmt::format(
             "{} of {} were over within 3 records{}", sudden, odd.size(),
             seen > 0 ? fmt::format(", and before {} of {} the gradient norm gave no sign", seen - led, seen) : ""),
         exact(static_cast<double>(sudden), odd.size()),
         kModerate,
         1,
         0,
         {where}});
}

/// Only an excess over the baseline's own odd batches can tell the two runs apart.
bool more_than_baseline(const Case& c, std::size_t count, Scored& out) {
  const double records = records_of(c.baseline_events);
  if (!(records > 0)) return true;
  const std::size_t there = odd_batches(c.baseline_events).size();
  const double p = stats::poisson_rate_p(static_cast<double>(count), records_of(c.experiment_events),
                                         static_cast<double>(there), records);
  if (!(p < 0.05)) return false;
  const Odd first = odd_batches(c.experiment_events).front();
  out.evidence.push_back(
      {fmt::format(
           "{} batches stand more than {} above the records before them, {} in the baseline (exact Poisson test: p "
           "= {})",
           count, percent(std::expm1(kOdd), 2), there, number(p, 2)),
       bare(p, "p_value", count),
       0.1,  // shown, no argument: steps that are too long make odd batches as well
       1,
       0,
       {first.run->at(first.index)}});
  return true;
}

/// A persistent spike is; single batches from 0.2 % of the records on, as the cost of spikes (D-05): in clean logs runs
/// on the same data always share the few odd batches that the data hold.
bool is_worth_naming(const SharedOdd& both) {
  const bool spike = std::any_of(both.odd.begin(), both.odd.end(), [](const Odd& o) { return o.spike; });
  return spike || (both.odd.size() >= kFewestOdd && static_cast<double>(both.odd.size()) >=
                                                        0.002 * static_cast<double>(both.odd.front().run->loss.size()));
}

Outcome detect(const Case& c) {
  const double records = records_of(c.experiment_events);
  if (records < 200) return Untestable{{}, "200 records of the training loss", "log the training loss every step"};
  const std::vector<Odd> odd = odd_batches(c.experiment_events);
  const SharedOdd both = most_shared(c);
  Scored out;
  out.looked_at = fmt::format("{} batches in {} records stand more than {} above those before", odd.size(),
                              number(records), percent(std::expm1(kOdd), 2));
  out.slots = {{"odd_batches", static_cast<double>(odd.size())}};
  if (both.p < 0.01)
    out.looked_at += fmt::format("; {} of {} in a run stand at the same step in the baseline, so they are in the data",
                                 both.odd.size(), both.own);
  const bool common = both.p < 0.01 && is_worth_naming(both);
  if (!common && (both.p < 0.01 || odd.size() < kFewestOdd || !more_than_baseline(c, odd.size(), out))) return out;
  if (common) weigh_shared(both, out);
  if (!common && c.review.pairing.paired && !c.review.pairing.identical)
    out.evidence.push_back({fmt::format("the baseline saw the same batches, and {} of the {} stood out there",
                                        both.odd.size(), odd.size()),
                            exact(static_cast<double>(both.odd.size()), odd.size()),
                            -kModerate,
                            1,
                            0,
                            {odd.front().run->at(odd.front().index)}});
  else if (!common)
    out.missing_weight += kDecisive;
  weigh_recurrence(c, out);
  weigh_suddenness(odd, out);
  if (common) {
    const Odd& first = both.odd.front();
    out.slots["step"] = first.run->loss.step[first.index];
    out.soul = fmt::format("Both runs stumbled on the same data, first at step {}: what was changed is innocent of it.",
                           number(out.slots["step"]));
    return out;  // what both have explains no difference
  }
  out.slots["step"] = odd.front().run->loss.step[odd.front().index];
  out.effect_share = std::min(0.5, 5 * static_cast<double>(odd.size()) / records);
  weigh_outcome(c, out);
  out.soul = fmt::format(
      "{} single batches, the first at step {}, stood far above those before them: the data, not the optimizer.",
      odd.size(), number(out.slots["step"]));
  return out;
}

}  // namespace

constinit const Detector data_batch_anomaly{
    .id = "data_batch_anomaly", .prior = kOccasional, .detect = detect, .doc = R"(
## What it looks for
Batches whose loss stands a fifth or more above the 16 records before (single records at robust z > 8, or the onset of a persistent spike): at
the same steps in a baseline that saw the same data in the same order (binomial bound of the hypergeometric test, p < 0.01); at one place of
the epoch again and again; out of nothing, with no sign of the gradient before and over within 3 records, more often than in the baseline.
## Why it matters
A spike that the data make is no reason to change the optimizer, and one that both runs have explains no difference.
## False alarms and misses
Clean batches have heavy right tails: in public logs up to 0.16 % of them stand out like this, and runs on the same data share them. Common
single batches are therefore named from 0.2 % of the records on, a common persistent spike always. Without a baseline on the same data nothing proves it: replay the batches from
another checkpoint. Batches of longer text or of another source count as well: they are odd, not necessarily wrong.
## Reference
Science handbook D0.1, D-07; Chowdhery et al. 2022, arXiv:2204.02311, section 5.1 (the same batches did not spike from another checkpoint).
)"};

}  // namespace expanalyze
