// The learning rate that a config describes, to be held against the one that was executed.
#pragma once

#include <optional>
#include <string_view>

#include "store/trajectory.hpp"

namespace expanalyze {

/// What configs leave open besides where counting starts.
struct ScheduleReading {
  double floor = 0;              ///< share of the peak, where the config states none
  bool decay_from_zero = false;  ///< the decay's progress counts from step 0, not from the end of the warm-up
};

struct ConfiguredSchedule {
  enum class Kind { constant, linear, cosine };
  Kind kind = Kind::constant;
  double warm_up = 0;  ///< steps
  double end = 0;      ///< step at which the decay is over; +inf for a constant
  std::optional<double> floor;
  std::optional<double> peak;
  /// Share of the peak at a step.
  [[nodiscard]] double share(double step, const ScheduleReading& reading) const;
  /// How far a logged share lies from those of the step and its two neighbours: programs count from 0 or from 1, and
  /// log before or after the scheduler moves.
  [[nodiscard]] double distance(double logged_share, double step, const ScheduleReading& reading) const;
};
std::string_view to_string(ConfiguredSchedule::Kind kind);

/// nullopt: the config names no schedule of a known kind, or not how long it is.
std::optional<ConfiguredSchedule> configured_schedule(const Run& run);

/// Share of the points of a logged rate that are farther than `tolerance` peaks from the described one; `peak`: what 1
/// means in the log.
double share_off(const Curve& rate, const ConfiguredSchedule& schedule, const ScheduleReading& reading, double peak,
                 double tolerance);

/// The reading under which most points of a logged rate agree with the description; of several, the closest.
ScheduleReading best_reading(const Curve& rate, const ConfiguredSchedule& schedule, double tolerance);

}  // namespace expanalyze
