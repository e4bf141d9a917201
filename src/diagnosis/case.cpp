#include "diagnosis/case.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "stats/descriptive.hpp"
#include "stats/trend.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Runs select(const RunStore& store, const std::vector<RunId>& ids) {
  Runs out;
  for (const RunId id : ids) out.push_back(&store.runs[id]);
  return out;
}

std::vector<RunEvents> events_of_all(const Runs& runs) {
  std::vector<RunEvents> out;
  for (const Run* run : runs) out.push_back(events_of(*run));
  return out;
}

/// The training loss, or the metric when there is none: the curve that the lr statistics are read from.
Curve loss_curve(const Run& run, const Review& review) {
  Curve curve = finite(trajectory(run, Role::train_loss));
  if (curve.size() >= 20) return curve;
  const Series* metric = nullptr;
  for (const auto& series : run.series)
    if (series.labels.empty() && series.logged_as == review.metric.name) metric = &series;
  return metric ? finite(trajectory(run, *metric)) : Curve{};
}

double mean_between(const Curve& curve, double from, double to) { return stats::mean(between(curve, from, to).value); }

/// Start of annealing: the step where the learning rate has fallen to half its peak for good; 80 % of the run when it
/// does not fall or is not logged (D0.7).
double annealing_start(const Run& run, double end) {
  const Curve lr = finite(trajectory(run, Role::lr));
  if (lr.size() < 5) return 0.8 * end;
  const double peak = *std::max_element(lr.value.begin(), lr.value.end());
  std::size_t last_high = 0;
  for (std::size_t i = 0; i < lr.size(); ++i)
    if (lr.value[i] >= 0.5 * peak) last_high = i;
  return last_high + 1 >= lr.size() ? 0.8 * end : std::clamp(lr.step[last_high], 0.2 * end, 0.9 * end);
}

struct OneRun {
  double slope = kNan, gain = kNan, noise = kNan;
};

OneRun lr_readings(const Run& run, const Review& review, double annealing) {
  OneRun out;
  const Curve curve = loss_curve(run, review);
  if (curve.size() < 12) return out;
  const double end = curve.step.back();
  const double width = 0.05 * end;
  Curve before = between(curve, 0.5 * annealing, annealing);
  std::vector<double> log_step;
  for (const double s : before.step) log_step.push_back(std::log(std::max(s, 1.0)));
  if (before.size() >= 4) out.slope = -stats::least_squares(log_step, before.value).slope;
  // A plateau is flat or falls: where the loss stands higher at the start of annealing than well before it, something
  // hit it there (bad batches, a resume), and getting over that is no gain of the decay.
  const double at = mean_between(curve, annealing - width, annealing + width);
  const double earlier = mean_between(curve, 0.5 * annealing, 0.8 * annealing);
  out.gain = (earlier < at ? earlier : at) - mean_between(curve, end - width, end);
  const Curve late = between(curve, 0.5 * end, end);
  std::vector<double> log_loss;
  for (const double v : late.value)
    if (v > 0) log_loss.push_back(std::log(v));
  if (log_loss.size() >= 20) out.noise = stats::mad(stats::detrend(log_loss));
  return out;
}

/// The logged learning rate ends below half its peak.
bool decays(const Run& run) {
  const Curve lr = finite(trajectory(run, Role::lr));
  return !lr.empty() && lr.value.back() < 0.5 * *std::max_element(lr.value.begin(), lr.value.end());
}

