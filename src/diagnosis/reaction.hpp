// Does anything in a log move with a signal, before it or after it? (science handbook D0.4)
#pragma once

#include <span>
#include <string>

#include "diagnosis/case.hpp"

namespace expanalyze {

/// The largest cross-correlation of two series on common records, both whitened.
struct LeadLag {
  double correlation = 0;  ///< signed
  int lag = 0;             ///< records: > 0: the first series moved that many records before the second
  std::size_t n = 0;       ///< records compared; 0: too few, or one of them never moves
  double threshold = 1;    ///< that |correlation| must pass, for the number of lags and of series tried
  [[nodiscard]] bool found() const { return n > 0 && std::abs(correlation) > threshold; }
};
/// `tried`: how many series compete; the threshold is Bonferroni's over lags and series.
LeadLag lead_lag(std::span<const double> a, std::span<const double> b, std::size_t tried = 1);
/// The same on the steps that both curves have.
LeadLag lead_lag(const Curve& a, const Curve& b, std::size_t tried = 1);

struct Reaction {
  LeadLag strongest;
  std::string with;        ///< the series that it was found with, as logged
  std::size_t tested = 0;  ///< series that could be tested
};
/// The series of a run that a signal moves with most: the losses and every scalar that is no clock.
Reaction strongest_reaction(const Run& run, const Series& signal);

}  // namespace expanalyze
