// D-01: the loss leaves the trained regime and never returns.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnosis/case.hpp"
#include "diagnosis/weigh.hpp"
#include "stats/descriptive.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

// Half-way back to initialisation cannot be noise (D-01 b).
constexpr double kWayBack = 0.5;

struct Event {
  Place place;
  double from = 0, to = 0;  ///< loss at its best and at the end
  bool non_finite = false;
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
      return Event{*end.first_non_finite, good.empty() ? std::nan("") : good.value.back(), std::nan(""), true};
  }
  if (good.size() < 10) return std::nullopt;
  const double last = stats::median(between(good, 0.95 * good.step.back(), good.step.back()).value);
  const auto best = std::min_element(good.value.begin(), good.value.end());
  const double first = good.value.front();
  const bool way_back = last > *best + kWayBack * (first - *best) && last > *best * 1.05 && best != good.value.begin();
  if (!way_back && !(first > 0 && last > 1.5 * first)) return std::nullopt;
  const auto index = static_cast<std::size_t>(best - good.value.begin());
  return Event{place_at(run, *series, good, index), *best, last, false};
}

/// The signal that left its band first: gradient norm above ten times its running level before the loss was gone.
std::string forerunner(const Run& run, const Place& event) {
  const Series* series = find(run, Role::grad_norm);
  if (!series) return {};
  const Curve curve = trajectory(run, *series);
  const double calm = stats::median(finite(between(curve, 0, 0.5 * event.step)).value);
  for (std::size_t i = 0; i < curve.size() && curve.step[i] < event.step; ++i)
    if (!std::isfinite(curve.value[i]) || curve.value[i] > 10 * calm)
      return fmt::format("{} left its band {} steps before", code_span(series->logged_as),
                         number(event.step - curve.step[i]));
  return {};
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
  const std::string before = forerunner(*first_run, first.place);
  if (!before.empty()) out.evidence.push_back({before, bare(first.place.step, "logging_cadence"), kWeak, 1, 0, {}});
  out.slots["step"] = first.place.step;
  out.soul = first.non_finite
                 ? fmt::format("The run was destroyed at step {}: {}, and no later update could recover.",
                               number(first.place.step), before.empty() ? "the loss stopped being a number" : before)
                 : fmt::format("The run left the trained regime after step {} and never came back: {}.",
                               number(first.place.step), what);
  return out;
}

}  // namespace

constinit const Detector divergence{.id = "divergence", .prior = kOccasional, .detect = detect, .doc = R"(
## What it looks for
A training (else evaluation) loss that becomes non-finite with fewer than 20 finite values after it, or whose last 5 % lie more than
half-way back from its best value to its first, or above 1.5 times its first value.
## Why it matters
Nothing after that point is a result; averages over it are meaningless.
## False alarms and misses
A `nan` in another metric is missing data. A run that was cut off is `truncated_run`. A cause (learning rate, initialisation,
precision) that is likely takes the headline, and divergence becomes its symptom.
## Reference
Science handbook A7, D-01; half-way back to initialisation cannot be noise.
)"};

}  // namespace expanalyze