LrStatistics lr_statistics(const Runs& baseline, const Runs& experiment, const Review& review) {
  // A run whose loss is finite for less than half of its steps has no decay to read.
  const auto end_of = [&](const Run& run) {
    const Curve curve = loss_curve(run, review);
    return curve.empty() || curve.step.back() < 0.5 * last_step(run) ? 0 : curve.step.back();
  };
  const auto middle = [](const Runs& runs, const auto& of) {
    std::vector<double> values;
    for (const Run* run : runs) values.push_back(of(*run));
    return stats::median(values);
  };
  const double end = std::min(middle(baseline, end_of), middle(experiment, end_of));
  if (!(end > 0)) return {kNan, kNan, kNan, kNan, kNan, kNan, kNan};
  const double annealing = middle(baseline, [&](const Run& run) { return annealing_start(run, end); });
  const auto read = [&](const Runs& runs, double OneRun::*field) {
    return mean_over(runs, [&](const Run& run) { return lr_readings(run, review, annealing).*field; });
  };
  LrStatistics out{};
  out.slope_b = read(baseline, &OneRun::slope);
  out.slope_e = read(experiment, &OneRun::slope);
  out.gain_b = read(baseline, &OneRun::gain);
  out.gain_e = read(experiment, &OneRun::gain);
  const auto ratio = [](double e, double b) { return b > 0 && !std::isnan(e) ? std::max(0.0, e / b) : kNan; };
  out.r_kappa = ratio(out.slope_e, out.slope_b);
  // Without a logged rate that falls there is no decay whose gain could be read.
  const bool anneals = std::all_of(baseline.begin(), baseline.end(), [](const Run* run) { return decays(*run); }) &&
                       std::all_of(experiment.begin(), experiment.end(), [](const Run* run) { return decays(*run); });
  out.r_gain = anneals ? ratio(out.gain_e, out.gain_b) : kNan;
  out.r_sigma = ratio(read(experiment, &OneRun::noise), read(baseline, &OneRun::noise));
  return out;
}

}  // namespace

Case::Case(const RunStore& store_, const Comparison& comparison_, const Review& review_)
    : store(store_),
      comparison(comparison_),
      review(review_),
      baseline(select(store_, comparison_.baseline)),
      experiment(select(store_, comparison_.experiment)),
      baseline_events(events_of_all(baseline)),
      experiment_events(events_of_all(experiment)),
      lr(lr_statistics(baseline, experiment, review_)) {
  sign = review.metric.direction == Direction::min ? 1 : -1;
  const FinalQuality& final = review.final_quality;
  gap = sign * final.difference.value;
  const double half = 0.5 * (final.difference.high - final.difference.low);
  gap_scale = std::max(final.sesoi, std::isfinite(half) ? half : 0);
  if (!std::isfinite(gap_scale)) gap_scale = 0;
  const Verdict on_steps = on(review, Axis::step).verdict;
  worse = on_steps == Verdict::regressed || on_steps == Verdict::failed;
  better = on_steps == Verdict::improved;
  std::size_t consequential = 0;
  for (const auto& difference : review.config_diff)
    if (difference.cls != ConfigDifference::Class::benign) ++consequential;
  undeclared = consequential > 1 ? consequential - 1 : 0;
}

const ConfigDifference* Case::changed(std::initializer_list<std::string_view> names) const {
  for (const auto& difference : review.config_diff) {
    const std::string_view key = difference.key;
    const auto dot = key.find_last_of("./");
    const std::string_view word = dot == std::string_view::npos ? key : key.substr(dot + 1);
    if (std::find(names.begin(), names.end(), word) != names.end()) return &difference;
  }
  return nullptr;
}

double graded_above(double value, double threshold) {
  if (!(value > 0) || !(threshold > 0)) return 0;
  if (std::isinf(value)) return 1;
  // ω = 1/4 in log units (D0.6); shifted so that the threshold itself counts half.
  return std::clamp(0.5 + 0.5 * std::tanh(std::log(value / threshold) / 0.25), 0.0, 1.0);
}

double graded_below(double value, double threshold) {
  if (!(threshold > 0) || std::isnan(value)) return 0;
  return value <= 0 ? 1 : graded_above(threshold / value, 1);
}

