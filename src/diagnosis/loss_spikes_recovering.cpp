// D-05: spikes that heal, and what they cost.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnosis/case.hpp"
#include "diagnosis/weigh.hpp"
#include "stats/distributions.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

// Rows of the table: they show, they do not argue.
constexpr double kRow = 0.1;
constexpr std::size_t kMostRows = 5;

/// All spikes of a side, the costliest first.
std::vector<const SpikeEvent*> by_cost(const std::vector<RunEvents>& runs) {
  std::vector<const SpikeEvent*> out;
  for (const RunEvents& run : runs)
    for (const SpikeEvent& s : run.spikes) out.push_back(&s);
  const auto cost = [](const SpikeEvent* s) { return std::isfinite(s->after.lost_steps) ? s->after.lost_steps : 0; };
  std::stable_sort(out.begin(), out.end(), [&](const auto* x, const auto* y) { return cost(x) > cost(y); });
  return out;
}

void weigh_rate(const SpikeTotals& e, const SpikeTotals& b, Scored& out) {
  if (!(b.steps > 0)) return;
  const double p =
      stats::poisson_rate_p(static_cast<double>(e.spikes), e.steps, static_cast<double>(b.spikes), b.steps);
  out.evidence.push_back(
      {fmt::format("{} per 10000 steps against {} in the baseline (exact Poisson test of a higher rate: p = {})",
                   number(1e4 * static_cast<double>(e.spikes) / e.steps, 3),
                   number(1e4 * static_cast<double>(b.spikes) / b.steps, 3), number(p, 2)),
       bare(p, "p_value"),
       p < 0.05 ? kModerate : -kModerate,
       1,
       0,
       {}});
}

/// On the same batches the difference of the runs shows smaller spikes, and what both have is the data's.
void weigh_paired(const PairedSpikes& paired, std::size_t spikes, Scored& out) {
  if (paired.own > 0)
    out.evidence.push_back({fmt::format("on the same batches the difference to the baseline spikes {} times (2 of 3 "
                                        "records at z > 6)",
                                        paired.own),
                            exact(static_cast<double>(paired.own)),
                            kWeak,
                            1,
                            0,
                            {*paired.first}});
  if (2 * paired.common >= spikes)
    out.evidence.push_back(
        {fmt::format("{} of {} spikes stand in the baseline as well, on the same batches: they are in "
                     "the data",
                     paired.common, spikes),
         exact(static_cast<double>(paired.common), spikes),
         -kStrong,
         1,
         0,
         {}});
}

/// Does the gradient move first? By the records before each spike, and by the whole run.
void weigh_lead(const Case& c, const std::vector<const SpikeEvent*>& spikes, Scored& out) {
  const auto seen =
      std::count_if(spikes.begin(), spikes.end(), [](const auto* s) { return s->gradient_z == s->gradient_z; });
  const auto leading = std::count_if(spikes.begin(), spikes.end(), [](const auto* s) { return gradient_leads(*s); });
  if (seen == 0) out.missing_weight += kWeak;
  if (2 * leading >= seen && seen > 0)
    out.evidence.push_back(
        {fmt::format("the gradient norm stood out in the 8 records before {} of {} spikes", leading, seen),
         exact(static_cast<double>(leading), static_cast<std::size_t>(seen)),
         kWeak,
         1,
         'g',
         {place_of(*c.experiment.front(), Role::grad_norm)}});
  for (const RunEvents& run : c.experiment_events) {
    const auto first = leaders(run);
    if (first.empty()) continue;
    const auto& [series, lead] = first.front();
    out.evidence.push_back(
        {fmt::format("{} moved first and predicts the loss {} records later: correlation {} of what is new in both, "
                     "{} would be noise at p = 0.01; of {} records, one each {} steps",
                     code_span(series->logged_as), lead.lag, number(lead.correlation, 2), number(lead.threshold, 2),
                     lead.n, number(run.cadence, 3)),
         bare(lead.correlation, "noise_threshold", lead.n),
         kWeak,
         1,
         'g',
         {Place{run.run->label, series->logged_as, 0}}});
    return;
  }
}

