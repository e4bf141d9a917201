// Step 1 of a run, or of the seeds of one recipe, without anything to compare it with: where it ended, whether it has
// levelled off, and what a step takes. To the parts that ask both sides the run stands on both.
#include <fmt/format.h>

#include "review/final_value.hpp"
#include "review/measure.hpp"
#include "review/step_time.hpp"
#include "stats/descriptive.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

/// Seconds per step by the best clock that every run has.
WallClock pace_alone(const Side& side) {
  WallClock out;
  for (const Clock clock : kClocks) {
    std::vector<double> seconds;
    for (const auto& view : side.runs)
      if (const Pace p = pace(view, clock); p.seconds > 0) seconds.push_back(p.seconds);
    if (seconds.size() != side.runs.size()) continue;
    out.source = to_string(clock);
    out.experiment_step_seconds =
        bare(stats::mean(seconds), seconds.size() > 1 ? "mean_of_seeds" : "one_seed", seconds.size());
    break;
  }
  const auto all = totals(side, Axis::wall);
  out.experiment_seconds = all.empty() ? 0 : stats::mean(all);
  return out;
}

std::string headline_alone(const Review& review) {
  for (const RunEnd& end : review.ends)
    if (end.failed) return fmt::format("One side, nothing to compare: a run failed, as {}.", end.failure);
  const FinalQuality& f = review.final_quality;
  return fmt::format("One side, nothing to compare: {} ends at {} at step {}{}.", code_span(review.metric.name),
                     number(f.experiment.value), number(f.at_step),
                     f.experiment.n > 1 ? fmt::format(" in the mean of {} runs", f.experiment.n) : "");
}

}  // namespace

Review review_alone(const RunStore& runs, const Comparison& comparison, const ReviewOptions& options) {
  const Comparison twice{comparison.experiment, comparison.experiment, comparison.controls};
  Sides sides = view_sides(runs, twice, options);
  Review review;
  review.metric = sides.metric;
  for (const auto& view : sides.experiment.runs) {
    review.ends.push_back(view.end);
    review.ends.back().run = review.ends.size() - 1;
  }
  review.config_known = !sides.experiment.runs.front().run->config.empty();
  const FinalWindow window = settle_ends(sides, {});
  const SeedNoise noise = with_window(seed_noise(runs, twice, sides, review.notes), window, sides);
  review.controls_used = noise.control_runs > 0;
  const Budget budget = budget_of(sides.experiment, sides.metric, sides.orientation());
  const Budgets budgets{budget, budget};
  const Sesoi sesoi = smallest_effect(sides, budget.price.kappa, budget.price.kappa);
  for (const Axis axis : kAxes) {
    review.axes.emplace_back().axis = axis;
    for (Estimate* e : {&review.axes.back().baseline, &review.axes.back().experiment, &review.axes.back().difference})
      *e = bare(std::numeric_limits<double>::quiet_NaN(), "no_comparison", 0);
  }
  review.final_quality = final_alone(sides, noise, sesoi);
  review.final_quality.window = window;
  if (auto words = plateau_by_law(sides.experiment, budget, sesoi.value, sides.orientation()); !words.empty())
    review.final_quality.plateau = std::move(words);
  review.forecasts = forecasts(sides, budgets, noise, options.forecast);
  std::erase_if(review.forecasts, [](const Forecast& f) { return f.of_baseline; });
  review.wall = pace_alone(sides.experiment);
  review.overall = Verdict::not_assessable;
  review.headline = headline_alone(review);
  review.sketches = sketches(sides);
  for (Sketch& sketch : review.sketches) sketch.baseline.clear();
  return review;
}

}  // namespace expanalyze
