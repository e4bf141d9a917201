// What a side's metric will be at a step it has not logged, or why that is not said (science handbook C4, C5, B3.3).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "review/measure.hpp"
#include "stats/descriptive.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

// C5: farther than this is said only when it is asked for, and then the interval is all there is to trust.
constexpr double kFarConstant = 2, kFarScheduled = 1.5;
// Two learning rates that agree to this share of the peak as far as both go are one schedule.
constexpr double kSameSchedule = 0.01;
constexpr double kAnnealed = 0.05;
constexpr double kZ90 = 1.645;

struct Plan {
  stats::Schedule schedule;
  std::string words;  ///< of the learning rate from the end on; empty: unknown
};

/// The learning rate behind the end of a log: known when it never moved, when the other side logged it, or when the
/// schedule had ended and another end can be planned.
Plan plan_to(const Side& side, const CurveModel& own, const CurveModel& other, double step) {
  if (own.schedule.constant()) return {own.schedule, "at its constant learning rate"};
  if (other.schedule.end() >= step && own.schedule.largest_difference(other.schedule) < kSameSchedule)
    return {own.schedule.continued_by(other.schedule), "with the learning rate that the other side logged from there"};
  const double planned = side.runs.front().end.planned_steps;
  const bool ended = own.schedule.rate(own.schedule.end()) < kAnnealed || own.last >= 0.99 * planned;
  if (ended && (planned == 0 || own.last >= 0.9 * planned))
    return {own.schedule.planned_to_end_at(step), "had its schedule been planned to end there"};
  return {};
}

std::string coverage_words(const CurveModel& model) {
  if (model.origins == 0) return "; too short to check the interval against its own past";
  return fmt::format(
      "; predicted from {} earlier ends, {} of its later points lay inside such an interval{}", model.origins,
      percent(model.coverage, 2),
      model.widened > 1.05 ? fmt::format(", which is therefore {}x wider here", number(model.widened, 2)) : "");
}

Forecast refused(bool of_baseline, double step, std::string why) {
  return {of_baseline, step, bare(std::numeric_limits<double>::quiet_NaN(), "refused", 0), std::move(why)};
}

/// C4: ln of the value is normal, with parameters, law and seeds in its variance.
Estimate predicted(const Side& side, const CurveModel& model, const LogChange& change, const SeedNoise& noise) {
  const double value = model.end_value * std::exp(change.value);
  const double seed = noise.prior.scale / value / std::sqrt(static_cast<double>(side.standing().size()));
  const double half = kZ90 * std::sqrt(change.variance + seed * seed);
  return {value,
          value * std::exp(-half),
          value * std::exp(half),
          0.90,
          model.points,
          {noise.prior.scale > 0 ? "prior_seed_sd" : "no_seed_sd"}};
}

Forecast forecast(const Side& side, const Budget& own, const Budget& other, bool of_baseline, double step,
                  const SeedNoise& noise) {
  if (!own.model.usable()) return refused(of_baseline, step, own.model.refusal);
  const Plan plan = plan_to(side, own.model, other.model, step);
  if (plan.words.empty())
    return refused(of_baseline, step,
                   fmt::format("its learning rate behind step {} is not known", number(own.model.last)));
  const double horizon = step / own.model.last;
  const double far = own.model.schedule.constant() ? kFarConstant : kFarScheduled;
  Forecast out{
      of_baseline, step, predicted(side, own.model, continued_change(own.model, plan.schedule, step), noise), {}};
  out.how = fmt::format("{}, {}{}{}", own.model.name(), plan.words, coverage_words(own.model),
                        horizon > far ? fmt::format("; {} times the length of the log is farther than such laws were "
                                                    "tested ({})",
                                                    number(horizon, 2), number(far, 2))
                                      : "");
  out.how += "; " + own.model.floor_words();
  return out;
}

/// It stopped short of its own plan, or of the other side's end with the other's learning rate.
bool cut_off(const Side& side, const Budget& own, const Side& other, const Budget& others) {
  const double last = side.last_metric_step(), end = other.last_metric_step();
  if (!(end > 1.02 * last) || !(last > 0)) return false;
  const double planned = side.runs.front().end.planned_steps;
  if (planned > 0) return last < 0.9 * planned && end <= 1.02 * planned;
  return !own.model.schedule.empty() && !own.model.schedule.constant() &&
         own.model.schedule.largest_difference(others.model.schedule) < kSameSchedule;
}

}  // namespace

std::vector<Forecast> forecasts(const Sides& sides, const Budgets& budgets, const SeedNoise& noise,
                                std::optional<double> asked) {
  std::vector<Forecast> out;
  const auto add = [&](bool baseline, double step) {
    const Side& side = baseline ? sides.baseline : sides.experiment;
    const Budget &own = baseline ? budgets.baseline : budgets.experiment,
                 &other = baseline ? budgets.experiment : budgets.baseline;
    const auto read = values_at(side, Axis::step, step);
    if (step <= side.last_metric_step() && read.empty())
      out.push_back(refused(baseline, step, "its metric is not logged there"));
    else if (step <= side.last_metric_step())
      out.push_back({baseline, step, bare(stats::mean(read), "logged", read.size()), "read from the log"});
    else
      out.push_back(forecast(side, own, other, baseline, step, noise));
  };
  if (asked) {
    add(true, *asked);
    add(false, *asked);
  } else if (cut_off(sides.experiment, budgets.experiment, sides.baseline, budgets.baseline)) {
    add(false, sides.baseline.last_metric_step());
  } else if (cut_off(sides.baseline, budgets.baseline, sides.experiment, budgets.experiment)) {
    add(true, sides.experiment.last_metric_step());
  }
  return out;
}

std::string plateau_by_law(const Side& experiment, const Budget& budget, double sesoi, double sign) {
  if (!budget.model.usable() || experiment.runs.empty() || !(sesoi > 0)) return {};
  constexpr double kMore = 1.1;
  const bool constant = budget.model.schedule.constant();
  const LogChange change = constant ? continued_change(budget.model, budget.model.schedule, kMore * budget.model.last)
                                    : planned_change(budget.model, kMore * budget.model.last);
  const double gain = -sign * budget.model.end_value * std::expm1(change.value);
  const double half = kZ90 * budget.model.end_value * std::sqrt(change.variance);
  const std::string range = interval(gain - half, gain + half, 2);
  const std::string judged = gain + half < sesoi   ? "levelled off"
                             : gain - half > sesoi ? "still improving"
                             : gain < sesoi        ? "probably levelled off"
                                                   : "probably still improving";
  return fmt::format(
      "Another 10 % of budget would gain the experiment {} (90 % interval {}, by {}), against {} worth "
      "having: {}{}; {}.",
      number(gain, 2), range, budget.model.name(), number(sesoi, 2), judged,
      constant || gain >= sesoi ? "" : ", and that is the decayed learning rate's doing", budget.model.floor_words());
}

}  // namespace expanalyze
