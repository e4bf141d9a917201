// D-07: the data, not the optimizer: single batches that stand out, at the same place of the data or out of nothing.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnosis/case.hpp"
#include "diagnosis/weigh.hpp"
#include "stats/descriptive.hpp"
#include "stats/distributions.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

/// ln of the loss above the 16 records before. The heavy tail of clean batches gives single records at robust z > 8
/// too (about 10 in 1e4), but of 5 to 15 %: only batches a fifth above the rest are called odd here.
constexpr double kOdd = 0.2;
constexpr std::size_t kFewest = 3;

struct Odd {
  const RunEvents* run;
  std::size_t index;
  bool spike;  ///< the onset of a persistent spike
  double height;
};

double height_of(const RunEvents& run, std::size_t index) {
  const std::size_t from = index > 16 ? index - 16 : 0;
  const double before = stats::median(std::span(run.loss.value).subspan(from, index - from));
  return before > 0 && run.loss.value[index] > 0 ? std::log(run.loss.value[index] / before) : 0;
}

std::vector<Odd> odd_of(const RunEvents& run) {
  std::vector<Odd> out;
  for (const std::size_t i : run.outliers)
    if (const double height = height_of(run, i); height > kOdd) out.push_back({&run, i, false, height});
  for (const SpikeEvent& s : run.spikes)
    if (s.spike.height > kOdd) out.push_back({&run, s.spike.onset, true, s.spike.height});
  return out;
}

std::vector<Odd> odd_of(const std::vector<RunEvents>& runs) {
  std::vector<Odd> out;
  for (const RunEvents& run : runs)
    for (const Odd& odd : odd_of(run)) out.push_back(odd);
  return out;
}

double records_of(const std::vector<RunEvents>& runs) {
  double out = 0;
  for (const RunEvents& run : runs) out += static_cast<double>(run.loss.size());
  return out;
}

/// What an experiment's run shares with the run of the baseline that it shares most with.
struct Shared {
  std::vector<Odd> odd;
  std::size_t own = 0, of_baseline = 0;
  double p = 1;  ///< of so many by chance, over all pairs of runs
};

Shared shared(const RunEvents& e, const RunEvents& b, int lag, std::size_t pairs) {
  Shared out;
  const std::vector<Odd> own = odd_of(e), other = odd_of(b);
  out.own = own.size(), out.of_baseline = other.size();
  for (const Odd& odd : own) {
    // The baseline's record i saw the batch of the experiment's record i + lag.
    const double step = e.loss.step[odd.index] - lag * e.cadence;
    const bool met = std::any_of(other.begin(), other.end(),
                                 [&](const Odd& o) { return std::abs(b.loss.step[o.index] - step) < 0.5 * e.cadence; });
    if (met) out.odd.push_back(odd);
  }
  // Placing them at random is hypergeometric; the binomial with the same share has the heavier tail.
  const double share = static_cast<double>(other.size()) / static_cast<double>(std::max<std::size_t>(1, b.loss.size()));
  out.p = std::min(1.0, static_cast<double>(pairs) * stats::binomial_tail(out.odd.size(), own.size(), share));
  return out;
}

Shared most_shared(const Case& c) {
  Shared out;
  if (!c.review.pairing.paired || c.review.pairing.identical) return out;
  const std::size_t pairs = c.experiment_events.size() * c.baseline_events.size();
  for (const RunEvents& e : c.experiment_events)
    for (const RunEvents& b : c.baseline_events)
      if (Shared s = shared(e, b, c.review.pairing.lag, pairs); s.odd.size() > out.odd.size()) out = std::move(s);
  return out;
}

/// Odd batches at one phase of the epoch: the same samples again.
struct Recurrence {
  std::size_t count = 0;
  double steps_per_epoch = 0, p = 1;
};

double steps_per_epoch(const Run& run) {
  const Curve epoch = finite(trajectory(run, Role::epoch));
  if (epoch.size() < 2 || !(epoch.value.back() - epoch.value.front() >= 2)) return 0;
  return (epoch.step.back() - epoch.step.front()) / (epoch.value.back() - epoch.value.front());
}

Recurrence recurrence(const RunEvents& run) {
  Recurrence out;
  const std::vector<Odd> odd = odd_of(run);
  const double length = odd.size() < kFewest ? 0 : steps_per_epoch(*run.run);
  const double width = std::max(1.5, run.cadence);
  if (!(length > 10 * width)) return out;
  for (const Odd& a : odd) {
    const auto same = static_cast<std::size_t>(std::count_if(odd.begin(), odd.end(), [&](const Odd& b) {
      const double apart = std::abs(std::remainder(run.loss.step[a.index] - run.loss.step[b.index], length));
      return apart <= width;
    }));
    out.count = std::max(out.count, same);
  }
  const double chance = 2 * width / length;
  out.steps_per_epoch = length;
  out.p = out.count < kFewest ? 1
                              : std::min(1.0, static_cast<double>(odd.size()) *
                                                  stats::binomial_tail(out.count - 1, odd.size() - 1, chance));
  return out;
}

void weigh_shared(const Shared& both, Scored& out) {
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
                            {run.at(odd_of(run).front().index)}});
    return;
  }
  if (!known) out.missing_weight += kWeak;
}

/// One record high and the next back at the level, with a gradient that gave no sign before.
void weigh_suddenness(const std::vector<Odd>& odd, Scored& out) {
  std::size_t sudden = 0, seen = 0, led = 0;
  for (const Odd& o : odd) {
    sudden += o.spike ? 0 : 1;
    const double z = gradient_before(finite(trajectory(*o.run->run, Role::grad_norm)), o.run->loss.step[o.index]);
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
  const std::size_t there = odd_of(c.baseline_events).size();
  const double p = stats::poisson_rate_p(static_cast<double>(count), records_of(c.experiment_events),
                                         static_cast<double>(there), records);
  if (!(p < 0.05)) return false;
  const Odd first = odd_of(c.experiment_events).front();
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

Outcome detect(const Case& c) {
  const double records = records_of(c.experiment_events);
  if (records < 200) return Untestable{{}, "200 records of the training loss", "log the training loss every step"};
  const std::vector<Odd> odd = odd_of(c.experiment_events);
  const Shared both = most_shared(c);
  Scored out;
  out.looked_at = fmt::format("{} batches in {} records stand more than {} above those before", odd.size(),
                              number(records), percent(std::expm1(kOdd), 2));
  out.slots = {{"odd_batches", static_cast<double>(odd.size())}};
  const bool common = both.p < 0.01 && (both.odd.size() >= kFewest || (!both.odd.empty() && both.odd.front().spike));
  if (!common && (odd.size() < kFewest || !more_than_baseline(c, odd.size(), out))) return out;
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
Clean batches have heavy right tails, but smaller ones. Without a baseline on the same data nothing proves it: replay the batches from
another checkpoint. Batches of longer text or of another source count as well: they are odd, not necessarily wrong.
## Reference
Science handbook D0.1, D-07; Chowdhery et al. 2022, arXiv:2204.02311, section 5.1 (the same batches did not spike from another checkpoint).
)"};

}  // namespace expanalyze
