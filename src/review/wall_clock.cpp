// Time per step, and whether a slower step was worth it (science handbook A1, B6.3).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "review/measure.hpp"
#include "stats/bootstrap.hpp"
#include "stats/descriptive.hpp"
#include "stats/distributions.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr double kStalled = 10;           // A1: a step of more than ten medians waits for something else
constexpr double kMachineSpread = 0.003;  // B4.8: total time between replicates on one machine type, s.d. 0.03 to 0.3 %
constexpr std::array<std::string_view, 9> kHardware{"gpu",    "device",    "accelerator", "world_size", "num_gpus",
                                                    "n_gpus", "precision", "compile",     "num_devices"};

/// Seconds per step: logged, else the increments of the clock. The first steps (compilation) are dropped.
std::vector<double> step_seconds(const Run& run) {
  std::vector<double> out;
  const Series* logged = find(run, Role::step_time);
  const Curve curve = logged ? finite(trajectory(run, *logged)) : spent(run, Axis::wall).curve;
  if (curve.size() < 3) return out;
  const std::size_t drop = std::min(curve.size() / 2, std::max<std::size_t>(10, curve.size() / 200));
  for (std::size_t i = logged ? 0 : 1; i < curve.size(); ++i) {
    if (i < drop && curve.size() > 20) continue;
    const double seconds =
        logged ? curve.value[i] : (curve.value[i] - curve.value[i - 1]) / (curve.step[i] - curve.step[i - 1]);
    if (std::isfinite(seconds) && seconds > 0) out.push_back(seconds);
  }
  return out;
}

struct Pace {
  double seconds = 0;  ///< mean step time with stalls clipped to the median
  double se = 0;       ///< within the run
  double stalled = 0;  ///< share of the time that stalls took
};

Pace pace(const Run& run) {
  std::vector<double> seconds = step_seconds(run);
  Pace out;
  if (seconds.empty()) return out;
  const double median = stats::median(seconds);
  double total = 0;
  double clipped = 0;
  for (double& s : seconds) {
    total += s;
    if (s > kStalled * median) s = median;
    clipped += s;
  }
  out.seconds = clipped / static_cast<double>(seconds.size());
  out.stalled = 1 - clipped / total;
  for (double& s : seconds) s -= out.seconds;
  out.se = seconds.size() >= 10 ? stats::bootstrap_se_of_mean(seconds) : std::numeric_limits<double>::infinity();
  return out;
}

struct SidePace {
  std::vector<double> log_seconds;
  double within_variance = 0;  ///< of the mean of ln seconds
  double stalled = 0;
};

SidePace side_pace(const Side& side) {
  SidePace out;
  for (const auto& view : side.runs) {
    const Pace p = pace(*view.run);
    if (p.seconds <= 0) return {};
    out.log_seconds.push_back(std::log(p.seconds));
    out.within_variance += (p.se / p.seconds) * (p.se / p.seconds);
    out.stalled = std::max(out.stalled, p.stalled);
  }
  const auto n = static_cast<double>(out.log_seconds.size());
  out.within_variance /= n * n;
  // Too few records within a run: the spread between the runs is all there is.
  if (!std::isfinite(out.within_variance) && out.log_seconds.size() > 1)
    out.within_variance = stats::variance(out.log_seconds) / n;
  return out;
}

Estimate seconds_estimate(const SidePace& side) {
  Estimate e;
  e.n = side.log_seconds.size();
  const double mean = stats::mean(side.log_seconds);
  const double half = 1.96 * std::sqrt(side.within_variance);
  e.value = std::exp(mean);
  if (!std::isfinite(half)) return bare(e.value, "too_few_records", e.n);
  e.low = std::exp(mean - half);
  e.high = std::exp(mean + half);
  e.notes.push_back("within_run");
  return e;
}

/// Same accelerators, precision and compiler flags, as far as both configs name any.
bool same_hardware(const Run& a, const Run& b, bool& differs) {
  bool named = false;
  for (const auto& [key, value] : a.config) {
    const std::string word = key.substr(key.find_last_of("./") + 1);
    if (std::find(kHardware.begin(), kHardware.end(), word) == kHardware.end()) continue;
    const auto other = b.config.find(key);
    if (other == b.config.end()) continue;
    named = named || word.find("gpu") != std::string::npos || word == "device" || word == "accelerator";
    differs = differs || other->second != value;
  }
  return named && !differs;
}

double mean_total(const Side& side) {
  const auto all = totals(side, Axis::wall);
  return all.empty() ? 0 : stats::mean(all);
}

