// Time per step, and whether a slower step was worth it (science handbook A1, B6.3).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "review/measure.hpp"
#include "review/step_time.hpp"
#include "stats/descriptive.hpp"
#include "stats/distributions.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr double kMachineSpread = 0.003;  // B4.8: total time between replicates on one machine type, s.d. 0.03 to 0.3 %
constexpr double kSameBatch = 0.01;       // ln; steps of one size are compared as steps
constexpr double kWorthNaming = 0.001;    // of a run's time
constexpr double kWorthSaying = 0.01;     // B4.8: one per cent is detectable, less is the machine's
constexpr std::array<std::string_view, 9> kHardware{"gpu",    "device",    "accelerator", "world_size", "num_gpus",
                                                    "n_gpus", "precision", "compile",     "num_devices"};

struct SidePace {
  std::vector<double> log_seconds, log_samples;  ///< one a run
  double within_variance = 0;                    ///< of the mean of ln seconds
  double samples_variance = 0;                   ///< of the mean of ln samples
  Outside outside, share;                        ///< means over the runs
  bool evaluations_inside = false;
  [[nodiscard]] double n() const { return static_cast<double>(log_seconds.size()); }
};

double squared(double x) { return x * x; }

void add(SidePace& out, const Pace& p) {
  out.log_seconds.push_back(std::log(p.seconds));
  out.within_variance += squared(p.se / p.seconds);
  if (p.samples > 0) {
    out.log_samples.push_back(std::log(p.samples));
    out.samples_variance += squared(p.samples_se / p.samples);
  }
  out.evaluations_inside = out.evaluations_inside || p.evaluations_inside;
  for (double Outside::*part : {&Outside::start_up, &Outside::evaluation, &Outside::stalls}) {
    out.outside.*part += p.outside.*part;
    out.share.*part += p.total > 0 ? p.outside.*part / p.total : 0;
  }
}

/// Empty when a run of the side cannot be read from this clock.
SidePace side_pace(const Side& side, Clock clock) {
  SidePace out;
  for (const auto& view : side.runs) {
    const Pace p = pace(view, clock);
    if (!(p.seconds > 0)) return {};
    add(out, p);
  }
  out.within_variance /= squared(out.n());
  out.samples_variance /= squared(out.n());
  for (Outside* of : {&out.outside, &out.share})
    for (double Outside::*part : {&Outside::start_up, &Outside::evaluation, &Outside::stalls}) of->*part /= out.n();
  // Too few records within a run: the spread between the runs is all there is.
  if (!std::isfinite(out.within_variance) && out.log_seconds.size() > 1)
    out.within_variance = stats::variance(out.log_seconds) / out.n();
  return out;
}

struct Paces {
  SidePace baseline, experiment;
  std::string source;
  bool mixed = false;  ///< the sides' times do not mean the same
};

/// Both sides from the same clock; where they share none, each from its best.
Paces read_paces(const Sides& sides) {
  std::array<SidePace, kClocks.size()> b, e;
  for (std::size_t i = 0; i < kClocks.size(); ++i) {
    b[i] = side_pace(sides.baseline, kClocks[i]);
    e[i] = side_pace(sides.experiment, kClocks[i]);
    if (!b[i].log_seconds.empty() && !e[i].log_seconds.empty())
      return {b[i], e[i], std::string(to_string(kClocks[i])), false};
  }
  const auto best = [](const auto& paces) {
    return static_cast<std::size_t>(
        std::find_if(paces.begin(), paces.end(), [](const SidePace& p) { return !p.log_seconds.empty(); }) -
        paces.begin());
  };
  const std::size_t i = best(b), k = best(e);
  if (i == kClocks.size() || k == kClocks.size()) return {};
  return {
      b[i], e[k],
      fmt::format("{} on the baseline's side and {} on the experiment's", to_string(kClocks[i]), to_string(kClocks[k])),
      true};
}

/// exp of a mean of logarithms, with the interval of its variance.
Estimate exponential(double log_mean, double variance, double quantile, std::size_t n) {
  const double half = quantile * std::sqrt(variance);
  if (!std::isfinite(half)) return bare(std::exp(log_mean), "too_few_records", n);
  return {std::exp(log_mean), std::exp(log_mean - half), std::exp(log_mean + half), 0.95, n, {}};
}

