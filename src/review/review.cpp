// Step 1 on one page: view the sides, measure each part, then the verdict.
#include "expanalyze/review.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "review/final_value.hpp"
#include "review/measure.hpp"
#include "stats/descriptive.hpp"
#include "stats/distributions.hpp"
#include "text/format.hpp"

namespace expanalyze {

RunView view_run(const RunStore& runs, RunId id, const Metric& metric, const RunView* other) {
  RunView view;
  view.id = id;
  view.run = &runs.runs[id];
  view.metric = trajectory(*view.run, *metric_series(*view.run, metric));
  view.curves = other != nullptr ? other->curves : std::make_shared<const RunCurves>(*view.run);
  view.end = run_end(id, *view.run, view.metric, metric.direction);
  view.batches = from_batches(metric);
  view.tail = final_value(view);
  return view;
}

namespace {

/// Decides on FLOPs where both counted them and neither reading is doubtful, else on steps; a failed run has failed on
/// every axis.
Axis primary_axis(const Review& review) {
  for (const Axis axis : {Axis::flops, Axis::tokens}) {
    const AxisVerdict& verdict = on(review, axis);
    if (verdict.verdict != Verdict::not_assessable && std::abs(std::log(verdict.ratio)) <= 0.01) return axis;
  }
  return Axis::step;
}

void add_modifiers(Review& review) {
  const auto worse = [](const AxisVerdict& v) { return v.verdict != Verdict::not_assessable && v.ratio > 1.02; };
  // Slower steps that still win at equal time are no "but" (B7).
  const auto won = [&](Axis axis) { return on(review, axis).verdict == Verdict::improved; };
  if (std::isfinite(review.wall.ratio.low) && review.wall.ratio.low > 1.02 && !won(Axis::wall))
    review.modifiers.emplace_back("but_slower");
  if (worse(on(review, Axis::flops)) && !won(Axis::flops)) review.modifiers.emplace_back("but_costlier");
  if (review.convergence.early == Convergence::Early::faster && review.overall != Verdict::improved)
    review.modifiers.emplace_back("early_only");
  const auto changed =
      std::count_if(review.config_diff.begin(), review.config_diff.end(),
                    [](const ConfigDifference& d) { return d.cls == ConfigDifference::Class::consequential; });
  if (changed > 1) review.modifiers.emplace_back("confounded");
}

std::string headline(const Review& review, const Sides& sides) {
  const AxisVerdict& primary = on(review, review.primary_axis);
  const std::string where = review.primary_axis == Axis::step    ? "steps"
                            : review.primary_axis == Axis::flops ? "FLOPs"
                                                                 : "tokens";
  const std::string metric = code_span(sides.metric.name);
  switch (review.overall) {
    case Verdict::failed:
      return fmt::format("Failed: {}.", primary.why);
    case Verdict::improved:
    case Verdict::regressed: {
      // In mid-schedule the reading is no measure of the effect; the plan for the same budget is (B6.1).
      const bool planned = primary.planned == review.overall;
      const Estimate& d = planned ? primary.planned_difference : primary.difference;
      return fmt::format("{} at equal {}: {} is {}{} {} than the baseline's{} (95 % interval of the difference {}){}.",
                         review.overall == Verdict::improved ? "Improved" : "Regressed", where, metric,
                         number(std::abs(d.value), 3), percent_clause(std::abs(d.value / primary.baseline.value)),
                         d.value < 0 ? "lower" : "higher", planned ? ", had both been planned to end there" : "",
                         interval(d.low, d.high, 3),
                         planned ? "; as read off the curves it is " + signed_number(primary.difference.value, 3) : "");
    }
    case Verdict::neutral:
      return review.pairing.identical
                 ? fmt::format("Neutral at equal {}: the two sides logged the same numbers.", where)
                 : fmt::format("Neutral at equal {}: {} differs by {}, within ±{} at 90 %{}.", where, metric,
                               signed_number(primary.difference.value, 3), number(review.final_quality.sesoi, 2),
                               primary.difference.low > 0 || primary.difference.high < 0
                                   ? fmt::format(": a real difference (95 % interval {}), but a negligible one",
                                                 interval(primary.difference.low, primary.difference.high, 3))
                                   : "");
    case Verdict::inconclusive:
      if (primary.planned == Verdict::inconclusive && std::isfinite(primary.planned_difference.value))
        return fmt::format(
            "Not resolved at equal {}: {} differs by {} had both been planned to end there (95 % interval {}).", where,
            metric, signed_number(primary.planned_difference.value, 3),
            interval(primary.planned_difference.low, primary.planned_difference.high, 3));
      return fmt::format(
          "Not resolved at equal {}: {} differs by {} (95 % interval {}){}.", where, metric,
          signed_number(primary.difference.value, 3),
          interval(primary.difference.low, primary.difference.high, 3).empty()
              ? "unknown"
              : interval(primary.difference.low, primary.difference.high, 3),
          review.final_quality.seeds_needed > 0
              ? fmt::format("; {} more seed{} per arm would settle it", review.final_quality.seeds_needed,
                            review.final_quality.seeds_needed == 1 ? "" : "s")
          : review.final_quality.not_worth_chasing ? "; an effect so small is not worth chasing"
                                                   : "");
    case Verdict::not_assessable:
      return "Not assessable: the sides have no common point of " + metric + ".";
  }
  return {};
}

/// Ahead early on and behind at the end, or the other way round, each beyond doubt.
bool lead_changed(const Review& review) {
  const Verdict end = on(review, Axis::step).verdict;
  return (review.convergence.early == Convergence::Early::faster && end == Verdict::regressed) ||
         (review.convergence.early == Convergence::Early::slower && end == Verdict::improved);
}

/// The runs of one side are taken for seeds of one recipe; where their settings differ that is said.
void note_mixed_configs(const RunStore& runs, const Comparison& comparison, std::vector<Note>& notes) {
  for (const auto* side : {&comparison.baseline, &comparison.experiment}) {
    const Run& first = runs.runs[side->front()];
    for (const RunId id : *side)
      for (const auto& d : config_difference(first, runs.runs[id]))
        if (d.cls != ConfigDifference::Class::benign) {
          notes.push_back({"seeds.config_differs",
                           fmt::format("{} differs between {} and {}, which are taken for seeds of one recipe",
                                       code_span(d.key), code_span(first.label), code_span(runs.runs[id].label)),
                           {runs.runs[id].label, {}, 0},
                           1});
          break;
        }
  }
}

}  // namespace

std::vector<const RunView*> Side::standing() const {
  std::vector<const RunView*> out;
  const bool all_failed = std::all_of(runs.begin(), runs.end(), [](const RunView& v) { return v.end.failed; });
  for (const RunView& view : runs)
    if (!view.end.failed || all_failed) out.push_back(&view);
  return out;
}

double Side::last_metric_step() const {
  std::vector<double> last;
  for (const RunView* view : standing())
    if (const Curve& curve = view->known(); !curve.empty()) last.push_back(curve.step.back());
  return last.empty() ? 0 : stats::median(last);
}

double plan_share(const Side& side, double x) {
  std::vector<double> plan;
  for (const auto& view : side.runs) plan.push_back(std::max(view.end.planned_steps, view.end.last_step));
  const double planned = stats::median(plan);
  return planned > 0 ? x / planned : 1;
}

std::string seed_of(const Run& run) {
  static constexpr std::string_view kSeed[] = {"seed", "random_seed", "rng_seed", "train_seed"};
  const auto at = run.config.find(config_key(run, kSeed));
  return at == run.config.end() ? std::string{} : to_text(at->second);
}

Sides view_sides(const RunStore& runs, const Comparison& comparison, const ReviewOptions& options) {
  Sides sides;
  sides.metric = choose_metric(runs, comparison, options);
  for (const RunId id : comparison.baseline) sides.baseline.runs.push_back(view_run(runs, id, sides.metric));
  for (const RunId id : comparison.experiment) sides.experiment.runs.push_back(view_run(runs, id, sides.metric));
  judge_failures(sides);
  return sides;
}

Review review_runs(const RunStore& runs, const Comparison& comparison, const ReviewOptions& options) {
  Sides sides = view_sides(runs, comparison, options);
  const Run& first_baseline = runs.runs[comparison.baseline.front()];
  const Run& first_experiment = runs.runs[comparison.experiment.front()];

  Review review;
  review.pairing = pair_by_data_order(sides);
  const FinalWindow window = settle_ends(sides, review.pairing);
  const SeedNoise noise = with_window(seed_noise(runs, comparison, sides, review.notes), window, sides);
  review.controls_used = noise.control_runs > 0;
  review.metric = sides.metric;
  for (const Side* side : {&sides.baseline, &sides.experiment})
    for (const auto& view : side->runs) {
      review.ends.push_back(view.end);
      review.ends.back().run = review.ends.size() - 1;
    }
  review.config_known = !first_baseline.config.empty() && !first_experiment.config.empty();
  if (review.config_known) review.config_diff = config_difference(first_baseline, first_experiment);
  note_mixed_configs(runs, comparison, review.notes);
  const Budgets budgets{budget_of(sides.baseline, sides.metric, sides.orientation()),
                        budget_of(sides.experiment, sides.metric, sides.orientation())};
  const Sesoi sesoi = smallest_effect(sides, budgets.baseline.price.kappa, budgets.experiment.price.kappa);
  review.axes = judge_axes(sides, budgets, noise, sesoi.value, review.pairing);
  review.final_quality = final_quality(sides, noise, sesoi, review.pairing, on(review, Axis::step).verdict);
  review.final_quality.window = window;
  review.convergence = convergence(sides, noise, review.pairing);
  review.compute = compute(sides, review.final_quality, budgets.baseline.price, noise);
  if (auto words = plateau_by_law(sides.experiment, budgets.experiment, sesoi.value, sides.orientation());
      !words.empty())
    review.final_quality.plateau = std::move(words);
  review.forecasts = forecasts(sides, budgets, noise, options.forecast);
  review.crossing = crossing(sides, budgets, noise);
  if (const double at = review.crossing.observed_step; at > 0 && lead_changed(review))
    review.crossing.why += fmt::format("{}The mean curves cross for good at step {}: the early lead did not last.",
                                       review.crossing.why.empty() ? "" : " ", number(at));
  review.wall = wall_clock(sides, review.final_quality, budgets.baseline.price);
  review.primary_axis = primary_axis(review);
  review.overall = on(review, review.primary_axis).verdict;
  add_modifiers(review);
  review.headline = headline(review, sides);
  if (review.overall == Verdict::neutral || review.overall == Verdict::inconclusive)
    if (const std::string system = system_only(review.wall, review.final_quality); !system.empty())
      review.headline += " " + system;
  review.sketches = sketches(sides);
  review.secondary = secondary_results(runs, comparison, sides, review.pairing, review.notes);
  return review;
}

const AxisVerdict& on(const Review& review, Axis axis) { return review.axes[static_cast<std::size_t>(axis)]; }

std::string_view to_string(Direction direction) { return direction == Direction::min ? "min" : "max"; }

std::string_view to_string(Axis axis) {
  static constexpr std::array<std::string_view, 4> names{"step", "tokens", "wall", "flops"};
  return names[static_cast<std::size_t>(axis)];
}

std::string_view to_string(Verdict verdict) {
  static constexpr std::array<std::string_view, 6> names{"improved", "neutral",      "regressed",
                                                         "failed",   "inconclusive", "not_assessable"};
  return names[static_cast<std::size_t>(verdict)];
}

std::string_view to_string(ConfigDifference::Class cls) {
  static constexpr std::array<std::string_view, 3> names{"declared", "consequential", "benign"};
  return names[static_cast<std::size_t>(cls)];
}

std::string_view to_string(SeedSdSource source) {
  static constexpr std::array<std::string_view, 4> names{"observed", "prior", "controls", "none"};
  return names[static_cast<std::size_t>(source)];
}

}  // namespace expanalyze
