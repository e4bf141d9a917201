// What passed between the records of a run, by one of its clocks (science handbook A1).
#pragma once

#include <vector>

#include "review/step_time.hpp"

namespace expanalyze {

/// What passed between two records.
struct Interval {
  double from = 0, steps = 0, seconds = 0;
  bool evaluation = false;
  [[nodiscard]] double pace() const { return seconds / steps; }
};

/// In the order of the log; empty where the clock is missing or does not tell the time of a step. `samples`: tokens or
/// samples a step, for a throughput. Time that passed while the step stood still goes to `outside`.
std::vector<Interval> intervals(const RunView& view, Clock clock, double samples, Outside& outside);

/// Neighbours joined until each spans enough ticks of the clock that they are read from; what is left at the end joins
/// the last.
std::vector<Interval> over_ticks(std::vector<Interval> fine);

}  // namespace expanalyze
