// What the log-odds of a card are worth, measured on runs with known faults.
#pragma once

#include <cmath>
#include <string_view>

namespace expanalyze {

/// P(the card names an accepted cause) = 1 / (1 + exp(-(a + b x))), x its summed log-odds (D0.6; Platt 1999, Advances
/// in Large Margin Classifiers). `comparisons`: how many the two numbers rest on; 0: none, a = 0 and b = 1.
struct Calibration {
  std::string_view id;
  double a = 0, b = 1;
  int comparisons = 0;
  [[nodiscard]] double probability(double log_odds) const { return 1 / (1 + std::exp(-(a + b * log_odds))); }
};
Calibration calibration(std::string_view id);

}  // namespace expanalyze
