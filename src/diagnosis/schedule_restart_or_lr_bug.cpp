// D-43: the learning rate that was executed is not the one that the config describes.
//
// Configs leave open where counting starts, whether a missing minimum means zero, and whether a rate is scaled by the
// number of devices. The baseline settles that: what makes its config agree with its own log is taken as the meaning of
// the experiment's config. Where nothing does, the description is not understood and the card is silent.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnosis/configured_schedule.hpp"
#include "diagnosis/readings.hpp"
#include "diagnosis/weigh.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr double kOff = 0.01, kShareOff = 0.01;  // D-43: of the peak, of the steps
constexpr double kRise = 0.1;                    // of the peak: less is rounding or a resume's warm-up of a few steps
constexpr std::size_t kFewest = 20;

Curve rate_of(const Run& run) { return finite(trajectory(run, Role::lr)); }
double peak_in(const Curve& curve) { return *std::max_element(curve.value.begin(), curve.value.end()); }

/// The point from which the rate rises by more than a tenth of its peak after it had fallen by as much; size(): none.
std::size_t rises_again(const Curve& rate) {
  const double peak = peak_in(rate);
  double top = 0, bottom = peak;
  bool fell = false;
  std::size_t lowest = rate.size();
  for (std::size_t i = 0; i < rate.size(); ++i) {
    top = std::max(top, rate.value[i]);
    if (!fell && top > 0.5 * peak && rate.value[i] < top - kRise * peak)
      fell = true, bottom = rate.value[i], lowest = i;
    if (!fell) continue;
    if (rate.value[i] < bottom) bottom = rate.value[i], lowest = i;
    if (rate.value[i] > bottom + kRise * peak) return std::min(lowest + 1, i);
  }
  return rate.size();
}

/// What was described for the experiment, with what 1 means in its log.
struct Plan {
  ConfiguredSchedule schedule;
  ScheduleReading reading;
  double peak = 0;
};

/// nullopt with the reason where the config does not say enough, or the baseline contradicts its own.
std::optional<Plan> plan(const Case& c, const Curve& executed, std::string& why_not) {
  const auto own = configured_schedule(*c.experiment.front()), other = configured_schedule(*c.baseline.front());
  if (!own || !other) {
    why_not = "no config names a schedule of a known kind with its length";
    return std::nullopt;
  }
  const Curve logged = rate_of(*c.baseline.front());
  if (logged.size() < kFewest || !(peak_in(logged) > 0)) {
    why_not = "the baseline does not log its rate";
    return std::nullopt;
  }
  const ScheduleReading reading = best_reading(logged, *other, kOff);
  if (const double off = share_off(logged, *other, reading, peak_in(logged), kOff); off > kShareOff) {
    why_not = fmt::format(
        "the baseline's own rate departs from its {} schedule at {} of the records, so the description is not "
        "understood",
        to_string(other->kind), percent(off, 2));
    return std::nullopt;
  }
  // Both peaks stated: the unit between config and log is the baseline's. Else only the shape can be held against it.
  const bool level = own->peak && other->peak && *own->peak > 0 && *other->peak > 0;
  return Plan{*own, reading, level ? *own->peak * peak_in(logged) / *other->peak : peak_in(executed)};
}

void weigh_departure(const Case& c, const Curve& rate, const Plan& p, Scored& out) {
  const Run& run = *c.experiment.front();
  const Series& series = *find(run, Role::lr);
  const double off = share_off(rate, p.schedule, p.reading, p.peak, kOff);
  std::size_t first = rate.size(), worst = 0;
  double most = 0;
  for (std::size_t i = 0; i < rate.size(); ++i) {
    const double d = p.schedule.distance(rate.value[i] / p.peak, rate.step[i], p.reading);
    if (d > kOff && first == rate.size()) first = i;
    if (d > most) most = d, worst = i;
  }
  out.looked_at =
      off == 0
          ? fmt::format("the executed rate follows the configured {} schedule within 1 % of the peak at all {} records",
                        to_string(p.schedule.kind), rate.size())
          : fmt::format(
                "the executed rate departs from the configured {} schedule at {} of {} records, by {} of the "
                "peak at most",
                to_string(p.schedule.kind), percent(off, 2), rate.size(), percent(most, 2));
  if (off <= kShareOff) {
    out.evidence.push_back(
        {out.looked_at, exact(off, rate.size()), -kDecisive, 1, 0, {place_at(run, series, rate, worst)}});
    return;
  }
  const bool above = rate.value[worst] > p.schedule.share(rate.step[worst], p.reading) * p.peak;
  const double there = rate.value[worst] + (above ? -most : most) * p.peak;  // the nearest described
  out.slots = {{"lr_executed", rate.value[worst]}, {"lr_configured", there}, {"worst_step", rate.step[worst]},
               {"first_step", rate.step[first]},   {"share_off", off},       {"lr_peak", p.peak}};
  out.evidence.push_back(
      {fmt::format("{}: the first time at step {}, and at step {} it was {} where the config gives {}", out.looked_at,
                   number(rate.step[first]), number(rate.step[worst]), number(rate.value[worst], 3), number(there, 3)),
       exact(off, rate.size()),
       kDecisive + kStrong,
       graded_above(off, kShareOff) * graded_above(most, 2 * kOff),
       's',
       {place_at(run, series, rate, first), place_at(run, series, rate, worst)}});
}

