// D-01: the loss leaves the trained regime and never returns.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "diagnosis/case.hpp"
#include "diagnosis/levels.hpp"
#include "diagnosis/weigh.hpp"
#include "stats/descriptive.hpp"
#include "stats/trend.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

// Half-way back to initialisation cannot be noise (D-01 b).
constexpr double kWayBack = 0.5;

struct Event {
  Place place;
  double from = 0, to = 0;  ///< loss at its best and at the end
  bool non_finite = false;
  double gone = 0;  ///< step from which it was lost: not finite, or half-way back
};

std::optional<Event> event_of(const Run& run, const RunEnd& end) {
  const Series* series = find(run, Role::train_loss);
  if (!series) series = find(run, Role::eval_loss);
  if (!series) return std::nullopt;
  const Curve curve = trajectory(run, *series);
  const Curve good = finite(curve);
  if (end.first_non_finite) {
    const auto after =
        std::count_if(good.step.begin(), good.step.end(), [&](double s) { return s > end.first_non_finite->step; });
    if (after < 20 && !std::isfinite(end.final_value))
      return Event{*end.first_non_finite, good.empty() ? std::nan("") : good.value.back(), std::nan(""), true,
                   end.first_non_finite->step};
  }
  if (good.size() < 10) return std::nullopt;
  const double last = stats::median(between(good, 0.95 * good.step.back(), good.step.back()).value);
  const auto best = std::min_element(good.value.begin(), good.value.end());
  const double first = good.value.front();
  // The loss of an adversary has no floor to stand above: it rises when the other side learns, and a critic's settles
  // at 0.
  static constexpr std::array<std::string_view, 5> kAdversary{"disc", "discriminator", "critic", "dis", "adversarial"};
  const bool adversary =
      std::any_of(kAdversary.begin(), kAdversary.end(), [&](auto word) { return has_token(series->logged_as, word); });
  if (*best < 0 || adversary) return std::nullopt;
  const bool way_back = last > *best + kWayBack * (first - *best) && last > *best * 1.05 && best != good.value.begin();
  if (!way_back && !(first > 0 && last > 1.5 * first)) return std::nullopt;
  const auto index = static_cast<std::size_t>(best - good.value.begin());
  std::size_t gone = index;
  while (gone + 1 < good.size() && good.value[gone] < *best + 0.5 * (last - *best)) ++gone;
  return Event{place_at(run, *series, good, index), *best, last, false, good.step[gone]};
}

/// Which signal left its band first and how many steps before the loss did (D0.3); empty: none certainly did.
std::string forerunner(const Run& run, const Event& event, Scored& out) {
  const Departures found = departures(run, event.gone);
  if (found.tested == 0) {
    out.missing_weight += kWeak;
    return {};
  }
  if (!found.loss || found.signals.empty()) return {};
  const Departure& first = found.signals.front();
  const stats::Order order = stats::order_of(first.onset, found.loss->onset);
  const double lead = found.loss->onset.step - first.onset.step;
  const double cadence = std::max(first.onset.cadence, found.loss->onset.cadence);
  const std::string name = code_span(first.series->logged_as);
  if (!order.asserted) {
    out.evidence.push_back(
        {fmt::format("{} left its band at step {}, the loss at step {}: which came first cannot be told (in {} of the "
                     "resamples {}; records stand {} steps apart)",
                     name, number(first.onset.step), number(found.loss->onset.step), percent(order.probability, 3),
                     name, number(cadence, 3)),
         bare(lead, "bootstrap", first.onset.drawn.size()),
         0.1,
         1,
         0,
         {first.place}});
    return {};
  }
  std::string text = fmt::format("{} left its band {} steps before the loss did", name, number(lead, 3));
  Estimate value = bare(lead, "bootstrap", first.onset.drawn.size());
  value.low = found.loss->onset.low - first.onset.high;
  value.high = found.loss->onset.high - first.onset.low;
  value.confidence = 0.9;
  const std::string between =
      std::isfinite(value.low) && std::isfinite(value.high) ? " " + interval(value.low, value.high, 3) : std::string{};
  out.evidence.push_back(
      {fmt::format("{}{}: {} at step {}, the loss at step {} (in {} of the resamples in this order; records stand {} "
                   "steps apart, so nothing closer than {} can be ordered; {} signals tested)",
                   text, between, first.upwards ? "up" : "down", number(first.onset.step),
                   number(found.loss->onset.step), percent(order.probability, 3), number(cadence, 3),
                   number(2 * cadence, 3), found.tested),
       value,
       kWeak,
       1,
       0,
       {first.place}});
  return text;
}

