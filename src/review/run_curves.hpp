// What a review reads of a run besides its metric.
#pragma once

#include <array>
#include <optional>

#include "store/trajectory.hpp"

namespace expanalyze {

/// Each is read when first asked for, and once, whichever metric of the run is looked at: the primary one and every
/// secondary one ask again. The run must outlive this. Not for several threads at a time.
class RunCurves {
 public:
  explicit RunCurves(const Run& run) : run_(run) {}
  [[nodiscard]] const Curve& lr() const;        ///< learning rate, finite values
  [[nodiscard]] const Curve& training() const;  ///< training loss, finite values
  [[nodiscard]] const Spent& spent(Axis axis) const;

 private:
  const Run& run_;
  mutable std::optional<Curve> lr_, training_;
  mutable std::array<std::optional<Spent>, kAxes.size()> spent_;
};

}  // namespace expanalyze
