// A number that a report may print.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

namespace expanalyze {

/// Never bare: interval, n and doubts travel with the value.
struct Estimate {
  double value = std::numeric_limits<double>::quiet_NaN();  ///< NaN: could not be computed, `notes` say why
  double low = -std::numeric_limits<double>::infinity();    ///< interval at `confidence`; -inf when unknown
  double high = std::numeric_limits<double>::infinity();    ///< +inf when unknown
  double confidence = 0.95;
  std::size_t n = 0;               ///< points or runs it rests on
  std::vector<std::string> notes;  ///< codes: "exact", "one_seed", "prior_seed_sd", …
};

/// A count, a logged value or a configured setting: known without error.
inline Estimate exact(double value, std::size_t n = 1) { return {value, value, value, 1.0, n, {"exact"}}; }

/// A number for which no interval can be given, with the code of the reason.
inline Estimate bare(double value, std::string reason, std::size_t n = 1) {
  Estimate e;
  e.value = value;
  e.n = n;
  e.notes.push_back(std::move(reason));
  return e;
}

}  // namespace expanalyze
