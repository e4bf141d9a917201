// Views of a run for the stages: the final trajectory of a series, and what a run had spent by a given step.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "expanalyze/review.hpp"
#include "expanalyze/run_store.hpp"

namespace expanalyze {

/// One series against optimizer steps. Copied out of the store; NaN and ±inf of the log are kept.
struct Curve {
  std::vector<double> step;  ///< strictly increasing
  std::vector<double> value;
  std::vector<std::uint32_t> line;  ///< of the log
  std::size_t superseded = 0;       ///< records that a later rewind to an earlier step replaced (A4)
  std::size_t same_step = 0;        ///< records that another value at their own step follows
  std::size_t repeated = 0;         ///< records that say once more what their step already held
  /// Steps of the points that no line may join to the one in front: a later segment begins there (A4), or values that
  /// are not finite were left out between the two.
  std::vector<double> breaks;
  [[nodiscard]] std::size_t size() const { return step.size(); }
  [[nodiscard]] bool empty() const { return step.empty(); }
};

/// The final trajectory (A4): each step once, with the value of the latest segment that logged it.
Curve trajectory(const Run& run, const Series& series);
/// The trajectory of the best series of a role; empty when the run has none.
Curve trajectory(const Run& run, Role role);
/// Points with a finite value; of a curve that is given away without a copy.
Curve finite(const Curve& curve);
Curve finite(Curve&& curve);
/// Points with from <= step <= to.
Curve between(const Curve& curve, double from, double to);
/// Linear in step between the two neighbours; NaN outside the curve and across non-finite points.
double value_at(const Curve& curve, double step);
/// The steps between `from` and `to` that both curves have, with both values.
struct Common {
  std::vector<double> step, a, b;
};
Common common_steps(const Curve& a, const Curve& b, double from = -std::numeric_limits<double>::infinity(),
                    double to = std::numeric_limits<double>::infinity());

/// Cumulative tokens (or samples), seconds or FLOPs spent by each logged step (A1, A6).
struct Spent {
  Curve curve;         ///< monotone; empty: the axis is missing
  std::string source;  ///< "logged as `wall_time`", "6ND with N = …", or what to log
};
Spent spent(const Run& run, Axis axis);
/// The largest step that any training or evaluation row of the run carries.
double last_step(const Run& run);
/// Planned optimizer steps: config, else a total in the log, else 0.
double planned_steps(const Run& run);

/// A number of the config by its usual names, e.g. {"lr", "learning_rate"}: exact key first, then the last dotted part.
std::optional<double> config_number(const Run& run, std::span<const std::string_view> names);
/// The key that config_number() read; empty when there is none.
std::string config_key(const Run& run, std::span<const std::string_view> names);

}  // namespace expanalyze
