// What a side would have reached had it been planned to end at another budget (science handbook B6).
#pragma once

#include <optional>
#include <string>

#include "review/compared.hpp"
#include "review/curve_model.hpp"

namespace expanalyze {

/// κ = −∂L/∂ln C between complete runs: nats an e-fold more budget is worth to a side (B5), with its source in words.
struct Elasticity {
  Estimate kappa;
  std::string source;
};

/// Prices of a budget were measured between budgets that differ by less than 2, laws to 3 (budget.cpp): a difference
/// worth more than this factor of compute is only called that.
inline constexpr double kFarthestByPrice = 4;

/// One side's curve model and price of a budget.
struct Budget {
  CurveModel model;
  Elasticity price;
};
/// Where a curve has left the untrained model: its second step, at least 1.
double second_step(const Curve& curve);

struct Budgets {
  Budget baseline, experiment;
};
Budget budget_of(const Side& side, const Metric& metric, double sign);

/// The two sides at one budget, each planned to end there.
struct Planned {
  Estimate difference;                        ///< experiment - baseline; NaN: cannot be said
  double value = 0;                           ///< of the side that went on, had it been planned to end there
  Verdict verdict = Verdict::not_assessable;  ///< not_assessable: cannot be said
  std::string how;                            ///< one clause: the law or the price, or why neither serves
};

/// Where one side went on behind the budget of the other.
struct Overrun {
  const Side &longer, &shorter;
  bool longer_is_baseline;
  double ratio;    ///< of the longer side's budget to the shorter one's
  double reading;  ///< of the longer side's metric at the shorter one's budget, in mid-schedule
};
Planned planned_to_end(const Overrun& overrun, const Budget& longer, const SeedNoise& noise, double sesoi, double sign);

}  // namespace expanalyze