Estimate seconds_estimate(const SidePace& side) {
  Estimate e = exponential(stats::mean(side.log_seconds), side.within_variance, 1.96, side.log_seconds.size());
  if (std::isfinite(e.low)) e.notes.emplace_back("within_run");
  return e;
}

/// Replicates on one machine type differ by kMachineSpread (worth five degrees of freedom), or by what the runs of a
/// side show.
struct Spread {
  double variance, df;
};
Spread between_runs(const Paces& p) {
  Spread out{5 * squared(kMachineSpread), 5};
  for (const SidePace* side : {&p.baseline, &p.experiment}) {
    if (side->log_seconds.size() < 2) continue;
    out.variance += (side->n() - 1) * stats::variance(side->log_seconds);
    out.df += side->n() - 1;
  }
  out.variance /= out.df;
  return out;
}

Estimate ratio_of(const Paces& p) {
  const Spread spread = between_runs(p);
  const double variance = p.baseline.within_variance + p.experiment.within_variance +
                          spread.variance * (1 / p.baseline.n() + 1 / p.experiment.n());
  return exponential(stats::mean(p.experiment.log_seconds) - stats::mean(p.baseline.log_seconds), variance,
                     stats::student_t_quantile(0.975, spread.df),
                     p.baseline.log_seconds.size() + p.experiment.log_seconds.size());
}

/// What a step carries, experiment over baseline; NaN when a side does not count it.
double batch_ratio(const Paces& p) {
  if (p.baseline.log_samples.size() != p.baseline.log_seconds.size() ||
      p.experiment.log_samples.size() != p.experiment.log_seconds.size())
    return std::numeric_limits<double>::quiet_NaN();
  return std::exp(stats::mean(p.experiment.log_samples) - stats::mean(p.baseline.log_samples));
}

void per_sample(const Paces& p, WallClock& out) {
  const double batch = batch_ratio(p);
  if (!(std::abs(std::log(batch)) > kSameBatch)) return;
  const auto side = [](const SidePace& s) {
    return exponential(stats::mean(s.log_seconds) - stats::mean(s.log_samples), s.within_variance + s.samples_variance,
                       1.96, s.log_seconds.size());
  };
  out.baseline_sample_seconds = side(p.baseline);
  out.experiment_sample_seconds = side(p.experiment);
  const double t = stats::student_t_quantile(0.975, 5);
  const double half = std::hypot(std::log(out.ratio.high / out.ratio.value),
                                 t * std::sqrt(p.baseline.samples_variance + p.experiment.samples_variance));
  out.sample_ratio = exponential(std::log(out.ratio.value / batch), squared(half), 1, out.ratio.n);
}

void name_pauses(const Paces& p, WallClock& out) {
  const auto name = [&](const char* kind, double Outside::*part) {
    const Pause pause{kind, p.baseline.outside.*part, p.experiment.outside.*part, p.baseline.share.*part,
                      p.experiment.share.*part};
    if (std::max(pause.baseline_share, pause.experiment_share) > kWorthNaming) out.pauses.push_back(pause);
  };
  name("start-up", &Outside::start_up);
  name("evaluation", &Outside::evaluation);
  name("stalls", &Outside::stalls);
}

std::string pauses_sentence(const WallClock& out) {
  std::string said;
  for (const Pause& pause : out.pauses)
    said += fmt::format("{}{} {} ({}) of the baseline's time and {} ({}) of the experiment's", said.empty() ? "" : "; ",
                        pause.kind, duration(pause.baseline_seconds), percent(pause.baseline_share, 2),
                        duration(pause.experiment_seconds), percent(pause.experiment_share, 2));
  return said.empty() ? said : "Beside the steps: " + said + ".";
}

