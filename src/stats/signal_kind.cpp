// Thresholds of the science handbook D-25 and D-26 where it gives them; the rest were chosen on formulas and on the
// signals of small trained models, and each says what it must tell apart.
#include "stats/signal_kind.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "stats/descriptive.hpp"

namespace expanalyze::stats {
namespace {

constexpr double kTail = 0.005;        // as rare as the 1 % that D-25(b) lets a constant stray
constexpr double kStill = 1e-3;        // D-25(b): robust range over |median|
constexpr double kPinned = 0.95;       // D-25(c)
constexpr double kLate = 0.8;          // D-26: share of the last third
constexpr double kFree = 0.5;          // D-26: share of the first third
constexpr double kAliveBits = 0.5;     // a share of 11 % in a second state has this entropy
constexpr double kCoarse = 0.01;       // a unit below 1 % of the range is the rounding of the log
constexpr std::size_t kFewLevels = 8;  // levels that are few whatever they are
constexpr std::size_t kBlocks = 20;    // medians that a trend is read from
constexpr double kLine = 0.995;        // R^2 of a clock whose rate varies: evaluations and saving take 1 to 10 %
constexpr double kSteady = 0.05;       // spread of a clock's rate over its median: a jump at a resume leaves it
constexpr double kStrictly = 0.99;     // of the increments that must have one sign
constexpr double kSmooth = 0.1;        // second over first differences: sqrt(2) for noise, 0 for a line

using Values = std::vector<double>;

Values finite_of(std::span<const double> x, std::span<const double> y, Values& axis) {
  Values out;
  for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i)
    if (std::isfinite(x[i]) && std::isfinite(y[i])) axis.push_back(x[i]), out.push_back(y[i]);
  return out;
}

Values differences(std::span<const double> y) {
  Values out;
  for (std::size_t i = 1; i < y.size(); ++i) out.push_back(y[i] - y[i - 1]);
  return out;
}

/// As quantile(), of values in rising order: one sort serves all.
double at_share(std::span<const double> sorted, double p) {
  const double at = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const double next = sorted[std::min(below + 1, sorted.size() - 1)];
  const double part = at - std::floor(at);
  return part == 0 ? sorted[below] : (1 - part) * sorted[below] + part * next;
}

Values in_order(std::span<const double> y) {
  Values out(y.begin(), y.end());
  std::sort(out.begin(), out.end());
  return out;
}

double entropy_of(std::span<const double> y, double from, double to) {
  std::array<double, 16> count{};
  for (const double v : y) {
    const double at = to > from ? 16 * ((v / 2 - from / 2) / (to / 2 - from / 2)) : v == from ? 0 : 15;
    ++count[static_cast<std::size_t>(std::clamp(at, 0.0, 15.0))];
  }
  double bits = 0;
  for (const double c : count)
    if (c > 0) bits -= c / static_cast<double>(y.size()) * std::log2(c / static_cast<double>(y.size()));
  return std::max(0.0, bits);
}

double share(std::span<const double> y, double value, double tolerance) {
  const auto hit = std::count_if(y.begin(), y.end(), [&](double v) { return std::abs(v - value) <= tolerance; });
  return y.empty() ? 0 : static_cast<double>(hit) / static_cast<double>(y.size());
}

/// The axis from which on at least `wanted` of the records sit at the bound, the first of them included.
double settled(std::span<const double> x, std::span<const double> y, double bound, double tolerance, double wanted) {
  double at = std::numeric_limits<double>::quiet_NaN(), hits = 0;
  for (std::size_t i = y.size(); i-- > 0;) {
    if (std::abs(y[i] - bound) > tolerance) continue;
    ++hits;
    if (hits >= wanted * static_cast<double>(y.size() - i)) at = x[i];
  }
  return at;
}

void read_bound(SignalShape& s, std::span<const double> x, std::span<const double> y, std::span<const double> bounds,
                double width) {
  // Logs round: within a thousandth of what the signal usually spans it sits at the bound.
  const double tolerance = 1e-3 * width;
  const std::size_t third = y.size() / 3;
  Values candidates{s.high, s.low};
  candidates.insert(candidates.end(), bounds.begin(), bounds.end());
  double best = -1;
  for (const double c : candidates) {
    if (!std::isfinite(c)) continue;
    const double at = share(y.last(third), c, tolerance) + 1e-3 * share(y, c, tolerance);
    if (at > best) best = at, s.bound = c;
  }
  s.at_bound = share(y, s.bound, tolerance);
  s.at_bound_first = share(y.first(third), s.bound, tolerance);
  s.at_bound_last = share(y.last(third), s.bound, tolerance);
  s.since = settled(x, y, s.bound, tolerance, kPinned);
  s.earliest = settled(x, y, s.bound, tolerance, kLate);
  s.latest = settled(x, y, s.bound, tolerance, kStrictly);
}

void read_levels(SignalShape& s, Values levels) {
  levels.erase(std::unique(levels.begin(), levels.end()), levels.end());
  s.distinct = levels.size();
  if (s.distinct < 2) return;
  int exponent = 0;
  // 524290 is 2^19 in a log of five digits.
  s.powers_of_two = std::all_of(levels.begin(), levels.end(), [&](double v) {
    const double mantissa = std::frexp(v, &exponent);
    return v > 0 && (std::abs(mantissa - 0.5) < 1e-4 || mantissa > 1 - 1e-4);
  });
  const Values gaps = differences(levels);
  const double unit = *std::min_element(gaps.begin(), gaps.end());
  if (unit < kCoarse * (s.high - s.low)) return;
  const bool whole = std::all_of(levels.begin(), levels.end(), [&](double v) {
    const double k = (v - s.low) / unit;
    return std::abs(k - std::round(k)) < 0.01;
  });
  if (whole) s.unit = unit;
}

void read_trend(SignalShape& s, std::span<const double> x, std::span<const double> y) {
  const std::size_t blocks = std::min(kBlocks, y.size());
  Values at, level;
  for (std::size_t b = 0; b < blocks; ++b) {
    const std::size_t from = b * y.size() / blocks, to = (b + 1) * y.size() / blocks;
    at.push_back(median(x.subspan(from, to - from)));
    level.push_back(median(y.subspan(from, to - from)));
  }
  s.trend = theil_sen(at, level);
}

bool still(const SignalShape& s, std::span<const double> y) {
  if (s.low == s.high || s.relative_range < kStill) return true;
  // Two values, one of them in more than 99 % of the records.
  return s.distinct == 2 && std::max(share(y, s.low, 0), share(y, s.high, 0)) > kStrictly;
}

bool counts_events(const SignalShape& s, std::span<const double> y) {
  const bool whole = std::all_of(y.begin(), y.end(), [](double v) { return v == std::floor(v); });
  return whole && (s.low == 0 || s.low == 1) && std::is_sorted(y.begin(), y.end());
}

/// What moves does so along a curve: the change of the change is small against the change. A plan is smooth, what
/// reacts to batches is not.
bool smooth_where_it_moves(std::span<const double> y) {
  const Values first = differences(y);
  Values change, bend;
  for (std::size_t i = 1; i < first.size(); ++i) {
    if (first[i] == 0 && first[i - 1] == 0) continue;
    change.push_back(std::abs(first[i]));
    bend.push_back(std::abs(first[i] - first[i - 1]));
  }
  return change.size() >= 2 * kFewestForKind && median(change) > 0 && median(bend) < kSmooth * median(change);
}

bool drifts(const SignalShape& s, std::span<const double> x, std::span<const double> y) {
  if (!(s.trend.low > 0) && !(s.trend.high < 0)) return false;
  const double moved = std::abs(s.trend.slope) * (x.back() - x.front());
  return moved > 2 * mad(detrend(y)) && moved > kStill * std::abs(s.median);
}

SignalKind kind_of(const SignalShape& s, std::span<const double> x, std::span<const double> y) {
  if (clock_like(x, y)) return SignalKind::clock;
  if (still(s, y)) return SignalKind::constant;
  if (counts_events(s, y)) return SignalKind::event_count;
  if (smooth_where_it_moves(y)) return SignalKind::scheduled;
  if (s.at_bound > kPinned) return SignalKind::pinned;
  if (s.at_bound_last > kLate && s.at_bound_first < kFree && std::isfinite(s.since)) return SignalKind::saturated;
  const bool few = s.distinct <= kFewLevels || s.unit > 0 || s.powers_of_two;
  if (few && s.distinct * 5 <= y.size()) return SignalKind::quantised;
  if (drifts(s, x, y)) return SignalKind::drifting;
  return s.entropy >= kAliveBits ? SignalKind::alive : SignalKind::quiet;
}

}  // namespace

