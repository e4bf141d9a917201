#include "review/curve_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "review/measure.hpp"
#include "stats/descriptive.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

// The first steps fall by other laws than the rest (C1); they are a small share of a finished run.
constexpr double kFirstSteps = 0.02;
// C1, constant rate: with a quarter left out the error at 4x fell from 1.3 % to 0.4 %. The multi-power law predicts
// other schedules worse when its early points are left out (mean error on six public curves .0045, without the first
// tenth .0062).
constexpr double kBurnIn = 0.25;
constexpr std::size_t kFewest = 12;
constexpr std::size_t kMostPoints = 200;
// C4, discrepancy: constant rate 2e-4 + 1.5e-3 (ln h)^2; multi-power law within a family of schedules 1.5e-3 (1 + ln
// h).
constexpr double kConstantDiscrepancy = 1.5e-3, kFamilyDiscrepancy = 1.5e-3;
// A law that misses the end of its own curve by this share says nothing of what comes behind it.
constexpr double kMissed = 0.005;
constexpr double kRisesAgain = 0.02;   // learning rate, share of the peak
constexpr double kOverfitted = 0.005;  // end above the best value, share of it
constexpr double kHighestExponent = 3, kLowestExponent = 0.05;
// C4: the share of later points that intervals have to cover.
constexpr double kCovered = 0.85;

/// Means of neighbouring points: the mean, not the median, estimates the expected loss (A5).
Curve binned(const Curve& curve) {
  if (curve.size() <= kMostPoints) return curve;
  Curve out;
  for (std::size_t b = 0; b < kMostPoints; ++b) {
    const std::size_t from = b * curve.size() / kMostPoints, to = (b + 1) * curve.size() / kMostPoints;
    const auto n = static_cast<double>(to - from);
    double step = 0, value = 0;
    for (std::size_t i = from; i < to; ++i) {
      step += curve.step[i] / n;
      value += curve.value[i] / n;
    }
    out.step.push_back(step);
    out.value.push_back(value);
  }
  out.line.assign(out.step.size(), 0);
  return out;
}

bool rises_again(const stats::Schedule& schedule) {
  double lowest = 1, rate = 1;
  for (const auto& f : schedule.falls()) {
    rate -= f.fall;
    lowest = std::min(lowest, rate);
    if (rate > lowest + kRisesAgain) return true;
  }
  return false;
}

std::string why_not(const Metric& metric, const Curve& curve, const stats::Schedule& schedule) {
  if (metric.direction != Direction::min) return "the metric is no loss, and the laws are for losses";
  if (curve.size() < 2 || !(*std::min_element(curve.value.begin(), curve.value.end()) > 0))
    return "the loss is not positive throughout";
  if (schedule.empty()) return "the learning rate is not logged: log it with every record";
  if (rises_again(schedule)) return "the learning rate rises again after its peak, which no law here describes";
  const double best = *std::min_element(curve.value.begin(), curve.value.end());
  if (curve.value.back() > best * (1 + kOverfitted))
    return fmt::format("the loss rises at the end, from {} to {}: a law of falling losses does not apply", number(best),
                       number(curve.value.back()));
  return {};
}

Curve window_of(const Curve& curve, const stats::Schedule& schedule) {
  const double end = curve.step.back();
  double from = std::max(schedule.warm_up_end(), kFirstSteps * end);
  if (schedule.constant()) from += kBurnIn * (end - from);
  return binned(between(curve, std::nextafter(from, end), end));
}

stats::FittedLaw fit_to(const Curve& window, const stats::Schedule& schedule) {
  const stats::LawCurve curve{window.step, window.value, &schedule};
  return fit_law(schedule.constant() ? stats::LossLaw::power : stats::LossLaw::multi_power, std::span(&curve, 1));
}

/// Mean of ln predicted - ln logged over the last tenth.
double miss_at_end(const CurveModel& model, const Curve& window) {
  const std::size_t from = window.size() - std::max<std::size_t>(1, window.size() / 10);
  double sum = 0;
  for (std::size_t i = from; i < window.size(); ++i)
    sum += std::log(model.law.at(model.schedule, window.step[i]) / window.value[i]);
  return sum / static_cast<double>(window.size() - from);
}

std::string bad_fit(const CurveModel& model, const Curve& window) {
  if (model.law.empty() || !model.law.fit().converged) return "the fit of a loss law did not converge";
  const double exponent = model.law.exponent();
  if (exponent > kHighestExponent || exponent < kLowestExponent)
    return fmt::format("the fitted exponent {} lies outside what loss curves show", number(exponent, 2));
  const double later = 1.1 * model.last;
  if (!std::isfinite(model.law.log_change_variance(model.schedule, model.last, model.schedule, later)))
    return fmt::format("{} points do not settle the parameters of a law", window.size());
  if (const double miss = miss_at_end(model, window); std::abs(miss) > kMissed)
    return fmt::format("the fitted law misses the end of its own curve by {}", percent(std::abs(miss), 2));
  return {};
}

