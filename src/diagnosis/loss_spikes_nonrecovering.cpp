// D-06: one event after which the curve runs parallel above the trend it had.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnosis/case.hpp"
#include "diagnosis/weigh.hpp"
#include "stats/descriptive.hpp"
#include "stats/segments.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kStand =
    0.01;                      // of ln loss: half of it counts little, twice as much fully (the trend is good to 0.005)
constexpr double kJump = 1.2;  // of the learning rate from one record to the next: no schedule without a jump does that

struct Worst {
  const RunEvents* run = nullptr;
  std::size_t seed = 0;  ///< its place among the experiment's runs
  const SpikeEvent* event = nullptr;
};

/// The spike that left the run highest above its trend, of those whose interval says so.
Worst worst_of(const std::vector<RunEvents>& runs) {
  Worst out;
  for (std::size_t i = 0; i < runs.size(); ++i)
    for (const SpikeEvent& s : runs[i].spikes)
      if (s.after.recovery == stats::Recovery::nonrecovering &&
          (!out.event || s.after.offset > out.event->after.offset))
        out = {&runs[i], i, &s};
  return out;
}

std::size_t open_spikes(const std::vector<RunEvents>& runs) {
  std::size_t out = 0;
  for (const RunEvents& run : runs)
    out += static_cast<std::size_t>(std::count_if(run.spikes.begin(), run.spikes.end(), [](const SpikeEvent& s) {
      return s.after.recovery == stats::Recovery::open;
    }));
  return out;
}

/// A step up of the difference to the baseline within 5 records of the spike, in ln loss; NaN: none, or no common
/// steps.
double paired_step(const Case& c, const Worst& worst) {
  const RunEvents* partner = partner_of(c, *worst.run);
  if (!partner) return kNan;
  const Curve d = log_difference(*partner, *worst.run);
  const double onset = worst.event->place.step;
  const auto changes = stats::change_points(d.value);
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (std::abs(d.step[changes[i]] - onset) > 5 * worst.run->cadence) continue;
    const std::size_t from = i == 0 ? 0 : changes[i - 1];
    const std::size_t to = i + 1 < changes.size() ? changes[i + 1] : d.size();
    const auto part = [&](std::size_t a, std::size_t b) { return stats::median(std::span(d.value).subspan(a, b - a)); };
    return part(changes[i], to) - part(from, changes[i]);
  }
  return kNan;
}

/// The learning rate jumps up within 5 records of the onset: a restart of the schedule.
bool rate_jumps(const Worst& worst) {
  const Curve lr = finite(trajectory(*worst.run->run, Role::lr));
  const double reach = 5 * worst.run->cadence, at = worst.event->place.step;
  for (std::size_t i = 1; i < lr.size(); ++i)
    if (std::abs(lr.step[i] - at) <= reach && lr.value[i - 1] > 0 && lr.value[i] > kJump * lr.value[i - 1]) return true;
  return false;
}

bool resumed(const Worst& worst) {
  const auto& breaks = trajectory(*worst.run->run, *worst.run->series).breaks;
  const double at = worst.event->place.step;
  return std::any_of(breaks.begin(), breaks.end(),
                     [&](double s) { return std::abs(s - at) <= 5 * worst.run->cadence; });
}

void weigh_cause(const Case& c, const Worst& worst, Scored& out) {
  const SpikeEvent& s = *worst.event;
  const double step = c.baseline_events.empty() ? kNan : paired_step(c, worst);
  if (std::isnan(step))
    out.missing_weight += c.review.pairing.paired ? 0 : kStrong;
  else if (step > 0)
    out.evidence.push_back({fmt::format("the difference to the baseline steps up there by {} of ln loss{}",
                                        number(step, 2), c.review.pairing.paired ? ", on the same batches" : ""),
                            bare(step, "change_point"),
                            c.review.pairing.paired ? kStrong : kModerate,
                            graded_above(step, kStand),
                            0,
                            {s.place}});
  if (std::isnan(s.gradient_z))
    out.missing_weight += kModerate;
  else if (gradient_leads(s))
    out.evidence.push_back(
        {fmt::format("the gradient norm stood out in the 8 records before it (z = {})", number(s.gradient_z, 2)),
         bare(s.gradient_z, "robust_z"),
         kModerate,
         1,
         0,
         {place_of(*worst.run->run, Role::grad_norm)}});
  if (resumed(worst))
    out.evidence.push_back({"the log was resumed there", exact(s.place.step), -kStrong, 1, 0, {s.place}});
  if (rate_jumps(worst))
    out.evidence.push_back({"the learning rate jumps up there: a restart of the schedule",
                            exact(s.place.step),
                            -kStrong,
                            1,
                            0,
                            {s.place}});
}

