// Signals of the mechanism under test, whatever they are called (science handbook A2: any numeric key of no other
// role).
#pragma once

#include <string>
#include <vector>

#include "diagnosis/case.hpp"

namespace expanalyze {

/// How one signal behaved over the runs of a side.
struct SignalBehaviour {
  std::string name;                ///< as logged
  double low = 0, high = 0;        ///< over all records
  double at_high = 0, at_low = 0;  ///< share of records at the highest / lowest value
  double pinned_first = 0,
         pinned_last = 0;   ///< share of the first / last third at the value that the last third has most often
  double pinned_value = 0;  ///< that value
  double since_step = 0;    ///< first step from which at least 95 % of the records have it
  double cap = 0;           ///< a setting of the config that equals the highest value; NaN: none
  std::string cap_key;
  bool in_baseline = false;  ///< the baseline logs it too
  bool as_baseline = false;  ///< with the same median, within 0.1 %
  Place where;
  [[nodiscard]] bool constant() const { return low == high; }
};

/// The unlabelled signals without another role, and shares that clipping or gating logs, in the order of the log.
std::vector<SignalBehaviour> mechanism_signals(const Case& c);

/// A signal whose name holds one of the words as a token: "optim/ortho_err" holds "ortho".
const Series* signal_with(const Run& run, std::initializer_list<std::string_view> words);

}  // namespace expanalyze
