// D-05: spikes that heal, and what they cost.
#include <fmt/format.h>

#include <cmath>

#include "diagnosis/case.hpp"
#include "diagnosis/weigh.hpp"
#include "stats/distributions.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

Outcome detect(const Case& c) {
  if (!logs(c.experiment, Role::train_loss))
    return Untestable{{}, "a training loss", "log the training loss every step (at most every 10)"};
  const SpikeCount e = count_spikes(c.experiment);
  const SpikeCount b = count_spikes(c.baseline);
  if (e.records < 200) return Untestable{{}, "200 records of the training loss", "log the training loss every step"};
  Scored out;
  out.looked_at = fmt::format("{} persistent spikes in {} records (baseline: {} in {})", e.spikes, number(e.records),
                              b.spikes, number(b.records));
  out.slots = {{"spikes", static_cast<double>(e.spikes)}, {"share_lost", e.share_lost}, {"highest", e.highest}};
  // D-05: worth naming from three spikes or 0.2 % of the records on.
  if (e.spikes < 3 && e.share_lost < 0.002) return out;
  out.evidence.push_back(
      {fmt::format("{} persistent spikes in {} records, the highest by a factor {}; {} of the records lie inside one",
                   e.spikes, number(e.records), number(std::exp(e.highest), 3), percent(e.share_lost, 2)),
       exact(static_cast<double>(e.spikes)), kStrong, e.spikes >= 3 ? 1 : 0.6, 0, e.where});
  if (b.records > 0) {
    const double p =
        stats::poisson_rate_p(static_cast<double>(e.spikes), e.records, static_cast<double>(b.spikes), b.records);
    const bool more = p < 0.05;
    out.evidence.push_back(
        {fmt::format("the baseline has {} in {} records (exact Poisson test of a higher rate: p = {})", b.spikes,
                     number(b.records), number(p, 2)),
         bare(p, "p_value"), more ? kModerate : -kModerate, 1, 0, b.where});
  }
  if (e.unrecovered > 0)
    out.evidence.push_back({fmt::format("{} of them did not come back to the level before", e.unrecovered),
                            exact(static_cast<double>(e.unrecovered)),
                            -kModerate,
                            1,
                            0,
                            {}});
  out.effect_share = std::min(0.5, 5 * e.share_lost);
  weigh_outcome(c, out);
  out.soul = fmt::format("{} spikes that healed took {} of the records: real variance, but not the reason it lost.",
                         e.spikes, percent(e.share_lost, 2));
  return out;
}

}  // namespace

constinit const Detector loss_spikes_recovering{
    .id = "loss_spikes_recovering", .prior = kCommon, .detect = detect, .doc = R"(
## What it looks for
At least three spikes of the training loss, each four of five records high above the records before, which return to their level; the rate
against the baseline's by an exact Poisson test.
## Why it matters
"Did the new logic introduce variance?" has an answer in counts, not in how jagged the curve looks.
## False alarms and misses
Single outlier batches are not spikes. Logs with fewer than 200 records cannot be tested. Spikes that both runs share are in the data.
## Reference
Science handbook D0.1, D-05 (no false alarm in 2e5 steps of 28 public logs).
)"};

}  // namespace expanalyze
