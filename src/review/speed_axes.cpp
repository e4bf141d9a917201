#include "review/speed_axes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "stats/descriptive.hpp"
#include "store/alignment.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr double kMachineSpread = 0.003;  // B4.8: time of replicates on one machine type, relative s.d.
constexpr double kStartUpSteps = 10;      // A1: the first ten steps, or the first half per cent
constexpr double kStartUpShare = 0.005;
constexpr double kFarthest = 2;       // B6.2: no budget is extrapolated further
constexpr double kMidSchedule = 0.9;  // of a run's own plan: before that it is read in the middle (B6.1)

/// What a run had spent by a step. Of a clock only the pace of the steps counts: where it starts is the launcher's
/// doing, and the first steps compile (A1), so they go at the pace of the rest.
class Amount {
 public:
  Amount(const Curve& curve, Axis axis) : curve_(curve) {
    if (axis != Axis::wall || curve_.size() < 2) return;
    const double span = curve_.step.back() - curve_.step.front();
    steady_ =
        std::min(curve_.step.front() + std::max(kStartUpSteps, kStartUpShare * span), curve_.step.back() - span / 2);
    const double then = value_at(curve_, steady_);
    pace_ = (curve_.value.back() - then) / (curve_.step.back() - steady_);
    before_ = pace_ * steady_ - then;
  }
  [[nodiscard]] bool empty() const { return curve_.size() < 2; }
  [[nodiscard]] double at(double step) const {
    if (step < steady_) return pace_ * step;
    return before_ + value_at(curve_, std::clamp(step, curve_.step.front(), curve_.step.back()));
  }

 private:
  const Curve& curve_;
  double steady_ = -std::numeric_limits<double>::infinity(), pace_ = 0, before_ = 0;
};

/// The same for a side, on average over its runs; empty when one of them does not have the axis, and on steps, which
/// need no translation. The side must outlive it.
class Amounts {
 public:
  Amounts(const Side& side, Axis axis) {
    if (axis == Axis::step) return;
    for (const auto& view : side.runs) runs_.emplace_back(view.spent(axis).curve, axis);
    if (std::any_of(runs_.begin(), runs_.end(), [](const Amount& a) { return a.empty(); })) runs_.clear();
  }
  [[nodiscard]] bool empty() const { return runs_.empty(); }
  [[nodiscard]] double at(double step) const {
    double sum = 0;
    for (const Amount& run : runs_) sum += run.at(step);
    return sum / static_cast<double>(runs_.size());
  }

 private:
  std::vector<Amount> runs_;
};

Estimate exponential(Estimate e) {
  for (double* v : {&e.value, &e.low, &e.high}) *v = std::exp(*v);
  if (std::isinf(e.high)) e.low = -e.high;  // no interval, as everywhere
  return e;
}

SpeedupCurve on_axis(const Sides& sides, const Speedup& steps, Axis axis) {
  SpeedupCurve out;
  out.axis = axis;
  const bool in_steps = axis == Axis::step;
  const Amounts b(sides.baseline, axis), e(sides.experiment, axis);
  if (!in_steps && (b.empty() || e.empty())) return out;
  std::vector<double> log_s;
  for (std::size_t k = 0; k < steps.levels().size(); ++k) {
    const double at_b = in_steps ? steps.baseline()[k] : b.at(steps.baseline()[k]);
    const double at_e = in_steps ? steps.experiment()[k] : e.at(steps.experiment()[k]);
    if (!(at_b > 0) || !(at_e > 0)) return {};  // a counter that overflowed: no axis
    out.levels.push_back({sides.orientation() * steps.levels()[k], at_b, at_e, {}});
    log_s.push_back(std::log(at_b / at_e));
  }
  const auto runs = [](const Side& side) { return static_cast<double>(side.standing().size()); };
  const double machine = axis == Axis::wall
                             ? kMachineSpread * kMachineSpread * (1 / runs(sides.baseline) + 1 / runs(sides.experiment))
                             : 0;
  for (std::size_t k = 0; k < log_s.size(); ++k)
    out.levels[k].speedup = exponential(steps.weighted(log_s, Speedup::only(k), 0.95, machine));
  out.trend = steps.weighted(log_s, steps.trend_weights());
  return out;
}

bool excludes(const Estimate& e, double value) { return e.low > value || e.high < value; }

/// Share of the side's plan that lies before `step`, and its learning rate there over the peak (NaN: not logged).
struct Progress {
  double share, rate;
};
Progress progress(const Side& side, double step) {
  const Curve& lr = side.runs.front().lr();
  const double rate = lr.empty() ? std::numeric_limits<double>::quiet_NaN()
                                 : value_at(lr, std::clamp(step, lr.step.front(), lr.step.back())) /
                                       *std::max_element(lr.value.begin(), lr.value.end());
  return {plan_share(side, step), rate};
}

bool constant_rate(const Side& side) {
  const RunView& view = side.runs.front();
  return find(*view.run, Role::lr) != nullptr && std::isinf(view.on(Axis::step).annealing_from);
}

}  // namespace

std::vector<SpeedupCurve> speedup_curves(const Sides& sides, const Speedup& steps) {
  std::vector<SpeedupCurve> out;
  if (steps.empty()) return out;
  for (const Axis axis : kAxes)
    if (SpeedupCurve curve = on_axis(sides, steps, axis); !curve.levels.empty()) out.push_back(std::move(curve));
  return out;
}

std::string trend_sentence(const std::vector<SpeedupCurve>& curves) {
  if (curves.empty() || curves.front().axis != Axis::step) return {};
  const SpeedupCurve& c = curves.front();
  const Estimate& early = c.levels[Speedup::kEarly / 2].speedup;
  const Estimate& late = c.levels.back().speedup;
  if (!excludes(early, 1) && !excludes(late, 1)) return {};
  const bool ahead = (excludes(early, 1) ? early.value : late.value) > 1;
  const char* who = ahead ? "experiment" : "baseline";
  std::string what = "no trend is resolved, so it may be a change of rate that stays";
  if (excludes(c.trend, 0))
    what = (c.trend.value > 0) == ahead ? fmt::format("the lead of the {} grows", who)
                                        : fmt::format("the {} has a head start that decays", who);
  return fmt::format(
      "In steps the speed-up goes from {} early to {} at the last level that both reach, d ln S / d ln t = "
      "{}: {}.",
      with_interval(early, 3), with_interval(late, 3), with_interval(c.trend, 2), what);
}

std::string schedule_caveat(const Sides& sides, const std::vector<SpeedupCurve>& curves) {
  if (curves.empty() || curves.front().axis != Axis::step) return {};
  const SpeedupCurve::At& last = curves.front().levels.back();
  const bool experiment = last.speedup.value > 1;
  const Side& ahead = experiment ? sides.experiment : sides.baseline;
  const Progress there = progress(ahead, experiment ? last.experiment : last.baseline);
  if (there.share >= kMidSchedule || constant_rate(ahead)) return {};
  const double factor = experiment ? last.speedup.value : 1 / last.speedup.value;
  return fmt::format(
      "The {} stands at {} after {} of its own schedule{}; {}.", experiment ? "experiment" : "baseline",
      number(last.level), percent(there.share, 2),
      std::isfinite(there.rate) ? fmt::format(", its learning rate at {} of the peak", percent(there.rate, 2)) : "",
      there.share * kFarthest < 1
          ? fmt::format("{}x compares a begin with an end, and says nothing of two complete runs", number(factor, 3))
          : fmt::format("planned to end there it would be there sooner, so {}x is the least that lies between them",
                        number(factor, 3)));
}

}  // namespace expanalyze