std::string sample_sentence(const Sides& sides, const Paces& p, const WallClock& out) {
  if (!std::isfinite(out.sample_ratio.value)) return {};
  const Run& run = *sides.baseline.runs.front().run;
  return fmt::format(
      "A step of the experiment carries {}x what one of the baseline's does: per {} it takes {} against {}, "
      "ratio {}.",
      number(batch_ratio(p), 3), find(run, Role::tokens) ? "token" : "sample or token",
      duration(out.experiment_sample_seconds.value), duration(out.baseline_sample_seconds.value),
      with_interval(out.sample_ratio, 3));
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

std::string system_only(const WallClock& wall, const FinalQuality& final) {
  const Estimate& d = final.difference;
  const bool other_pace = wall.ratio.high < 1 - kWorthSaying || wall.ratio.low > 1 + kWorthSaying;
  const auto& notes = wall.ratio.notes;
  const bool other_cause = std::find(notes.begin(), notes.end(), "hardware_differs") != notes.end() ||
                           std::isfinite(wall.sample_ratio.value);  // other machines, or steps of another size
  if (!other_pace || other_cause || !std::isfinite(d.low) || !std::isfinite(d.high)) return {};
  const bool tested = final.equivalence_low < final.equivalence_high || d.low == d.high;
  const bool shown = tested && final.equivalence_low > -final.sesoi && final.equivalence_high < final.sesoi;
  const bool none_seen = std::abs(d.value) <= final.sesoi && d.low <= 0 && d.high >= 0;
  if (!shown && !none_seen) return {};
  return fmt::format("{} at unchanged quality{}: a step takes {}x the time, and at step {} the sides differ by {}, {}.",
                     wall.ratio.value < 1 ? "Faster" : "Slower", shown ? "" : " as far as these runs show",
                     with_interval(wall.ratio, 3), number(final.at_step), signed_number(d.value, 3),
                     shown ? fmt::format("within ±{} at 90 %", number(final.sesoi, 2))
                           : fmt::format("less than the {} that would matter (95 % interval {})",
                                         number(final.sesoi, 2), interval(d.low, d.high, 2)));
}

WallClock wall_clock(const Sides& sides, const FinalQuality& final, const Elasticity& price) {
  WallClock out;
  bool differs = false;
  out.hardware_verified = same_hardware(*sides.baseline.runs.front().run, *sides.experiment.runs.front().run, differs);
  out.baseline_seconds = mean_total(sides.baseline);
  out.experiment_seconds = mean_total(sides.experiment);
  const Paces paces = read_paces(sides);
  if (paces.baseline.log_seconds.empty() || paces.experiment.log_seconds.empty()) {
    out.sentences.push_back("Time cannot be compared: log the seconds of a step, or elapsed seconds, in both runs.");
    return out;
  }
  out.source = paces.source;
  out.baseline_step_seconds = seconds_estimate(paces.baseline);
  out.experiment_step_seconds = seconds_estimate(paces.experiment);
  out.ratio = ratio_of(paces);
  if (paces.mixed) out.ratio = bare(out.ratio.value, "other_clock", out.ratio.n);
  if (!out.hardware_verified) out.ratio.notes.push_back(differs ? "hardware_differs" : "hardware_unverified");
  per_sample(paces, out);
  name_pauses(paces, out);
  judge_time(sides, final, price, out);
  out.sentences.push_back(
      fmt::format("A step takes {} against {}, read from {}{}: ratio {}{}.",
                  duration(out.experiment_step_seconds.value), duration(out.baseline_step_seconds.value), out.source,
                  paces.mixed ? ", which need not mean the same"
                  : paces.baseline.evaluations_inside || paces.experiment.evaluations_inside
                      ? ", of which nearly every record spans an evaluation, timed or not"
                      : "",
                  with_interval(out.ratio, 3),
                  differs                 ? "; the configs name different hardware, so this is no verdict on the idea"
                  : out.hardware_verified ? ""
                                          : "; that both ran on the same hardware is not in the logs"));
  const std::string system = system_only(out, final);
  for (std::string said : {sample_sentence(sides, paces, out), pauses_sentence(out), system})
    if (!said.empty()) out.sentences.push_back(std::move(said));
  if (!system.empty()) return out;
  if (auto worth = time_worth(sides, final, price, out); !worth.empty()) out.sentences.push_back(std::move(worth));
  return out;
}

}  // namespace expanalyze
