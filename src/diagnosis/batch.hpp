// How many tokens or samples one optimizer step consumed on either side.
#pragma once

#include <string>

#include "diagnosis/case.hpp"

namespace expanalyze {

struct BatchChange {
  double baseline, experiment;  ///< per step; epochs per step when only the epoch is logged. NaN: unknown
  std::string unit;             ///< "tokens", "samples", "epochs" or "tokens or samples"
  [[nodiscard]] double ratio() const { return experiment / baseline; }
};

BatchChange batch_change(const Case& c);
/// The sentence every batch card needs when the size is unknown.
Untestable batch_unknown();

/// Ratio of the largest learning rates, experiment over baseline; NaN when one is not logged.
double peak_lr_ratio(const Case& c);

}  // namespace expanalyze
