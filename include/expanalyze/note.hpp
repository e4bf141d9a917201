// What a reader should know although it stops nothing, and where in the logs it stands.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace expanalyze {

/// A spot in a log. Empty strings, line 0 and a NaN step mean "not one spot".
struct Place {
  std::string run;                                         ///< label of the run
  std::string series;                                      ///< as logged
  std::uint32_t line = 0;                                  ///< 1-based line of the run's file
  double step = std::numeric_limits<double>::quiet_NaN();  ///< optimizer updates
};

/// A skipped line, a guessed unit, a small n: counted, named, shown, never fatal.
struct Note {
  std::string_view code;        ///< one of a fixed set of literals, e.g. "line.cut"
  std::string text;             ///< one sentence; log text in it has gone through code_span()
  Place where;                  ///< the first place it happened
  std::size_t count = 1;        ///< how often
  std::uint32_t last_line = 0;  ///< the last place it happened; 0: `where` is all that is known
};

}  // namespace expanalyze