double discrepancy(const CurveModel& model, double log_horizon) {
  const double h = std::abs(log_horizon);
  // Anchored at the curve's end: nothing is left out where nothing is predicted.
  const double sd = model.schedule.constant() ? kConstantDiscrepancy * h * std::max(h, 0.25)
                                              : kFamilyDiscrepancy * (1 + h) * std::min(1.0, h / 0.2);
  return model.widened * sd;
}

/// Rolling origin (C4): refits on earlier parts, predicts the rest, and widens the discrepancy until 85 % are covered.
void calibrate(CurveModel& model, const Curve& window) {
  std::vector<double> scores;
  for (const double share : {0.5, 0.6, 0.7, 0.8}) {
    const double origin = model.first + share * (model.last - model.first);
    const Curve past = between(window, model.first, origin);
    if (past.size() < kFewest) continue;
    CurveModel earlier = model;
    const stats::LawCurve curve{past.step, past.value, &model.schedule};
    earlier.law = refit(model.law, std::span(&curve, 1));
    if (earlier.law.empty()) continue;
    earlier.last = past.step.back();
    ++model.origins;
    const double offset = miss_at_end(earlier, past);
    for (std::size_t i = past.size(); i < window.size(); ++i) {
      const double h = std::log(window.step[i] / earlier.last);
      const double error = std::log(earlier.law.at(model.schedule, window.step[i]) / window.value[i]) - offset;
      const double parameters =
          earlier.law.log_change_variance(model.schedule, earlier.last, model.schedule, window.step[i]);
      const double noise = model.law.fit().residual_sd;
      const double spare = error * error - 1.645 * 1.645 * (parameters + noise * noise);
      const double score = std::sqrt(std::max(0.0, spare)) / (1.645 * discrepancy(model, h));
      scores.push_back(std::isfinite(spare) ? score : std::numeric_limits<double>::infinity());
    }
  }
  if (scores.empty()) return;
  const auto inside = std::count_if(scores.begin(), scores.end(), [](double s) { return s <= 1; });
  model.coverage = static_cast<double>(inside) / static_cast<double>(scores.size());
  model.widened = std::max(1.0, stats::quantile(scores, kCovered));
  if (!std::isfinite(model.widened))
    model.refusal = "the law fitted to earlier parts of the curve predicts no later one";
}

}  // namespace

std::string CurveModel::name() const {
  return fmt::format("a {} through {} points of the curve",
                     law.law() == stats::LossLaw::power ? "power law" : "multi-power law", points);
}

std::string CurveModel::floor_words() const {
  // A decayed rate takes its own share from the floor of the multi-power law.
  const char* what = law.law() == stats::LossLaw::power ? "the irreducible loss" : "the irreducible loss at peak rate";
  if (!(floor.low > 0))
    return fmt::format("{} is not identified by this run: anything from 0 to {} fits", what, number(floor.high, 3));
  return fmt::format("{} is {} (95 % profile interval {} to {})", what, number(law.floor(), 3), number(floor.low, 3),
                     number(floor.high, 3));
}

CurveModel curve_model(const Side& side, const Metric& metric) {
  CurveModel model;
  const Curve curve = mean_curve(side);
  const Curve& lr = side.runs.front().lr();
  model.schedule = stats::Schedule(lr.step, lr.value);
  model.refusal = why_not(metric, curve, model.schedule);
  if (!model.usable()) return model;
  const Curve window = window_of(curve, model.schedule);
  model.points = window.size();
  if (window.size() < kFewest) {
    model.refusal =
        fmt::format("{} evaluations after the warm-up are too few for a law; {} would do", window.size(), kFewest);
    return model;
  }
  model.first = window.step.front();
  model.last = curve.step.back();
  model.end_value = curve.value.back();
  model.law = fit_to(window, model.schedule);
  model.refusal = bad_fit(model, window);
  if (!model.usable()) return model;
  calibrate(model, window);
  model.floor = floor_interval(model.law, {window.step, window.value, &model.schedule});
  model.discrepancy = discrepancy(model, 1);
  return model;
}

LogChange continued_change(const CurveModel& model, const stats::Schedule& schedule, double step) {
  LogChange out;
  out.value = std::log(model.law.at(schedule, step) / model.law.at(model.schedule, model.last));
  const double law = discrepancy(model, std::log(step / model.last));
  out.variance = model.law.log_change_variance(model.schedule, model.last, schedule, step) + law * law;
  return out;
}

LogChange planned_change(const CurveModel& model, double step) {
  // Where the learning rate ended is where its schedule ended, whatever was evaluated last.
  const double end = step * std::max(1.0, model.schedule.end() / model.last);
  return continued_change(model, model.schedule.planned_to_end_at(end), step);
}

}  // namespace expanalyze
