#include "diagnosis/events.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnosis/case.hpp"
#include "review/sides.hpp"
#include "stats/descriptive.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kFewest = 30;            // records of a loss
constexpr std::size_t kLead = 8, kCalm = 120;  // records before a spike: the lead of D0.4, and what is usual
constexpr double kGradientStands = 4;          // z; single gradients of clean runs reach 3 within 120 records

/// A number that describes training and is not the loss itself, the clock, a count, or a setting of the schedule.
bool is_signal(const Series& series) {
  switch (series.role) {
    case Role::grad_norm:
    case Role::param_norm:
    case Role::update_norm:
    case Role::update_ratio:
    case Role::loss_scale:
    case Role::clip_coefficient:
    case Role::dead_fraction:
    case Role::saturated_fraction:
    case Role::activation_scale:
    case Role::attention_entropy:
    case Role::attention_logit:
    case Role::mechanism:
      return series.labels.empty();
    default:
      return false;
  }
}

/// In logs where all are positive: norms vary by factors.
std::vector<double> in_logs(std::vector<double> values) {
  if (std::all_of(values.begin(), values.end(), [](double v) { return v > 0 || !std::isfinite(v); }))
    for (double& v : values) v = std::log(v);
  return values;
}

double seconds_per_step(const Curve& clock, double step) {
  if (clock.size() < 3) return kNan;
  const auto at =
      static_cast<std::size_t>(std::lower_bound(clock.step.begin(), clock.step.end(), step) - clock.step.begin());
  const std::size_t from = at > 50 ? at - 50 : 0, to = std::min(clock.size(), at + 50);
  std::vector<double> pace;
  for (std::size_t i = from + 1; i < to; ++i)
    pace.push_back((clock.value[i] - clock.value[i - 1]) / (clock.step[i] - clock.step[i - 1]));
  return stats::median(pace);
}

std::optional<Departure> departure_of(const Run& run, const Series& series, double until, bool both_ways) {
  const Curve curve = trajectory(run, series);
  const auto end =
      static_cast<std::size_t>(std::upper_bound(curve.step.begin(), curve.step.end(), until) - curve.step.begin());
  const std::size_t from = end > 400 ? end - 400 : 0;
  if (end - from < 10) return std::nullopt;
  const auto cut = [&](const std::vector<double>& v) {
    return std::vector<double>(v.begin() + static_cast<long>(from), v.begin() + static_cast<long>(end));
  };
  const std::vector<double> step = cut(curve.step);
  std::vector<double> value = in_logs(cut(curve.value));
  const std::size_t reference = std::min<std::size_t>(200, step.size() / 2);
  auto up = stats::onset_of(step, value, reference);
  for (double& v : value) v = -v;
  auto down = both_ways ? stats::onset_of(step, value, reference) : std::nullopt;
  if (!up && !down) return std::nullopt;
  // Out of its band from the first record after the reference: since when, nobody can tell.
  if ((up && up->step == step[reference]) || (down && down->step == step[reference])) return std::nullopt;
  const bool upwards = up && (!down || up->step <= down->step);
  const stats::Onset& onset = upwards ? *up : *down;
  const auto index =
      static_cast<std::size_t>(std::lower_bound(curve.step.begin(), curve.step.end(), onset.step) - curve.step.begin());
  return Departure{&series, onset, upwards, place_at(run, series, curve, index)};
}

}  // namespace

Place RunEvents::at(std::size_t index) const { return place_at(*run, *series, loss, index); }

RunEvents events_of(const Run& run) {
  RunEvents out;
  out.run = &run;
  const Series* series = find(run, Role::train_loss);
  if (!series) return out;
  out.loss = finite(trajectory(run, *series));
  if (out.loss.size() < kFewest) return out;
  out.series = series;
  out.cadence = (out.loss.step.back() - out.loss.step.front()) / static_cast<double>(out.loss.size() - 1);
  out.outliers = stats::outlier_batches(out.loss.value);
  const auto spikes = stats::persistent_spikes(out.loss.value, static_cast<std::size_t>(std::max(1.0, out.cadence)));
  if (spikes.empty()) return out;
  const Curve clock = spent(run, Axis::wall).curve;
  const Curve norm = finite(trajectory(run, Role::grad_norm));
  const Curve lr = finite(trajectory(run, Role::lr));
  for (std::size_t i = 0; i < spikes.size(); ++i) {
    const double onset = out.loss.step[spikes[i].onset];
    const auto after = stats::aftermath(out.loss.step, out.loss.value, spikes, i);
    out.spikes.push_back({spikes[i], after, after.lost_steps * seconds_per_step(clock, onset) / 3600,
                          value_at(lr, onset), gradient_before(norm, onset), out.at(spikes[i].onset)});
  }
  return out;
}

double gradient_before(const Curve& norm, double onset) {
  const auto end =
      static_cast<std::size_t>(std::lower_bound(norm.step.begin(), norm.step.end(), onset) - norm.step.begin());
  if (end < kLead + kFewest) return kNan;
  const std::size_t from = end - std::min(end, kLead + kCalm);
  const std::vector<double> values =
      in_logs({norm.value.begin() + static_cast<long>(from), norm.value.begin() + static_cast<long>(end)});
  const auto calm = std::span(values).first(values.size() - kLead);
  const double spread = stats::mad(calm);
  const auto last = std::span(values).last(kLead);
  return spread > 0 ? (*std::max_element(last.begin(), last.end()) - stats::median(calm)) / spread : kNan;
}

