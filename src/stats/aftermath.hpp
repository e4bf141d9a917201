// What a spike of a loss curve cost, and whether the run came back from it.
#pragma once

#include <cstddef>
#include <span>

#include "stats/spikes.hpp"

namespace expanalyze::stats {

/// Recovering: the interval of the offset reaches down to 0. Open: too few records behind the spike, or before it.
enum class Recovery { recovering, nonrecovering, open };

struct Aftermath {
  /// Steps from the peak until the loss (its log) is half-way back to the level before; NaN: not within the spike.
  double half_recovery;
  /// Step equivalents of lost progress: each step inside the spike counts by how far the run stood behind, its excess
  /// over the fall of ln loss per e-fold of steps just before the spike, at most 1. So never more than the spike's
  /// length, and all of it where the curve was flat.
  double lost_steps;
  /// ln loss behind the spike minus the trend of the records before, with its interval at 95 %; NaN when open.
  double offset, low, high;
  std::size_t records;  ///< behind the spike, that the offset rests on
  Recovery recovery;
};

/// The aftermath of spikes[which]. `step` rises; `loss` has one positive value a step (else all is open). The trend is
/// ln loss on ln step over up to 500 records before the onset, other spikes left out; the offset is read 200 records
/// behind the onset or where the spike ends, if that is later, over up to 100 records and before the next spike (250,
/// 100 and 50 where records are 10 steps or more apart).
Aftermath aftermath(std::span<const double> step, std::span<const double> loss, std::span<const Spike> spikes,
                    std::size_t which);

}  // namespace expanalyze::stats
