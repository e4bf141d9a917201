// D-08: the gradient grows by orders of magnitude.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnosis/readings.hpp"
#include "diagnosis/weigh.hpp"
#include "stats/descriptive.hpp"
#include "stats/trend.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr double kGrowth = 10, kPeak = 100, kAgainstBaseline = 10, kFirstOverLast = 1e3;  // D-08: orders of magnitude

/// Last tenth over the time after warm-up; 1 when the trend of its logarithm is not upward.
double growth(const Run& run) {
  const Curve norm = finite(trajectory(run, Role::grad_norm));
  if (norm.size() < 20) return std::numeric_limits<double>::quiet_NaN();
  std::vector<double> step, log_norm;
  for (std::size_t i = 0; i < norm.size(); ++i) {
    if (!(norm.value[i] > 0)) continue;
    step.push_back(norm.step[i]);
    log_norm.push_back(std::log(norm.value[i]));
  }
  const double ratio = median_between(norm, 0.9, 1) / median_between(norm, 0.1, 0.3);
  return ratio > 1 && !(stats::theil_sen(step, log_norm).low > 0) ? 1 : ratio;
}

double median_norm(const Run& run) { return stats::median(finite(trajectory(run, Role::grad_norm)).value); }
double peak_norm(const Run& run) { return peak_of(run, Role::grad_norm); }

/// How often the weights' norm shrank by the end: scale-invariant layers have |g| ~ 1/|w|.
double shrinkage(const Run& run) { return first_of(run, Role::param_norm) / last_of(run, Role::param_norm); }

double first_over_last(const Run& run) {
  const auto layers = layer_norms(run);
  return layers.size() < 2 ? std::numeric_limits<double>::quiet_NaN() : layers.front().median / layers.back().median;
}

Place place_of_peak(const Run& run) {
  const Series* series = find(run, Role::grad_norm);
  const Curve norm = finite(trajectory(run, Role::grad_norm));
  if (!series || norm.empty()) return place_of(run, Role::grad_norm);
  const auto top = std::max_element(norm.value.begin(), norm.value.end()) - norm.value.begin();
  return place_at(run, *series, norm, static_cast<std::size_t>(top));
}

/// Did the loss rise after the largest gradient, by more than a twentieth?
double loss_after_over_before(const Run& run, double step) {
  const Curve loss = loss_of(run);
  if (loss.empty()) return std::numeric_limits<double>::quiet_NaN();
  const double width = 0.05 * loss.step.back();
  return stats::median(between(loss, step, step + 2 * width).value) /
         stats::median(between(loss, step - width, step - 1).value);
}

void weigh_layers(const Case& c, Scored& out) {
  const double ratio = mean_over(c.experiment, first_over_last);
  const double baseline = mean_over(c.baseline, first_over_last);
  if (std::isnan(ratio)) {
    out.missing_weight += kModerate;
  } else if (ratio > 10 && !(baseline > 0.1 * ratio)) {
    out.evidence.push_back({fmt::format("the first layer's gradient is {}x the last one's", number(ratio, 3)),
                            over_seeds(c.experiment, first_over_last),
                            kModerate,
                            graded_above(ratio, kFirstOverLast),
                            0,
                            {}});
  }
}

/// A run that has learned its data has tiny gradients in the median, so only what the baseline never reached is a peak.
void weigh_peak(const Case& c, Scored& out, double peak, double over_median, const Place& where) {
  const double against = out.slots["peak_over_baseline"];
  if (std::isnan(against)) {
    out.missing_weight += kModerate;
    return;
  }
  if (against < 3) return;
  const Estimate value = over_seeds(c.experiment, peak_norm);
  out.evidence.push_back({fmt::format("the largest gradient norm, {} at step {}, is {}x the baseline's largest",
                                      number(peak, 3), number(where.step), number(against, 3)),
                          value,
                          kModerate,
                          graded_above(against, kAgainstBaseline),
                          'b',
                          {where}});
  out.evidence.push_back({fmt::format("it is {}x the run's own median", number(over_median, 3)),
                          value,
                          kModerate,
                          graded_above(over_median, kPeak),
                          'b',
                          {where}});
}

/// A gradient that stays an order of magnitude above the baseline's through the middle of the run is no single
/// outburst.
void weigh_level(const Case& c, Scored& out) {
  const auto level = [](const Run& run) { return median_of(run, Role::grad_norm, 0.25, 0.75); };
  const double ratio = mean_over(c.experiment, level) / mean_over(c.baseline, level);
  if (ratio > 3 && out.slots["peak_over_baseline"] > 3)
    out.evidence.push_back(
        {fmt::format("through the middle half of the run the norm is {}x the baseline's", number(ratio, 3)),
         over_seeds(c.experiment, level),
         kModerate,
         graded_above(ratio, kAgainstBaseline),
         'b',
         {place_of(*c.experiment.front(), Role::grad_norm)}});
}

