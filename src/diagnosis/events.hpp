// What happened in a run, and where: its spikes with their cost, odd batches, and which signal moved before which.
// A Case reads the events of each run once; every one of them has a place: run, series, step, line.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "expanalyze/run_store.hpp"
#include "stats/aftermath.hpp"
#include "stats/lead_lag.hpp"
#include "stats/onset.hpp"
#include "stats/spikes.hpp"
#include "store/trajectory.hpp"

namespace expanalyze {

struct SpikeEvent {
  stats::Spike spike;  ///< indices into RunEvents::loss
  stats::Aftermath after;
  double lost_hours;  ///< lost_steps at the pace of the run around the spike; NaN without a clock
  double lr;          ///< at the onset; NaN: not logged
  /// Highest robust z of the log gradient norm in the 8 records before the onset, against the 120 before those; NaN:
  /// not logged there.
  double gradient_z;
  Place place;  ///< of the onset
};

struct RunEvents {
  const Run* run = nullptr;
  const Series* series = nullptr;  ///< the training loss; nullptr: none, or fewer than 30 records
  Curve loss;                      ///< finite
  double cadence = 1;              ///< steps between its records
  std::vector<SpikeEvent> spikes;
  std::vector<std::size_t> outliers;  ///< single records of `loss` that stand out (D0.1)
  [[nodiscard]] Place at(std::size_t index) const;
};
RunEvents events_of(const Run& run);

/// SpikeEvent::gradient_z at any step; `norm` is finite.
double gradient_before(const Curve& norm, double step);

/// The gradient norm stood out before the spike began (z > 4; the published order is gradient first, loss 1 to 8
/// steps later: Wortsman et al. 2023, arXiv:2304.13013).
bool gradient_leads(const SpikeEvent& spike);

/// Totals over the runs of a side.
struct SpikeTotals {
  std::size_t spikes = 0, nonrecovering = 0;
  double records = 0, steps = 0, lost_steps = 0;
  double lost_hours = 0;  ///< NaN when a run with spikes has no clock
  double highest = 0;     ///< in log units
  [[nodiscard]] double share_lost() const { return steps > 0 ? lost_steps / steps : 0; }
};
SpikeTotals totals(const std::vector<RunEvents>& runs);

/// One row of a table of spikes: height, healing, cost, learning rate, gradient before.
std::string say(const SpikeEvent& spike);

/// ln of the experiment's loss minus ln of the baseline's at common steps. Empty: nothing in common.
Curve log_difference(const RunEvents& baseline, const RunEvents& experiment);

/// Spikes against a baseline on the same batches, where batch noise cancels; run by run in the order of the seeds.
struct PairedSpikes {
  std::size_t own = 0;         ///< of the difference: the experiment alone
  std::size_t common = 0;      ///< of the experiment's persistent spikes, that the baseline has within 5 records: data
  std::optional<Place> first;  ///< of `own`
};
struct Case;
/// The baseline's run that a run of the experiment is held against (matched_runs); nullptr: it has none.
const RunEvents* partner_of(const Case& c, const RunEvents& experiment);
/// nullopt: the review does not call the runs paired, or they are shifted against each other.
std::optional<PairedSpikes> paired_spikes(const Case& c);

/// A logged number that moves before the training loss and predicts it, over the whole run (D0.4). The strongest first.
struct Leader {
  const Series* series;
  stats::LeadLag lead;
};
std::vector<Leader> leaders(const RunEvents& events);

/// A signal that left its band shortly before a step.
struct Departure {
  const Series* series;
  stats::Onset onset;
  bool upwards;
  Place place;
};
/// The departures among the 400 records before `until`, the first half of them (at most 200) taken as the band; of the
/// training loss first, where it departs, then of the other signals by onset.
struct Departures {
  std::optional<Departure> loss;
  std::vector<Departure> signals;
  std::size_t tested = 0;  ///< signals with enough records
};
Departures departures(const Run& run, double until);

}  // namespace expanalyze
