// How a run ended: its last value, and whether that is a result at all (science handbook A7).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "review/sides.hpp"
#include "stats/descriptive.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

// A run whose loss ends above 1.5 times the untrained loss has diverged (A7).
constexpr double kDiverged = 1.5;
// A run that keeps less than a tenth of the baseline's progress has not trained. Half-trained runs of the labelled set
// keep more than a third, runs stuck at chance less than a tenth.
constexpr double kTrained = 0.1;

bool better(double a, double b, Direction direction) { return direction == Direction::min ? a < b : a > b; }

/// The best first value of all runs: what the task gives before training. A run that starts far worse than that
/// (a bad initialisation) must not make its own end look good.
double untrained(const Sides& sides) {
  double best = std::numeric_limits<double>::quiet_NaN();
  for (const Side* side : {&sides.baseline, &sides.experiment})
    for (const auto& view : side->runs)
      if (std::isfinite(view.end.first_value) &&
          (std::isnan(best) || better(view.end.first_value, best, sides.metric.direction)))
        best = view.end.first_value;
  return best;
}

double baseline_final(const Side& side) {
  std::vector<double> finals;
  for (const auto& view : side.runs)
    if (std::isfinite(view.end.final_value)) finals.push_back(view.end.final_value);
  return stats::mean(finals);
}

/// Accuracy that ends where it began, while the baseline's did not.
std::optional<std::string> stuck_at_chance(const Sides& sides, const RunView& view) {
  double chance = 0;
  double reached = 0;
  const Series* own = find(*view.run, Role::eval_metric);
  if (!own || known_direction(own->logged_as) != Direction::max) return std::nullopt;
  const Metric accuracy{own->logged_as, Direction::max, Role::eval_metric, {}};
  for (const Side* side : {&sides.baseline, &sides.experiment})
    for (const auto& other : side->runs) {
      const Series* series = metric_series(*other.run, accuracy);
      if (!series) return std::nullopt;
      const Curve curve = finite(trajectory(*other.run, *series));
      if (curve.empty()) return std::nullopt;
      chance = std::max(chance, curve.value.front());
      if (side == &sides.baseline) reached = std::max(reached, curve.value.back());
    }
  const Curve curve = finite(trajectory(*view.run, *own));
  if (curve.value.back() > chance || !(reached > 2 * chance)) return std::nullopt;
  return fmt::format("{} ends at {}, no better than an untrained network ({}), while the baseline reaches {}",
                     code_span(own->logged_as), number(curve.value.back()), number(chance), number(reached));
}

void judge(const Sides& sides, RunView& view, double start, double target) {
  RunEnd& end = view.end;
  if (end.failed || !std::isfinite(start)) return;
  const double progress = (start - end.final_value) / (start - target);
  if (sides.metric.direction == Direction::min && start > 0 && end.final_value > kDiverged * start &&
      end.final_value > end.first_value) {
    end.failed = true;
    end.failure = fmt::format("it ended at {}, above {} times the untrained {}", number(end.final_value),
                              number(kDiverged), number(start));
  } else if (!std::isfinite(target)) {
    return;  // nothing to have kept pace with
  } else if (better(target, start, sides.metric.direction) && progress < kTrained) {
    end.failed = true;
    end.failure = fmt::format("it ended at {} and kept {} of the baseline's progress from {} to {}",
                              number(end.final_value), percent(progress), number(start), number(target));
  } else if (const auto stuck = stuck_at_chance(sides, view)) {
    end.failed = true;
    end.failure = *stuck;
  }
}

}  // namespace

RunEnd run_end(RunId id, const Run& run, const Curve& metric, Direction direction) {
  RunEnd end;
  end.run = id;
  end.last_step = last_step(run);
  end.planned_steps = planned_steps(run);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  end.first_value = end.final_value = end.best_value = end.best_step = nan;
  if (metric.empty()) return end;
  end.first_value = metric.value.front();
  end.final_value = metric.value.back();
  for (std::size_t i = 0; i < metric.size(); ++i) {
    const double v = metric.value[i];
    if (!std::isfinite(v)) continue;
    if (std::isnan(end.best_value) || better(v, end.best_value, direction)) {
      end.best_value = v;
      end.best_step = metric.step[i];
    }
  }
  for (const Role role : {Role::train_loss, Role::eval_loss}) {
    const Series* series = find(run, role);
    if (!series || stats::all_finite(series->value)) continue;
    const Curve curve = trajectory(run, *series);
    for (std::size_t i = 0; i < curve.size(); ++i)
      if (!std::isfinite(curve.value[i])) {
        if (!end.first_non_finite || curve.step[i] < end.first_non_finite->step)
          end.first_non_finite = Place{run.label, series->logged_as, curve.line[i], curve.step[i]};
        break;
      }
  }
  // A log that states its own failure is believed.
  for (const Note& note : run.notes)
    if (note.code == "run.aborted") {
      end.failed = true;
      end.failure = note.text;
    }
  if (!std::isfinite(end.final_value)) {
    end.failed = true;
    end.failure = fmt::format("its last value is {}", number(end.final_value));
    if (end.first_non_finite)
      end.failure += fmt::format("; {} was not finite from step {} on", code_span(end.first_non_finite->series),
                                 number(end.first_non_finite->step));
  }
  return end;
}

void judge_failures(Sides& sides) {
  const double start = untrained(sides);
  // A side that stands on both sides (review/alone) is no measure of itself.
  const bool alone = !sides.baseline.runs.empty() && !sides.experiment.runs.empty() &&
                     sides.baseline.runs.front().run == sides.experiment.runs.front().run;
  const double target = alone ? std::numeric_limits<double>::quiet_NaN() : baseline_final(sides.baseline);
  for (auto& view : sides.baseline.runs) judge(sides, view, start, target);
  for (auto& view : sides.experiment.runs) judge(sides, view, start, target);
}

}  // namespace expanalyze