std::string_view to_string(SignalKind kind) {
  static constexpr std::array<std::string_view, 11> names{"unknown",  "clock",     "constant",  "event_count",
                                                          "pinned",   "saturated", "scheduled", "quantised",
                                                          "drifting", "alive",     "quiet"};
  return names[static_cast<std::size_t>(kind)];
}

bool clock_like(std::span<const double> x, std::span<const double> y) {
  if (x.size() != y.size() || y.size() < kFewestForKind) return false;
  const Values dy = differences(y), dx = differences(x);
  Values rate;
  std::size_t up = 0, down = 0;
  for (std::size_t i = 0; i < dy.size(); ++i) {
    up += dy[i] > 0 ? 1 : 0;
    down += dy[i] < 0 ? 1 : 0;
    if (dx[i] > 0) rate.push_back(dy[i] / dx[i]);
  }
  if (static_cast<double>(std::max(up, down)) < kStrictly * static_cast<double>(dy.size()) || rate.empty())
    return false;
  const double usual = std::abs(median(rate));
  if (usual > 0 && mad(rate) < kSteady * usual) return true;
  const Line line = least_squares(x, y);
  const double spread = sd(y);
  return line.residual_sd * line.residual_sd < (1 - kLine) * spread * spread;
}

double binned_entropy(std::span<const double> y) {
  if (y.size() < 2) return 0;
  const Values sorted = in_order(y);
  return entropy_of(y, at_share(sorted, kTail), at_share(sorted, 1 - kTail));
}

SignalShape signal_shape(std::span<const double> all_x, std::span<const double> all_y, std::span<const double> bounds) {
  SignalShape s;
  Values x;
  const Values y = finite_of(all_x, all_y, x);
  s.n = y.size();
  s.non_finite = std::min(all_x.size(), all_y.size()) - s.n;
  if (s.n == 0) return s;
  Values sorted = in_order(y);
  s.low = sorted.front();
  s.high = sorted.back();
  s.median = at_share(sorted, 0.5);
  if (s.n < kFewestForKind) return s;
  const double from = at_share(sorted, kTail), to = at_share(sorted, 1 - kTail);
  s.relative_range = to == from ? 0 : (to - from) / std::abs(s.median);
  for (std::size_t i = 1; i < y.size(); ++i)
    if (y[i] != y[i - 1]) s.last_event = x[i];
  read_bound(s, x, y, bounds, to - from);
  read_levels(s, std::move(sorted));
  read_trend(s, x, y);
  s.entropy = entropy_of(y, from, to);
  s.kind = kind_of(s, x, y);
  return s;
}

}  // namespace expanalyze::stats