double mean_over(const Runs& runs, const std::function<double(const Run&)>& of) {
  std::vector<double> values;
  for (const Run* run : runs)
    if (const double v = of(*run); std::isfinite(v)) values.push_back(v);
  return stats::mean(values);
}

double median_of(const Run& run, Role role, double from_share, double to_share) {
  const Curve curve = finite(trajectory(run, role));
  if (curve.empty()) return kNan;
  const double end = last_step(run);
  return stats::median(between(curve, from_share * end, to_share * end).value);
}

double first_of(const Run& run, Role role) {
  const Curve curve = finite(trajectory(run, role));
  return curve.empty() ? kNan : curve.value.front();
}

double last_of(const Run& run, Role role) {
  const Curve curve = finite(trajectory(run, role));
  if (curve.empty()) return kNan;
  const std::size_t n = std::min(curve.size(), std::max<std::size_t>(3, curve.size() / 10));
  return stats::median(std::span(curve.value).last(n));
}

bool logs(const Runs& runs, Role role) {
  return std::all_of(runs.begin(), runs.end(), [&](const Run* run) { return find(*run, role) != nullptr; });
}

double tokens_per_step(const Run& run) {
  const Spent tokens = spent(run, Axis::tokens);
  if (tokens.curve.size() < 2) return kNan;
  const std::size_t half = tokens.curve.size() / 2;
  const double steps = tokens.curve.step.back() - tokens.curve.step[half];
  return steps > 0 ? (tokens.curve.value.back() - tokens.curve.value[half]) / steps : kNan;
}

Place place_of(const Run& run, Role role) {
  const Series* series = find(run, role);
  if (!series) return {run.label, {}, 0};
  const Curve curve = finite(trajectory(run, *series));
  return curve.empty() ? Place{run.label, series->logged_as, 0} : place_at(run, *series, curve, curve.size() - 1);
}

Place place_at(const Run& run, const Series& series, const Curve& curve, std::size_t index) {
  return {run.label, series.logged_as, curve.line[index], curve.step[index]};
}

void weigh_outcome(const Case& c, Scored& scored) {
  if (c.alone()) scored.effect_share = 0;  // nothing is known to have been lost
  if (c.worse || c.alone()) return;
  const AxisVerdict& steps = on(c.review, Axis::step);
  const bool open = steps.verdict == Verdict::inconclusive;
  scored.evidence.push_back(
      {fmt::format("the experiment is {} on equal steps ({} {}): there is {} loss of quality to explain",
                   c.better ? "better"
                   : open   ? "not resolved"
                            : "equal",
                   signed_number(steps.difference.value, 3), interval(steps.difference.low, steps.difference.high, 3),
                   open ? "no certain" : "no"),
       steps.difference,
       open ? -1.6 : -3.0,
       1,
       0,
       {}});
  scored.effect_share = open ? 0.5 * scored.effect_share : 0;
}

std::string say_change(const ConfigDifference& d) {
  return fmt::format("{} {} -> {}", code_span(d.key), code_span(to_text(d.baseline)), code_span(to_text(d.experiment)));
}

std::optional<NumberChange> number_change(const ConfigDifference* d) {
  if (!d || !std::holds_alternative<double>(d->baseline) || !std::holds_alternative<double>(d->experiment))
    return std::nullopt;
  return NumberChange{std::get<double>(d->baseline), std::get<double>(d->experiment)};
}

Estimate over_seeds(const Runs& runs, const std::function<double(const Run&)>& of) {
  std::vector<double> values;
  for (const Run* run : runs)
    if (const double v = of(*run); std::isfinite(v)) values.push_back(v);
  Estimate e = bare(stats::mean(values), values.size() > 1 ? "range_of_seeds" : "one_seed", values.size());
  if (values.size() > 1) {
    e.low = *std::min_element(values.begin(), values.end());
    e.high = *std::max_element(values.begin(), values.end());
    e.confidence = 1;
  }
  return e;
}

}  // namespace expanalyze
