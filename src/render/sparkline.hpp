// A curve in one line of text.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace expanalyze::render {

/// The range that both sides are drawn on; log when the values span more than a factor of 20, so that one blow-up does
/// not flatten everything else.
struct Scale {
  double min = 0, max = 0;
  bool log = false;
  bool cut =
      false;  ///< one side goes far beyond the other: `max` is the calmer side's, higher points get the top block
  bool valid = false;  ///< false: no finite value anywhere
};
Scale common_scale(std::span<const double> a, std::span<const double> b);

/// "▇▅▃▂▁": at most `width` characters, each the mean of its points; 'x' where points are and none is finite.
std::string sparkline(std::span<const double> values, const Scale& scale, std::size_t width);

}  // namespace expanalyze::render
