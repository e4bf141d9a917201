// How far the losses of two runs are the same numbers: bit for bit, up to a step, or not at all (science handbook
// D-25a).
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "diagnosis/case.hpp"
#include "review/sides.hpp"

namespace expanalyze {

/// The losses that both runs of one pair log, held against each other value by value on their common steps.
struct Sameness {
  RunPair pair{};
  std::size_t values = 0;                                   ///< finite on at least one side, of all losses
  std::size_t equal = 0;                                    ///< of them, to the last digit
  std::size_t digits = 0;                                   ///< significant digits of the longest value
  std::vector<std::string> series;                          ///< names of the losses, as the experiment logs them
  std::size_t equal_before = 0;                             ///< values before the first difference
  double split = std::numeric_limits<double>::quiet_NaN();  ///< step of the first difference; NaN: there is none
  double end = 0;                                           ///< last common step
  double covered = 0;                                       ///< share of the longer run that the common steps reach
  double gap = 0;                                           ///< size of the first difference
  double last_digit = 0;   ///< one unit of the last logged digit there, or of single precision
  Place first_difference;  ///< in the experiment's log; without one, the last value
  /// A signal that first left what it had been (of the experiment's own), or the baseline's values, at most a few
  /// records before the split, and not behind it; empty: none did.
  std::string moved;
  Place moved_at;
  double moved_from = 0, moved_to = 0;

  /// D-25(a): in more than 99 % of the values, to the end of both. Where one was cut off, that is what differs.
  [[nodiscard]] bool identical() const {
    return values >= 10 && covered > 0.99 && static_cast<double>(equal) > 0.99 * static_cast<double>(values);
  }
  /// The first difference is more than rounding: one that grows out of the last digit was there all along.
  [[nodiscard]] bool parts_at_once() const;
  /// The same, after so many equal values that it is no start from one seed whose first updates the digits hide.
  [[nodiscard]] bool up_to_a_step() const;
  [[nodiscard]] double equal_share() const { return end > 0 && split > 0 ? split / end : 0; }
};

Sameness sameness(const Run& baseline, const Run& experiment);
/// One for each pair of runs that belong together.
std::vector<Sameness> sameness(const Case& c);

/// Significant digits of a number as a log writes it: 0.38629 has 5, 1200 has 4, 0 has 1.
std::size_t logged_digits(double value);

}  // namespace expanalyze