Outcome detect(const Case& c) {
  const SpikeTotals e = totals(c.experiment_events);
  if (e.records < 200) return Untestable{{}, "200 records of the training loss", "log the training loss every step"};
  Scored out;
  const Worst worst = worst_of(c.experiment_events);
  if (!worst.event) {
    const std::size_t open = open_spikes(c.experiment_events);
    out.looked_at = e.spikes == 0 ? fmt::format("no persistent spike in {} records", number(e.records))
                                  : fmt::format("{} spikes, none left the run above its trend{}", e.spikes,
                                                open > 0 ? fmt::format("; {} too near to an end to tell", open) : "");
    return out;
  }
  const SpikeEvent& s = *worst.event;
  out.slots = {{"step", s.place.step}, {"offset", s.after.offset}, {"spikes", static_cast<double>(e.spikes)}};
  out.looked_at = fmt::format("{} of {} spikes left the run above its trend", e.nonrecovering, e.spikes);
  Estimate offset = bare(s.after.offset, "one_seed", s.after.records);
  offset.low = s.after.low, offset.high = s.after.high;
  out.evidence.push_back(
      {fmt::format("after a spike at step {} the loss lies {} {} of ln loss above the trend that it had until then ({} "
                   "records behind it; {} of {} spikes)",
                   number(s.place.step), number(s.after.offset, 2), interval(s.after.low, s.after.high, 2),
                   s.after.records, e.nonrecovering, e.spikes),
       offset,
       kStrong,
       graded_above(s.after.offset, kStand),
       0,
       {s.place}});
  out.evidence.push_back({say(s), bare(s.spike.height, "one_record"), 0.1, 1, 0, {s.place}});
  weigh_cause(c, worst, out);
  const FinalQuality& final = c.review.final_quality;
  const double behind = std::log(final.experiment.value / final.baseline.value);
  out.effect_share = c.gap > 0 && behind > 0 ? std::min(1.0, s.after.offset / behind) : 0.5;
  weigh_outcome(c, out);
  out.soul = fmt::format(
      "One event at step {} moved the run to a worse place: when the spike was over the loss stood {} above its own "
      "trend.",
      number(s.place.step), percent(std::expm1(s.after.offset), 2));
  return out;
}

}  // namespace

constinit const Detector loss_spikes_nonrecovering{
    .id = "loss_spikes_nonrecovering", .prior = kOccasional, .detect = detect, .alone = true, .doc = R"(
## What it looks for
A spike of the training loss (four of five records high above those before) after which the curve runs above the trend it had: ln loss 200
records behind the onset against the line of ln loss on ln step through the 500 records before, with an interval that leaves out 0; a step of
the difference to the baseline within 5 records of it; a gradient norm that stood out just before.
## Why it matters
A spike that heals costs its own length. One that does not heal goes on costing until the end, and the run is better repeated from a
checkpoint before it.
## False alarms and misses
A restart of the schedule, a resume and a change of the data also move the level: the first two are looked for at the same step. Spikes in
the last 200 records stay open. The trend is good to about 0.5 % of the loss, so smaller offsets are not seen: of 218 stretches of public
logs without any spike one was called non-recovering.
## Reference
Science handbook D0.1, D-06; Chowdhery et al. 2022, arXiv:2204.02311, section 5.1 (restart before the spike and skip its batches).
)"};

}  // namespace expanalyze
