// Whether a difference in quality pays for the time it took (science handbook B6.3).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "review/measure.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

// A price of compute was measured between budgets that differ by less than 2; beyond this factor it says nothing.
constexpr double kMostBreakEven = 100;

/// ln r* = gain / kappa with its interval: both the gain's and the price's.
struct LogBreakEven {
  double value, low, high;
};

LogBreakEven log_break_even(const Sides& sides, const Estimate& difference, const Estimate& kappa) {
  const double sign = sides.orientation();
  const double worst = -(sign > 0 ? difference.high : difference.low);
  const double best = -(sign > 0 ? difference.low : difference.high);
  return {-sign * difference.value / kappa.value, std::min(sign * worst / kappa.low, sign * worst / kappa.high),
          std::max(sign * best / kappa.low, sign * best / kappa.high)};
}

std::string factor_text(const LogBreakEven& r) {
  if (std::abs(r.value) > std::log(kMostBreakEven)) return fmt::format("more than {}", number(kMostBreakEven));
  const auto bounded = [](double x) {
    return std::exp(std::clamp(x, -std::log(kMostBreakEven), std::log(kMostBreakEven)));
  };
  return number(std::exp(r.value), 3) + " " + interval(bounded(r.low), bounded(r.high), 3);
}

/// What the baseline would have reached with the experiment's time a run: B6.2 with the price of a budget.
std::string baseline_given_the_time(const Sides& sides, const FinalQuality& final, const Estimate& kappa,
                                    double ratio) {
  constexpr double kFarthest = 2;  // C5
  if (!(ratio > 1) || ratio > kFarthest || !std::isfinite(final.baseline.value)) return {};
  const double sign = sides.orientation(), far = std::log(ratio);
  const double a = final.baseline.value - sign * kappa.low * far, b = final.baseline.value - sign * kappa.high * far;
  return fmt::format("; a baseline given the same time would have reached an estimated {} {}",
                     number(final.baseline.value - sign * kappa.value * far),
                     interval(std::min(a, b), std::max(a, b), 3));
}

}  // namespace

void judge_time(const Sides& sides, const FinalQuality& final, const Elasticity& price, WallClock& out) {
  const Estimate& kappa = price.kappa;
  if (!(kappa.value > 0) || !std::isfinite(final.difference.value)) return;
  const LogBreakEven r = log_break_even(sides, final.difference, kappa);
  const bool gained = r.value > 0, faster = out.ratio.value < 1;
  if (!gained && !faster) return;  // nothing that could pay for time, and no time that could pay for a loss
  if (std::abs(r.value) <= std::log(kMostBreakEven)) out.break_even = std::exp(r.value);
  if (!std::isfinite(r.low) || !std::isfinite(r.high))
    out.justified = WallClock::Justified::undecided;
  else if (std::log(out.ratio.high) < r.low)
    out.justified = WallClock::Justified::yes;
  else if (std::log(out.ratio.low) > r.high)
    out.justified = WallClock::Justified::no;
  else
    out.justified = WallClock::Justified::undecided;
}

std::string time_worth(const Sides& sides, const FinalQuality& final, const Elasticity& price, const WallClock& wall) {
  const double ratio = wall.ratio.value;
  if (ratio <= 1.02 && ratio >= 0.98) return {};
  if (wall.ratio.low <= 1 && wall.ratio.high >= 1 && std::isfinite(wall.ratio.high))
    return {};  // no other pace is shown
  const bool slower = ratio > 1;
  const std::string pace = fmt::format("The experiment is {}x {} per step", number(slower ? ratio : 1 / ratio, 3),
                                       slower ? "slower" : "faster");
  const Estimate& kappa = price.kappa;
  if (!(kappa.value > 0) || !std::isfinite(final.difference.value))
    return fmt::format("{}; what that time is worth cannot be said without a price of compute: {}.", pace,
                       price.source.empty() ? "no difference stands at the end" : price.source);
  const LogBreakEven r = log_break_even(sides, final.difference, kappa);
  if (r.value <= 0 && slower) return pace + ", and nothing was gained that could pay for it.";
  const std::string judged = wall.justified == WallClock::Justified::yes  ? "it pays"
                             : wall.justified == WallClock::Justified::no ? "it does not pay"
                                                                          : "whether it pays is undecided";
  return fmt::format(
      "{}{}. A difference of {} is worth a factor {} of compute (exp({} / kappa), kappa {}: {}): {}.", pace,
      baseline_given_the_time(sides, final, kappa, ratio), signed_number(final.difference.value, 3), factor_text(r),
      signed_number(-sides.orientation() * final.difference.value, 3), with_interval(kappa, 2), price.source, judged);
}

}  // namespace expanalyze
