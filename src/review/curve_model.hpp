// A loss law fitted to one side's curve, or the reason why none may be (science handbook C).
#pragma once

#include <string>

#include "review/sides.hpp"
#include "stats/loss_law.hpp"

namespace expanalyze {

struct CurveModel {
  stats::FittedLaw law;
  stats::Schedule schedule;    ///< of the learning rate, as logged
  std::string refusal;         ///< why nothing may be predicted; empty: usable
  double first = 0, last = 0;  ///< steps of the fit window
  std::size_t points = 0;
  double end_value = 0;        ///< of the curve at `last`, as logged
  double discrepancy = 0;      ///< what the law itself leaves out: s.d. of ln loss for an e-fold more budget (C4)
  std::size_t origins = 0;     ///< earlier ends of the curve from which its later points were predicted
  double coverage = 0;         ///< share of these points inside their 90 % interval, before it was widened
  double widened = 1;          ///< by how much that took
  stats::FloorInterval floor;  ///< of the law's irreducible loss
  [[nodiscard]] bool usable() const { return refusal.empty(); }
  /// "a multi-power law through 120 evaluations"
  [[nodiscard]] std::string name() const;
  /// Where its irreducible loss lies, or that the curve does not identify one; half a sentence.
  [[nodiscard]] std::string floor_words() const;
};

/// Fitted to the mean over the side's runs, against steps.
CurveModel curve_model(const Side& side, const Metric& metric);

/// ln of a predicted value over the curve's last value, with its variance from parameters and law.
struct LogChange {
  double value = 0;
  double variance = 0;
};

/// Had this schedule been planned to end at `step` (B6.2).
LogChange planned_change(const CurveModel& model, double step);
/// With the learning rate of `schedule` from the end on, read at `step` (C4).
LogChange continued_change(const CurveModel& model, const stats::Schedule& schedule, double step);

}  // namespace expanalyze