/// B6.3: r* = exp((L_b − L_e) / κ), with κ's interval and the difference's own.
WallClock::Justified justify(const Sides& sides, const FinalQuality& final, const Estimate& kappa, WallClock& out) {
  if (!std::isfinite(kappa.value) || !(kappa.value > 0) || !std::isfinite(final.difference.value))
    return WallClock::Justified::not_assessable;
  const double sign = sides.orientation();
  const double gain = -sign * final.difference.value;
  if (!(gain > 0)) return WallClock::Justified::not_assessable;  // nothing was gained that could pay for time
  out.break_even = std::exp(std::clamp(gain / kappa.value, 0.0, 20.0));
  const double gain_low = sign > 0 ? -final.difference.high : final.difference.low;
  const double gain_high = sign > 0 ? -final.difference.low : final.difference.high;
  if (!std::isfinite(gain_low) || !std::isfinite(gain_high)) return WallClock::Justified::undecided;
  const double low = std::min(gain_low / kappa.low, gain_low / kappa.high);
  const double high = std::max(gain_high / kappa.low, gain_high / kappa.high);
  if (std::log(out.ratio.high) < low) return WallClock::Justified::yes;
  if (std::log(out.ratio.low) > high) return WallClock::Justified::no;
  return WallClock::Justified::undecided;
}

std::string worth_sentence(const WallClock& out, const FinalQuality& final, const Estimate& kappa,
                           std::string_view source) {
  if (out.ratio.value <= 1.02 && out.ratio.value >= 0.98) return {};
  const bool slower = out.ratio.value > 1;
  const std::string factor = number(slower ? out.ratio.value : 1 / out.ratio.value, 3);
  if (out.break_even <= 0)
    return fmt::format(
        "The experiment is {}x {} per step; what that time is worth cannot be said without the price of compute.",
        factor, slower ? "slower" : "faster");
  const std::string judged = out.justified == WallClock::Justified::yes ? "the difference pays for the time"
                             : out.justified == WallClock::Justified::no
                                 ? "the difference does not pay for the time"
                                 : "whether the difference pays for the time is undecided";
  return fmt::format(
      "The experiment is {}x {} per step; a difference of {} is worth a factor {} of compute (break-even "
      "exp({} / {}), kappa {} {}): {}.",
      factor, slower ? "slower" : "faster", signed_number(final.difference.value, 3), number(out.break_even, 3),
      number(std::abs(final.difference.value), 3), number(kappa.value, 3), interval(kappa.low, kappa.high, 2), source,
      judged);
}

}  // namespace

std::string_view to_string(WallClock::Justified j) {
  switch (j) {
    case WallClock::Justified::yes:
      return "yes";
    case WallClock::Justified::no:
      return "no";
    case WallClock::Justified::undecided:
      return "undecided";
    case WallClock::Justified::not_assessable:
      return "not_assessable";
  }
  return "not_assessable";
}

WallClock wall_clock(const Sides& sides, const FinalQuality& final, const Estimate& kappa) {
  WallClock out;
  bool differs = false;
  out.hardware_verified = same_hardware(*sides.baseline.runs.front().run, *sides.experiment.runs.front().run, differs);
  out.baseline_seconds = mean_total(sides.baseline);
  out.experiment_seconds = mean_total(sides.experiment);
  const SidePace b = side_pace(sides.baseline);
  const SidePace e = side_pace(sides.experiment);
  if (b.log_seconds.empty() || e.log_seconds.empty()) {
    out.sentences.push_back("Time cannot be compared: log the seconds of a step, or elapsed seconds, in both runs.");
    return out;
  }
  out.baseline_step_seconds = seconds_estimate(b);
  out.experiment_step_seconds = seconds_estimate(e);
  const double log_ratio = stats::mean(e.log_seconds) - stats::mean(b.log_seconds);
  const double machine =
      kMachineSpread * kMachineSpread *
      (1.0 / static_cast<double>(b.log_seconds.size()) + 1.0 / static_cast<double>(e.log_seconds.size()));
  const double se = std::sqrt(b.within_variance + e.within_variance + machine);
  const double t = stats::student_t_quantile(0.975, 5);
  out.ratio = {std::exp(log_ratio),
               std::exp(log_ratio - t * se),
               std::exp(log_ratio + t * se),
               0.95,
               b.log_seconds.size() + e.log_seconds.size(),
               {}};
  if (!std::isfinite(out.ratio.high)) out.ratio = bare(out.ratio.value, "too_few_records", out.ratio.n);
  if (!out.hardware_verified) out.ratio.notes.push_back(differs ? "hardware_differs" : "hardware_unverified");
  out.justified = justify(sides, final, kappa, out);
  out.sentences.push_back(
      fmt::format("A step takes {} against {}: ratio {}{}.", duration(out.experiment_step_seconds.value),
                  duration(out.baseline_step_seconds.value), with_interval(out.ratio, 3),
                  differs                 ? "; the configs name different hardware, so this is no verdict on the idea"
                  : out.hardware_verified ? ""
                                          : "; that both ran on the same hardware is not in the logs"));
  if (std::max(b.stalled, e.stalled) > 0.05)
    out.sentences.push_back(
        fmt::format("Stalls (steps of more than ten medians) took {} of the baseline's time and {} of the "
                    "experiment's; they are left out of the ratio.",
                    percent(b.stalled, 2), percent(e.stalled, 2)));
  if (auto worth = worth_sentence(out, final, kappa, "from the baseline's own curve"); !worth.empty())
    out.sentences.push_back(std::move(worth));
  return out;
}

}  // namespace expanalyze
