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

/// One side's curve model and price of a budget.
struct Budget {
  CurveModel model;
  Elasticity price;
};
struct Budgets {
  Budget baseline, experiment;
};
Budget budget_of(const Side& side, const Metric& metric, double sign);

/// The two sides at one budget, each planned to end there.
struct Planned {
  Estimate difference;  ///< experiment - baseline; NaN: cannot be said
  double value = 0;     ///< of the side that went on, had it been planned to end there
  Verdict verdict = Verdict::not_assessable;  ///< not_assessable: cannot be said
  std::string how;  ///< one clause: the law or the price, or why neither serves
};

/// `longer` went on behind the budget of the other side, `ratio` times as far.
Planned planned_to_end(const Side& longer, const Budget& budget, const Side& shorter, double ratio, bool longer_is_baseline,
                       const SeedNoise& noise, double sesoi, double sign);

}  // namespace expanalyze
