#include "diagnosis/odd_batches.hpp"

#include <algorithm>
#include <cmath>

#include "stats/descriptive.hpp"
#include "stats/distributions.hpp"

namespace expanalyze {

namespace {

double height_of(const RunEvents& run, std::size_t index) {
  const std::size_t from = index > 16 ? index - 16 : 0;
  const double before = stats::median(std::span(run.loss.value).subspan(from, index - from));
  return before > 0 && run.loss.value[index] > 0 ? std::log(run.loss.value[index] / before) : 0;
}

SharedOdd shared(const RunEvents& e, const RunEvents& b, int lag, std::size_t pairs) {
  SharedOdd out;
  const std::vector<Odd> own = odd_batches(e), other = odd_batches(b);
  out.own = own.size(), out.of_baseline = other.size();
  for (const Odd& odd : own) {
    // The baseline's record i saw the batch of the experiment's record i + lag.
    const double step = e.loss.step[odd.index] - lag * e.cadence;
    const bool met = std::any_of(other.begin(), other.end(),
                                 [&](const Odd& o) { return std::abs(b.loss.step[o.index] - step) < 0.5 * e.cadence; });
    if (met) out.odd.push_back(odd);
  }
  // Placing them at random is hypergeometric; the binomial with the same share has the heavier tail.
  const double share = static_cast<double>(other.size()) / static_cast<double>(std::max<std::size_t>(1, b.loss.size()));
  out.p = std::min(1.0, static_cast<double>(pairs) * stats::binomial_tail(out.odd.size(), own.size(), share));
  return out;
}

double steps_per_epoch(const Run& run) {
  const Curve epoch = finite(trajectory(run, Role::epoch));
  if (epoch.size() < 2 || !(epoch.value.back() - epoch.value.front() >= 2)) return 0;
  return (epoch.step.back() - epoch.step.front()) / (epoch.value.back() - epoch.value.front());
}

}  // namespace

std::vector<Odd> odd_batches(const RunEvents& run) {
  std::vector<Odd> out;
  for (const std::size_t i : run.outliers)
    if (const double height = height_of(run, i); height > kOdd) out.push_back({&run, i, false, height});
  for (const SpikeEvent& s : run.spikes)
    if (s.spike.height > kOdd) out.push_back({&run, s.spike.onset, true, s.spike.height});
  return out;
}

std::vector<Odd> odd_batches(const std::vector<RunEvents>& runs) {
  std::vector<Odd> out;
  for (const RunEvents& run : runs)
    for (const Odd& odd : odd_batches(run)) out.push_back(odd);
  return out;
}

SharedOdd most_shared(const Case& c) {
  SharedOdd out;
  if (!c.review.pairing.paired || c.review.pairing.identical) return out;
  const std::size_t pairs = c.experiment_events.size() * c.baseline_events.size();
  for (const RunEvents& e : c.experiment_events)
    for (const RunEvents& b : c.baseline_events)
      if (SharedOdd s = shared(e, b, c.review.pairing.lag, pairs); s.odd.size() > out.odd.size()) out = std::move(s);
  return out;
}

Recurrence recurrence(const RunEvents& run) {
  Recurrence out;
  const std::vector<Odd> odd = odd_batches(run);
  const double length = odd.size() < kFewestOdd ? 0 : steps_per_epoch(*run.run);
  const double width = std::max(1.5, run.cadence);
  if (!(length > 10 * width)) return out;
  for (const Odd& a : odd) {
    const auto same = static_cast<std::size_t>(std::count_if(odd.begin(), odd.end(), [&](const Odd& b) {
      const double apart = std::abs(std::remainder(run.loss.step[a.index] - run.loss.step[b.index], length));
      return apart <= width;
    }));
    out.count = std::max(out.count, same);
  }
  const double chance = 2 * width / length;
  out.steps_per_epoch = length;
  out.p = out.count < kFewestOdd ? 1
                                 : std::min(1.0, static_cast<double>(odd.size()) *
                                                     stats::binomial_tail(out.count - 1, odd.size() - 1, chance));
  return out;
}

}  // namespace expanalyze
