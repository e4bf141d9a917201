// What the evidence of a card says, whatever the table of calibration makes of it.
#pragma once

#include <algorithm>
#include <cmath>

#include "expanalyze/diagnosis.hpp"

namespace test {

/// 1 / (1 + e^-x) of the log-odds, capped by completeness; 0 for a card without a finding.
inline double by_evidence(const expanalyze::Finding* f) {
  return f ? std::min(1 / (1 + std::exp(-f->log_odds)), 0.5 + 0.5 * f->completeness) : 0;
}

}  // namespace test
