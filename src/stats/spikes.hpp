// Loss spikes of one series: records that stand far above the ones before.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace expanalyze::stats {

struct Spike {
  std::size_t onset;  ///< index of the first record above the level
  std::size_t end;    ///< one past the last record of the spike: back at the level, given up after 200 records, or the
                      ///< series' size
  std::size_t peak;   ///< index of the highest record
  double height;   ///< highest record minus the level before; in log units when all losses are positive, else as given
  double area;     ///< sum over [onset, end) of the excess over the level before, in those units times steps
  bool recovered;  ///< back within the usual spread of the level before
};

/// Persistent spikes: at least 4 of 5 neighbouring records with robust z > 2.5 over a trailing window of 128 records
/// (for records 10 steps or more apart: 2 of 3 with z > 5 over 64). Non-finite records count as missing: they are
/// events of their own. Measured: no false alarm in 2.04e5 steps of 28 public logs; found 15 / 81 / 100 % of injected
/// spikes of 5 / 10 / 20 %.
std::vector<Spike> persistent_spikes(std::span<const double> loss, std::size_t cadence_steps = 1);

/// The same for the difference ln a - ln b of two runs on the same batches, where batch noise cancels: 2 of 3 records
/// with z > 6 over 128. A spike of 2 % is seen; what both runs have is in the data and cancels. Heights and areas are
/// in units of the difference.
std::vector<Spike> paired_spikes(std::span<const double> difference, std::size_t cadence_steps = 1);

/// Indices of single records with robust z > 8 over the trailing 128, or an increment with robust z > 6. For
/// information: batches have heavy right tails, and about 10 of 1e4 clean steps look like this.
std::vector<std::size_t> outlier_batches(std::span<const double> loss);

}  // namespace expanalyze::stats
