#include "render/sparkline.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace expanalyze::render {

namespace {

constexpr std::array<std::string_view, 8> kBlocks{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
// Eight blocks on a linear scale tell values apart that differ by an eighth of the range: above this ratio everything
// but the largest values would be the lowest block.
constexpr double kLogFromRatio = 20;

// A run that diverged to 1e34 would leave the other side one flat line even on a log scale.
constexpr double kCutFromRatio = 100;

std::string_view block(double value, const Scale& s) {
  if (s.max <= s.min) return kBlocks[3];
  const double share = s.log ? std::log(value / s.min) / std::log(s.max / s.min) : (value - s.min) / (s.max - s.min);
  return kBlocks[static_cast<std::size_t>(std::clamp(share * 8, 0.0, 7.0))];
}

Scale range_of(std::span<const double> values) {
  Scale s;
  for (const double v : values) {
    if (!std::isfinite(v)) continue;
    s.min = s.valid ? std::min(s.min, v) : v;
    s.max = s.valid ? std::max(s.max, v) : v;
    s.valid = true;
  }
  s.log = s.min > 0 && s.max > kLogFromRatio * s.min;
  return s;
}

/// Mean of the finite points; NaN when there is none.
double mean_of(std::span<const double> values) {
  double sum = 0;
  std::size_t n = 0;
  for (const double v : values)
    if (std::isfinite(v)) {
      sum += v;
      ++n;
    }
  return n == 0 ? NAN : sum / static_cast<double>(n);
}

}  // namespace

Scale common_scale(std::span<const double> a, std::span<const double> b) {
  const Scale one = range_of(a), other = range_of(b);
  if (!one.valid || !other.valid) return one.valid ? one : other;
  Scale s{std::min(one.min, other.min), std::max(one.max, other.max), false, false, true};
  const double calmer = std::min(one.max, other.max);
  s.cut = calmer > 0 && s.max > kCutFromRatio * calmer;
  if (s.cut) s.max = calmer;
  s.log = s.min > 0 && s.max > kLogFromRatio * s.min;
  return s;
}

std::string sparkline(std::span<const double> values, const Scale& scale, std::size_t width) {
  std::string out;
  const std::size_t cells = std::min(width, values.size());
  for (std::size_t i = 0; i < cells; ++i) {
    const std::size_t from = i * values.size() / cells, to = (i + 1) * values.size() / cells;
    const double mean = mean_of(values.subspan(from, to - from));
    out += std::isnan(mean) ? std::string_view("x") : block(mean, scale);
  }
  return out;
}

}  // namespace expanalyze::render
