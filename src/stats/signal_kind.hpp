// What a logged number does over a run, whatever it is called: rest, count, follow a plan, sit at a bound, or live.
#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <string_view>

#include "stats/trend.hpp"

namespace expanalyze::stats {

enum class SignalKind {
  unknown,      ///< fewer than kFewestForKind finite values
  clock,        ///< counts with the axis: tokens, elapsed time, epochs
  constant,     ///< one value for all practical purposes
  event_count,  ///< whole numbers from 0 or 1 that only rise, by fits and starts: hits so far
  pinned,       ///< more than 95 % of the records at one bound
  saturated,    ///< free in the first third, at one bound in the last
  scheduled,    ///< follows a smooth curve without noise: set by a plan, not by what happens
  quantised,    ///< few levels, powers of two, or multiples of a coarse unit
  drifting,     ///< a monotone trend larger than its own noise
  alive,        ///< varies: at least half a bit an observation
  quiet         ///< none of these: nearly always the same, seldom something else
};
std::string_view to_string(SignalKind kind);

inline constexpr std::size_t kFewestForKind = 10;

struct SignalShape {
  SignalKind kind = SignalKind::unknown;
  std::size_t n = 0;           ///< finite values
  std::size_t non_finite = 0;  ///< left out
  double low = std::numeric_limits<double>::quiet_NaN(), high = low, median = low;
  double relative_range = 0;  ///< width between the 0.5 and 99.5 % quantiles over |median|; inf about a median of 0
  std::size_t distinct = 0;
  double unit = 0;             ///< all values are `low` plus whole multiples of it, and it is coarse; 0: no such unit
  bool powers_of_two = false;  ///< every value is one, and there are at least two different ones
  /// The bound: the lowest, the highest or one of the given values, whichever the last third sits at most.
  double bound = std::numeric_limits<double>::quiet_NaN();
  double at_bound = 0, at_bound_first = 0, at_bound_last = 0;  ///< shares of all records, the first and the last third
  /// The axis where it came to its bound: from there on 95 % of the records sit at it; 80 % from `earliest`, 99 % from
  /// `latest`. How the answer depends on the share asked for, not an interval of confidence. NaN: it never did.
  double since = std::numeric_limits<double>::quiet_NaN(), earliest = since, latest = since;
  double last_event = std::numeric_limits<double>::quiet_NaN();  ///< axis of the last change of value
  double entropy = 0;  ///< bits, of 16 bins between the 0.5 and 99.5 % quantiles
  RobustSlope
      trend{};  ///< per unit of the axis, of at most 20 block medians: neighbouring records are no evidence twice
};

/// `x`: optimizer steps (or seconds, tokens), rising; `y`: one value each, NaN and inf allowed. `bounds`: values that a
/// setting allows the signal to reach at most or at least.
SignalShape signal_shape(std::span<const double> x, std::span<const double> y, std::span<const double> bounds = {});

/// `y` rises or falls with `x` like a clock: strictly, and along a line or at a steady rate. Finite values only.
bool clock_like(std::span<const double> x, std::span<const double> y);

/// Shannon's entropy in bits of the values in 16 equal bins between the 0.5 and 99.5 % quantiles; where these are one
/// value, of "is it this value?". 0 below two values.
double binned_entropy(std::span<const double> y);

}  // namespace expanalyze::stats