/// What became of the loss after the largest gradient.
void weigh_aftermath(const Case& c, Scored& out, const Place& where) {
  for (std::size_t i = 0; i < c.experiment.size(); ++i) {
    const RunEnd& end = c.review.ends[c.baseline.size() + i];
    if (!end.first_non_finite || !(end.first_non_finite->step >= place_of_peak(*c.experiment[i]).step)) continue;
    out.evidence.push_back(
        {fmt::format("after it the loss was no longer finite, from step {} on", number(end.first_non_finite->step)),
         exact(end.first_non_finite->step),
         kModerate,
         1,
         0,
         {*end.first_non_finite}});
    return;
  }
  const double rise = loss_after_over_before(*c.experiment.front(), where.step);
  if (rise > 1.1)
    out.evidence.push_back({fmt::format("after it the loss was {}x what it was before", number(rise, 3)),
                            bare(rise, "one_seed"),
                            kModerate,
                            graded_above(rise, 1.5),
                            0,
                            {where}});
}

Outcome detect(const Case& c) {
  const double grown = mean_over(c.experiment, growth);
  const double peak = mean_over(c.experiment, peak_norm);
  if (std::isnan(grown) || std::isnan(peak))
    return Untestable{{}, "the gradient norm in the experiment", "log the gradient norm before clipping every step"};
  const double over_median = peak / mean_over(c.experiment, median_norm);
  const double against = peak / mean_over(c.baseline, peak_norm);
  const Place where = place_of_peak(*c.experiment.front());
  Scored out;
  out.slots = {
      {"growth", grown}, {"peak_over_median", over_median}, {"peak_over_baseline", against}, {"step", where.step}};
  out.looked_at =
      fmt::format("the gradient norm changed {}x over the run; its highest value is {}x its median{}", number(grown, 3),
                  number(over_median, 3),
                  std::isfinite(against) ? fmt::format(" and {}x the baseline's highest", number(against, 3)) : "");
  if (grown < 3 && !(against > 3)) {
    out.evidence.push_back({out.looked_at, over_seeds(c.experiment, growth), -kStrong, 1, 0, {where}});
    return out;
  }
  out.evidence.push_back(
      {fmt::format("the gradient norm is {}x larger in the last tenth of the run than after the start",
                   number(grown, 3)),
       over_seeds(c.experiment, growth),
       kStrong,
       graded_above(grown, kGrowth),
       'a',
       {where}});
  weigh_peak(c, out, peak, over_median, where);
  weigh_level(c, out);
  weigh_aftermath(c, out, where);
  weigh_layers(c, out);
  if (const double shrunk = mean_over(c.experiment, shrinkage); shrunk > 1.5 && grown > 1 && shrunk > 0.3 * grown)
    out.evidence.push_back(
        {fmt::format(
             "the weights shrank {}x meanwhile, and the gradient of scale-invariant layers grows as they shrink",
             number(shrunk, 3)),
         over_seeds(c.experiment, shrinkage),
         -2,
         1,
         0,
         {place_of(*c.experiment.front(), Role::param_norm)}});
  weigh_setting(out, changed_propagation(c), "the flow of gradients");
  out.effect_share = c.review.overall == Verdict::failed || grown > kGrowth ? 1 : 0.6;
  weigh_outcome(c, out);
  out.soul =
      grown > 3
          ? fmt::format("Gradients grew {}-fold over the run, to {} at step {}: the steps no longer followed a slope.",
                        number(grown, 3), number(peak, 3), number(where.step))
          : fmt::format(
                "Gradients reached {} at step {}, {}x the baseline's highest: the step was set for another scale.",
                number(peak, 3), number(where.step), number(against, 3));
  return out;
}

}  // namespace

constinit const Detector exploding_gradients{
    .id = "exploding_gradients", .prior = kOccasional, .detect = detect, .alone = true, .doc = R"(
## What it looks for
A gradient norm (before clipping) that grows more than tenfold with an upward trend, or a highest value that is ten times the baseline's
highest or a hundred times its own median, a loss that worsens after it, first layers with a thousand times the gradient of the last.
## Why it matters
Clipping turns such gradients into steps of constant length, and without clipping they end the run.
## False alarms and misses
Norms that grow as the weights shrink are normal under decay. A run that has fitted its data has a tiny median, so the ratio to the median
counts only where the baseline's highest value is left behind as well. A norm logged after clipping hides everything.
## Reference
Science handbook D-08, E9.
)"};

}  // namespace expanalyze
