// Whether a difference in quality pays for the time it took (science handbook B6.3).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "review/measure.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr double kZ95 = 1.96, kZ90 = 1.645;

/// Steps of the experiment over the baseline's; a hundredth is none.
double steps_ratio(const Sides& sides) {
  const double ratio = sides.experiment.last_metric_step() / sides.baseline.last_metric_step();
  return std::isfinite(ratio) && std::abs(std::log(ratio)) > 0.01 ? ratio : 1;
}

/// ln r* = gain / kappa of the two ends, with its s.d.: the gain's own over kappa, and the price's, log-normal.
struct LogBreakEven {
  double value, sd;
  [[nodiscard]] bool within_reach() const { return std::abs(value) <= std::log(kFarthestByPrice); }
};

LogBreakEven log_break_even(const Sides& sides, const FinalQuality& final, const Estimate& kappa) {
  const double value = -sides.orientation() * final.at_ends.value / kappa.value;
  const double of_gain = (final.at_ends.high - final.at_ends.low) / (2 * kZ95) / kappa.value;
  return {value, std::hypot(of_gain, value * std::log(kappa.high / kappa.low) / (2 * kZ95))};
}

std::string factor_text(const LogBreakEven& r) {
  if (!r.within_reach())
    return r.value > 0 ? fmt::format("more than {}", number(kFarthestByPrice))
                       : fmt::format("less than {}", number(1 / kFarthestByPrice, 2));
  if (!std::isfinite(r.sd)) return number(std::exp(r.value), 3);
  return number(std::exp(r.value), 3) + " " +
         interval(std::exp(r.value - kZ95 * r.sd), std::exp(r.value + kZ95 * r.sd), 3);
}

/// What the baseline would have reached with the experiment's time: B6.2 with the price of a budget.
std::string baseline_given_the_time(const Sides& sides, const FinalQuality& final, const Estimate& kappa,
                                    double ratio) {
  constexpr double kFarthest = 2;  // C5
  if (!(ratio > 1) || ratio > kFarthest || !std::isfinite(final.baseline_end)) return {};
  const double sign = sides.orientation(), far = std::log(ratio);
  const double a = final.baseline_end - sign * kappa.low * far, b = final.baseline_end - sign * kappa.high * far;
  return fmt::format("; a baseline given the same time would have reached an estimated {} {} (the price's doubt alone)",
                     number(final.baseline_end - sign * kappa.value * far),
                     interval(std::min(a, b), std::max(a, b), 3));
}

std::string_view words(WallClock::Justified judged) {
  return judged == WallClock::Justified::yes  ? "it pays"
         : judged == WallClock::Justified::no ? "it does not pay"
                                              : "whether it pays is undecided";
}

}  // namespace

void judge_time(const Sides& sides, const FinalQuality& final, const Elasticity& price, WallClock& out) {
  const Estimate& kappa = price.kappa;
  if (!(kappa.value > 0) || !std::isfinite(final.at_ends.value)) return;
  const LogBreakEven r = log_break_even(sides, final, kappa);
  const double took = std::log(out.ratio.value * steps_ratio(sides));
  if (r.value <= 0 && took >= 0) return;  // nothing that could pay for time, and no time that could pay for a loss
  out.justified = WallClock::Justified::undecided;
  if (!r.within_reach()) return;
  out.break_even = std::exp(r.value);
  const double of_pace = std::log(out.ratio.high / out.ratio.low) / (2 * kZ95);
  const double half = kZ90 * std::hypot(r.sd, of_pace);
  if (r.value - took - half > 0) out.justified = WallClock::Justified::yes;
  if (r.value - took + half < 0) out.justified = WallClock::Justified::no;
}

std::string time_worth(const Sides& sides, const FinalQuality& final, const Elasticity& price, const WallClock& wall) {
  const double ratio = wall.ratio.value;
  if (ratio <= 1.02 && ratio >= 0.98) return {};
  if (wall.ratio.low <= 1 && wall.ratio.high >= 1 && std::isfinite(wall.ratio.high))
    return {};  // no other pace is shown
  const double more_steps = steps_ratio(sides), took = ratio * more_steps;
  std::string pace = fmt::format("The experiment is {}x {} per step", number(ratio > 1 ? ratio : 1 / ratio, 3),
                                 ratio > 1 ? "slower" : "faster");
  if (more_steps != 1) pace += fmt::format(" and took {}x the time in all", number(took, 3));
  const Estimate& kappa = price.kappa;
  if (!(kappa.value > 0) || !std::isfinite(final.at_ends.value))
    return fmt::format("{}; what that time is worth cannot be said without a price of compute: {}.", pace,
                       price.source.empty() ? "no difference stands at the end" : price.source);
  const LogBreakEven r = log_break_even(sides, final, kappa);
  if (r.value <= 0 && took >= 1) return pace + ", and nothing was gained that could pay for it.";
  return fmt::format(
      "{}{}. The difference of {} between the two ends is worth a factor {} of compute (exp({} / kappa), kappa {}: "
      "{}): "
      "{}.",
      pace, baseline_given_the_time(sides, final, kappa, took), signed_number(final.at_ends.value, 3), factor_text(r),
      signed_number(-sides.orientation() * final.at_ends.value, 3), with_interval(kappa, 2), price.source,
      r.within_reach() ? words(wall.justified) : "farther than a price of compute reaches");
}

}  // namespace expanalyze