void weigh_restart(const Case& c, const Curve& rate, bool monotone, Scored& out) {
  const std::size_t at = rises_again(rate);
  if (at >= rate.size()) return;
  const Run& run = *c.experiment.front();
  const Curve baseline = rate_of(*c.baseline.front());
  const bool baseline_rises = baseline.size() >= kFewest && rises_again(baseline) < baseline.size();
  if (baseline_rises || !monotone) return;  // planned to, as far as anyone can tell
  out.slots["restart_step"] = rate.step[at];
  out.evidence.push_back(
      {fmt::format("the rate rises again from {} at step {}, which no part of the configured schedule does",
                   number(rate.value[at > 0 ? at - 1 : 0], 3), number(rate.step[at])),
       exact(rate.step[at]),
       kDecisive + kModerate,
       1,
       's',
       {place_at(run, *find(run, Role::lr), rate, at)}});
}

/// Facts that need no config: a negative rate climbs, and one of 0 between positive ones is a hole.
void weigh_impossible(const Case& c, const Curve& rate, Scored& out) {
  const Run& run = *c.experiment.front();
  std::size_t negative = rate.size(), first_hole = rate.size(), last_positive = 0, holes = 0,
              first_positive = rate.size();
  for (std::size_t i = 0; i < rate.size(); ++i) {
    if (rate.value[i] < 0 && negative == rate.size()) negative = i;
    if (rate.value[i] > 0) last_positive = i, first_positive = std::min(first_positive, i);
  }
  for (std::size_t i = first_positive; i < last_positive; ++i)
    if (rate.value[i] == 0) ++holes, first_hole = std::min(first_hole, i);
  const Series& series = *find(run, Role::lr);
  if (negative < rate.size())
    out.evidence.push_back({fmt::format("the learning rate is negative at step {}: {}", number(rate.step[negative]),
                                        number(rate.value[negative], 3)),
                            exact(rate.value[negative]),
                            kDecisive + kStrong,
                            1,
                            's',
                            {place_at(run, series, rate, negative)}});
  if (static_cast<double>(holes) > kShareOff * static_cast<double>(rate.size()))
    out.evidence.push_back(
        {fmt::format("the learning rate is 0 at {} records between positive ones, the first time at step {}", holes,
                     number(rate.step[first_hole])),
         exact(static_cast<double>(holes)),
         kDecisive + kStrong,
         1,
         's',
         {place_at(run, series, rate, first_hole)}});
}

Outcome detect(const Case& c) {
  const Curve rate = rate_of(*c.experiment.front());
  if (rate.size() < kFewest || !(peak_in(rate) > 0))
    return Untestable{{}, "the learning rate over the run", "log the learning rate with every training record"};
  Scored out;
  weigh_impossible(c, rate, out);
  std::string why_not;
  const auto described = plan(c, rate, why_not);
  if (described) weigh_departure(c, rate, *described, out);
  weigh_restart(c, rate, described || configured_schedule(*c.experiment.front()).has_value(), out);
  if (out.evidence.empty() && !c.review.config_known)
    return Untestable{{},
                      "a config that describes the schedule",
                      "write the schedule's kind, warm-up, length, minimum and peak rate into the config"};
  if (!described) out.looked_at = "no negative rate and no hole; beyond that, " + why_not;
  // A fact about the log; whether it mattered is the outcome's to say.
  out.effect_share = c.worse ? 1 : 0.2;
  out.soul = "The learning rate executed was not the one configured";
  if (out.slots.contains("lr_executed"))
    out.soul += fmt::format(": at step {} it was {}, where the config gives {}.", number(out.slots["worst_step"]),
                            number(out.slots["lr_executed"], 3), number(out.slots["lr_configured"], 3));
  else if (out.slots.contains("restart_step"))
    out.soul += fmt::format(": at step {} it rises again.", number(out.slots["restart_step"]));
  else
    out.soul += ": it has values that no schedule has.";
  return out;
}

}  // namespace

constinit const Detector schedule_restart_or_lr_bug{
    .id = "schedule_restart_or_lr_bug", .prior = kRare, .detect = detect, .doc = R"(
## What it looks for
A logged learning rate that is more than 1 % of the peak away from the schedule of the config (constant, linear or cosine, with warm-up, length,
minimum and peak) at more than 1 % of the records; a rate that rises again after it had fallen; one that is negative, or 0 between positive ones.
## Why it matters
The comparison is then one of schedules that nobody chose, and the next run that is copied from the config will not reproduce it.
## Formula
warm-up: s / w; behind it floor + (1 - floor) d(p), p = (s - w) / (end - w), d = 1 - p (linear) or (1 + cos(pi p)) / 2.
## False alarms and misses
Configs do not say where counting starts, what a missing minimum is, or how a rate scales with the devices: the card takes what makes the baseline's
config agree with the baseline's log within a step, and is silent where nothing does. A bug that both sides share is therefore missed, as are schedules of other
kinds and the rates of parameter groups that are not logged. A rate that jumps at a resume is also `resume_discontinuity`.
## Reference
Science handbook D-43, E10; Loshchilov and Hutter 2017, arXiv:1608.03983 (cosine, with and without restarts).
)"};

}  // namespace expanalyze