void add_rows(const std::vector<const SpikeEvent*>& spikes, Scored& out) {
  for (std::size_t i = 0; i < std::min(kMostRows, spikes.size()); ++i)
    out.evidence.push_back(
        {say(*spikes[i]), bare(spikes[i]->spike.height, "one_record"), kRow, 1, 't', {spikes[i]->place}});
  if (spikes.size() > kMostRows)
    out.evidence.push_back({fmt::format("{} more spikes that cost less", spikes.size() - kMostRows),
                            exact(static_cast<double>(spikes.size() - kMostRows)),
                            kRow,
                            1,
                            't',
                            {spikes[kMostRows]->place}});
}

Outcome detect(const Case& c) {
  if (!logs(c.experiment, Role::train_loss))
    return Untestable{{}, "a training loss", "log the training loss every step (at most every 10)"};
  const SpikeTotals e = totals(c.experiment_events), b = totals(c.baseline_events);
  if (e.records < 200) return Untestable{{}, "200 records of the training loss", "log the training loss every step"};
  Scored out;
  out.looked_at = fmt::format("{} persistent spikes in {} records{}", e.spikes, number(e.records),
                              b.records > 0 ? fmt::format(" (baseline: {} in {})", b.spikes, number(b.records)) : "");
  out.slots = {{"spikes", static_cast<double>(e.spikes)}, {"share_lost", e.share_lost()}, {"highest", e.highest}};
  const auto paired = paired_spikes(c);
  if (paired && paired->own > 0)
    out.looked_at += fmt::format("; on the same batches {} of the difference", paired->own);
  if (paired && paired->common > 0)
    out.looked_at += fmt::format("; {} stand in the baseline as well, on the same batches", paired->common);
  // D-05: worth naming from three spikes or 0.2 % of the budget on.
  if (e.spikes < 3 && e.share_lost() < 0.002) return out;
  const auto spikes = by_cost(c.experiment_events);
  const std::string hours = e.lost_hours > 0 ? fmt::format(", {}", duration(3600 * e.lost_hours)) : "";
  out.evidence.push_back(
      {fmt::format(
           "{} persistent spikes in {} records, the highest by a factor {}, cost the progress of {} steps ({} of "
           "the run{})",
           e.spikes, number(e.records), number(std::exp(e.highest), 3), number(e.lost_steps, 3),
           percent(e.share_lost(), 2), hours),
       exact(static_cast<double>(e.spikes)),
       kStrong,
       e.spikes >= 3 ? 1 : 0.6,
       0,
       {spikes.front()->place}});
  weigh_rate(e, b, out);
  if (paired) weigh_paired(*paired, e.spikes, out);
  weigh_lead(c, spikes, out);
  add_rows(spikes, out);
  if (e.nonrecovering > 0)
    out.evidence.push_back({fmt::format("{} of them left the run above its trend", e.nonrecovering),
                            exact(static_cast<double>(e.nonrecovering)),
                            -kModerate,
                            1,
                            0,
                            {}});
  out.effect_share = std::min(0.5, 5 * e.share_lost());
  weigh_outcome(c, out);
  out.soul = fmt::format("{} spikes{} cost {} of the run's progress{}.", e.spikes,
                         e.nonrecovering == 0 ? " that healed" : "", percent(e.share_lost(), 2),
                         c.worse && e.nonrecovering == 0 ? ": real variance, but not the reason it lost" : "");
  return out;
}

}  // namespace

constinit const Detector loss_spikes_recovering{
    .id = "loss_spikes_recovering", .prior = kCommon, .detect = detect, .alone = true, .doc = R"(
## What it looks for
At least three spikes of the training loss, each four of five records high above the records before, or fewer that cost 0.2 % of the run; the
rate against the baseline's by an exact Poisson test. Each step inside a spike costs as much of a step as the run stood behind: excess of ln
loss over its fall per e-fold of steps, at most 1. Whether the gradient norm stood out in the 8 records before, and which logged number moved
first and predicts the loss (AR(10)-whitened cross-correlation, p < 0.01 over all lags and numbers).
## Why it matters
"Did the new logic introduce variance?" has an answer in counts, not in how jagged the curve looks.
## False alarms and misses
Single outlier batches are not spikes. Logs with fewer than 200 records cannot be tested. Spikes that both runs share are in the data.
## Reference
Science handbook D0.1, D-05 (no false alarm in 2e5 steps of 28 public logs).
)"};

}  // namespace expanalyze
