// How long a step of a run takes, from what its log has, and which time is no part of a step (science handbook A1).
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "review/sides.hpp"

namespace expanalyze {

/// What a step time is read from, best first. Both sides of a comparison are read from the same.
enum class Clock { step_time, throughput, elapsed };
inline constexpr std::array<Clock, 3> kClocks{Clock::step_time, Clock::throughput, Clock::elapsed};
std::string_view to_string(Clock);

/// Time that a run spent outside its steps, in seconds beyond what the steps of that stretch take.
struct Outside {
  double start_up = 0;    ///< the first steps: compilation, caches, the loader's first batch
  double evaluation = 0;  ///< seen by the elapsed clock only: step times and throughputs leave it out
  double stalls = 0;      ///< steps of more than ten medians: checkpoints, preemption
};

struct Pace {
  double seconds = 0;  ///< median of the time per step over up to a hundred stretches of the run; 0: cannot be read
  double se = std::numeric_limits<double>::infinity();  ///< of `seconds`, within the run
  double samples = 0;                                   ///< tokens or samples a step; 0: unknown
  double samples_se = 0;
  double total = 0;  ///< seconds of the run that the clock shows
  Outside outside;
  bool evaluations_inside = false;  ///< every record carries an evaluation: their time is in the step time
};

Pace pace(const RunView& view, Clock clock);

}  // namespace expanalyze