bool gradient_leads(const SpikeEvent& spike) { return spike.gradient_z > kGradientStands; }

SpikeTotals totals(const std::vector<RunEvents>& runs) {
  SpikeTotals out;
  for (const RunEvents& run : runs) {
    if (!run.series) continue;
    out.records += static_cast<double>(run.loss.size());
    out.steps += run.loss.step.back() - run.loss.step.front() + run.cadence;
    for (const SpikeEvent& s : run.spikes) {
      ++out.spikes;
      if (s.after.recovery == stats::Recovery::nonrecovering) ++out.nonrecovering;
      if (std::isfinite(s.after.lost_steps)) {
        out.lost_steps += s.after.lost_steps;
        out.lost_hours += s.lost_hours;
      }
      out.highest = std::max(out.highest, s.spike.height);
    }
  }
  return out;
}

std::string say(const SpikeEvent& s) {
  std::string out = fmt::format("step {}: the loss stood {}x above its level", number(s.place.step),
                                number(std::exp(s.spike.height), 3));
  if (std::isfinite(s.after.half_recovery))
    out += fmt::format(", half-way back after {} steps", number(s.after.half_recovery));
  if (std::isfinite(s.after.lost_steps))
    out += fmt::format(", {} steps{} of progress lost", number(s.after.lost_steps, 2),
                       std::isfinite(s.lost_hours) ? fmt::format(" ({})", duration(3600 * s.lost_hours)) : "");
  if (std::isfinite(s.after.offset))
    out += fmt::format(", afterwards {} {} from its trend in ln loss", signed_number(s.after.offset, 2),
                       interval(s.after.low, s.after.high, 2));
  if (std::isfinite(s.lr)) out += fmt::format("; learning rate {}", number(s.lr, 3));
  if (std::isfinite(s.gradient_z)) out += fmt::format("; gradient norm before it at z = {}", number(s.gradient_z, 2));
  return out;
}

Curve log_difference(const RunEvents& baseline, const RunEvents& experiment) {
  Curve out;
  if (!baseline.series || !experiment.series) return out;
  const Common both = common_steps(baseline.loss, experiment.loss);
  for (std::size_t i = 0; i < both.step.size(); ++i) {
    if (!(both.a[i] > 0) || !(both.b[i] > 0)) continue;
    out.step.push_back(both.step[i]);
    out.value.push_back(std::log(both.b[i]) - std::log(both.a[i]));
  }
  out.line.resize(out.step.size(), 0);
  return out;
}

const RunEvents* partner_of(const Case& c, const RunEvents& e) {
  bool by_seed = false;
  for (const RunPair& pair : matched_runs(c.baseline, c.experiment, by_seed)) {
    if (pair.experiment != e.run) continue;
    const auto it = std::find_if(c.baseline_events.begin(), c.baseline_events.end(),
                                 [&](const RunEvents& b) { return b.run == pair.baseline; });
    if (it != c.baseline_events.end()) return &*it;
  }
  return nullptr;
}

std::optional<PairedSpikes> paired_spikes(const Case& c) {
  if (!c.review.pairing.paired || c.review.pairing.lag != 0) return std::nullopt;
  PairedSpikes out;
  for (const RunEvents& e : c.experiment_events) {
    const RunEvents* partner = partner_of(c, e);
    if (!partner) continue;
    const RunEvents& b = *partner;
    const Curve d = log_difference(b, e);
    for (const auto& s : stats::paired_spikes(d.value, static_cast<std::size_t>(std::max(1.0, e.cadence)))) {
      ++out.own;
      const auto at = std::lower_bound(e.loss.step.begin(), e.loss.step.end(), d.step[s.onset]) - e.loss.step.begin();
      if (!out.first) out.first = e.at(static_cast<std::size_t>(at));
    }
    for (const SpikeEvent& s : e.spikes)
      out.common += std::any_of(b.spikes.begin(), b.spikes.end(),
                                [&](const SpikeEvent& other) {
                                  return std::abs(other.place.step - s.place.step) <= 5 * e.cadence;
                                })
                        ? 1
                        : 0;
  }
  return out;
}

std::vector<Leader> leaders(const RunEvents& events) {
  std::vector<Leader> out;
  if (!events.series) return out;
  std::vector<const Series*> tested;
  for (const Series& series : events.run->series)
    if (is_signal(series)) tested.push_back(&series);
  for (const Series* series : tested) {
    const Common both = common_steps(finite(trajectory(*events.run, *series)), events.loss);
    const auto lead = stats::lead_lag(in_logs(both.a), in_logs(both.b), tested.size());
    if (lead.leads()) out.push_back({series, lead});
  }
  std::stable_sort(out.begin(), out.end(), [](const Leader& a, const Leader& b) {
    return std::abs(a.lead.correlation) > std::abs(b.lead.correlation);
  });
  return out;
}

Departures departures(const Run& run, double until) {
  Departures out;
  if (const Series* loss = find(run, Role::train_loss)) out.loss = departure_of(run, *loss, until, false);
  for (const Series& series : run.series) {
    if (!is_signal(series)) continue;
    ++out.tested;
    if (auto found = departure_of(run, series, until, true)) out.signals.push_back(std::move(*found));
  }
  std::stable_sort(out.signals.begin(), out.signals.end(),
                   [](const Departure& a, const Departure& b) { return a.onset.step < b.onset.step; });
  return out;
}

}  // namespace expanalyze