/// The last losses, and how fast they grew over the 50 steps before it was lost.
void show_end(const Run& run, const Event& event, Scored& out) {
  const Series* series = find(run, Role::train_loss);
  const Curve loss = series ? finite(trajectory(run, *series)) : Curve{};
  if (loss.empty()) return;
  const Curve until = between(loss, 0, event.gone);
  // A loss that was last logged long before says nothing of the end.
  if (until.size() < 5 || until.step.back() < 0.9 * event.gone) return;
  std::vector<std::string> last;
  for (std::size_t i = until.size() - 5; i < until.size(); ++i) last.push_back(number(until.value[i], 3));
  // Records that are sparse leave fewer than five in 50 steps; then the five last ones.
  const double from = std::min(event.gone - 50, until.step[until.size() - 5]);
  const Curve end = between(until, from, event.gone);
  std::vector<double> log_loss;
  for (const double v : end.value) log_loss.push_back(v > 0 ? std::log(v) : std::nan(""));
  const stats::RobustSlope slope = stats::theil_sen(end.step, log_loss);
  std::string text = fmt::format("its last losses until step {}: {}", number(event.gone), join(last, ", "));
  Estimate growth = bare(std::exp(slope.slope), "too_few_records", end.size());
  if (std::isfinite(slope.slope)) {
    growth.low = std::exp(slope.low), growth.high = std::exp(slope.high);
    const std::string between = interval(growth.low, growth.high, 3);
    text += fmt::format("; over the {} steps before it grew by a factor {}{} a step",
                        number(end.step.back() - end.step.front(), 3), number(growth.value, 4),
                        between.empty() ? "" : " " + between);
  }
  // What is shown does not argue: the fact already counts.
  out.evidence.push_back({text, growth, 0.1, 1, 0, {place_at(run, *series, until, until.size() - 1)}});
}

Outcome detect(const Case& c) {
  Scored out;
  std::size_t gone = 0;
  Event first;
  const Run* first_run = nullptr;
  for (std::size_t i = 0; i < c.experiment.size(); ++i) {
    const auto event = event_of(*c.experiment[i], c.review.ends[c.baseline.size() + i]);
    if (!event) continue;
    if (gone++ == 0) {
      first = *event;
      first_run = c.experiment[i];
    }
  }
  out.looked_at = fmt::format("the loss of {} run{} ends finite and near its best", c.experiment.size(),
                              c.experiment.size() == 1 ? "" : "s");
  if (gone == 0) return out;
  out.effect_share = static_cast<double>(gone) / static_cast<double>(c.experiment.size());
  const std::string what =
      first.non_finite
          ? fmt::format("{} is not finite from step {} on", code_span(first.place.series), number(first.place.step))
          : fmt::format("{} rose from {} at step {} to {} at the end", code_span(first.place.series),
                        number(first.from), number(first.place.step), number(first.to));
  out.evidence.push_back({fmt::format("{} ({} of {} runs)", what, gone, c.experiment.size()),
                          exact(first.place.step),
                          kDecisive + kStrong,
                          out.effect_share,
                          0,
                          {first.place}});
  show_end(*first_run, first, out);
  const std::string before = forerunner(*first_run, first, out);
  out.slots["step"] = first.place.step;
  out.soul = first.non_finite
                 ? fmt::format("The run was destroyed at step {}: {}, and no later update could recover.",
                               number(first.place.step), before.empty() ? "the loss stopped being a number" : before)
                 : fmt::format("The run left the trained regime after step {} and never came back: {}.",
                               number(first.place.step), what);
  return out;
}

}  // namespace

constinit const Detector divergence{
    .id = "divergence", .prior = kOccasional, .detect = detect, .alone = true, .doc = R"(
## What it looks for
A training (else evaluation) loss that becomes non-finite with fewer than 20 finite values after it, or whose last 5 % lie more than
half-way back from its best value to its first, or above 1.5 times its first value. Then the last losses and their growth, and which logged
signal left its band first: a CUSUM over the 400 records before on each, whose order counts where 90 % of the resamples agree and the onsets
lie two records or more apart.
## Why it matters
Nothing after that point is a result; averages over it are meaningless.
## False alarms and misses
A `nan` in another metric is missing data. A run that was cut off is `truncated_run`. A cause (learning rate, initialisation,
precision) that is likely takes the headline, and divergence becomes its symptom.
## Reference
Science handbook A7, D-01; half-way back to initialisation cannot be noise.
)"};

}  // namespace expanalyze
