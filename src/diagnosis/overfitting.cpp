// D-16: the evaluation loss rises while the training loss falls.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnosis/levels.hpp"
#include "diagnosis/weigh.hpp"
#include "stats/descriptive.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr std::size_t kFewest = 4;  ///< evaluations: the least with two behind a minimum that is not the first one

/// Final evaluation loss above its own minimum, in its units; smoothed over three evaluations, and of few the lower of
/// the last two, so that no single one makes a rise.
double rise(const Run& run) {
  const Curve eval = finite(trajectory(run, Role::eval_loss));
  if (eval.size() < kFewest) return std::numeric_limits<double>::quiet_NaN();
  if (eval.size() < 2 * kFewest)
    return std::min(eval.value.back(), eval.value[eval.size() - 2]) -
           *std::min_element(eval.value.begin(), eval.value.end());
  const auto smooth = stats::running_median(eval.value, 3);
  return smooth.back() - *std::min_element(smooth.begin(), smooth.end());
}

double best_step(const Run& run) {
  const Curve eval = finite(trajectory(run, Role::eval_loss));
  if (eval.size() < kFewest) return std::numeric_limits<double>::quiet_NaN();
  return eval
      .step[static_cast<std::size_t>(std::min_element(eval.value.begin(), eval.value.end()) - eval.value.begin())];
}

Place place_of_best(const Run& run) {
  const Series* series = find(run, Role::eval_loss);
  const Curve eval = series ? finite(trajectory(run, *series)) : Curve{};
  if (eval.empty()) return place_of(run, Role::eval_loss);
  return place_at(
      run, *series, eval,
      static_cast<std::size_t>(std::min_element(eval.value.begin(), eval.value.end()) - eval.value.begin()));
}

double gap(const Run& run) { return last_of(run, Role::eval_loss) - last_of(run, Role::train_loss); }

/// Training loss at the end against its median in the middle of the run.
double train_fall(const Run& run) {
  return median_of(run, Role::train_loss, 0.3, 0.5) - last_of(run, Role::train_loss);
}

/// Passes over the training set, from a logged epoch or the config; NaN when unknown.
double epochs(const Run& run) {
  const Curve logged = finite(trajectory(run, Role::epoch));
  if (!logged.empty()) return logged.value.back();
  static constexpr std::string_view kSize[] = {"n_train", "train_size", "dataset_size", "num_train_examples",
                                               "train_samples"};
  const auto size = config_number(run, kSize);
  const Spent seen = spent(run, Axis::tokens);
  return size && *size > 0 && !seen.curve.empty() ? seen.curve.value.back() / *size
                                                  : std::numeric_limits<double>::quiet_NaN();
}

/// Without a rise: training ends below the baseline's and evaluation above it, and the two went apart during the run.
/// So it looks where the few data are exhausted before the first evaluations, and the decay of the learning rate holds
/// the evaluation down. Apart from the start is another distribution.
bool weigh_parting(const Case& c, double threshold, Scored& out) {
  const Levels l = final_levels(c);
  if (!l.complete() || !(l.train_e < l.train_b - l.scale) || !(l.eval_e > l.eval_b + l.scale)) return false;
  const auto early = [](const Run& r) {
    return median_of(r, Role::eval_loss, 0.02, 0.25) - median_of(r, Role::train_loss, 0.02, 0.25);
  };
  const double before = mean_over(c.experiment, early), before_b = mean_over(c.baseline, early);
  const double opened = (l.gap_e() - before) - std::max(0.0, l.gap_b() - before_b);
  if (!(opened > 0.2 * threshold)) return false;
  out.slots["gap_opened"] = opened;
  out.evidence.push_back(
      {fmt::format(
           "training ends {} below the baseline's and evaluation {} above it; they went {} apart during the run",
           number(l.train_b - l.train_e, 3), number(l.eval_e - l.eval_b, 3), number(opened, 3)),
       bare(opened, "levels"),
       kDecisive,
       graded_above(opened, threshold) * graded_above(opened, 0.3 * l.gap_e()),
       'a',
       {place_of(*c.experiment.front(), Role::eval_loss)}});
  return true;
}

Outcome detect(const Case& c) {
  if (logs(c.experiment, Role::eval_loss) && !logs(c.experiment, Role::train_loss))
    return Untestable{{},
                      "a training loss beside the evaluations of the experiment",
                      "log the training loss every step (at most every 10)"};
  if (!logs(c.experiment, Role::eval_loss) || !logs(c.experiment, Role::train_loss))
    return Untestable{{},
                      "a training and an evaluation loss in the experiment",
                      "evaluate on held-out data at least ten times a run"};
  const double up = mean_over(c.experiment, rise);
  const double up_baseline =
      c.alone() ? std::numeric_limits<double>::quiet_NaN() : std::max(0.0, mean_over(c.baseline, rise));
  if (std::isnan(up)) return Untestable{{}, "four evaluations of the experiment", "evaluate at least ten times a run"};
  Scored out;
  const double level = mean_over(c.experiment, [](const Run& r) { return last_of(r, Role::eval_loss); });
  const double excess = up - (std::isnan(up_baseline) ? 0 : up_baseline);
  const double threshold = std::max({c.gap_scale, 0.02 * std::abs(level), c.review.final_quality.sesoi});
  const double when = mean_over(c.experiment, best_step);
  out.slots = {{"best_step", when}, {"rise", up}, {"eval_final", level}};
  if (excess > 0.2 * threshold)
    out.evidence.push_back({fmt::format("the evaluation loss rose by {} after its best value near step {}{}",
                                        number(up, 3), number(when), against_baseline(up_baseline)),
                            over_seeds(c.experiment, rise),
                            kDecisive,
                            graded_above(excess, threshold),
                            'a',
                            {place_of_best(*c.experiment.front()), place_of(*c.experiment.front(), Role::eval_loss)}});
  else if (!weigh_parting(c, threshold, out))
    out.evidence.push_back({fmt::format("the evaluation loss ends within {} of its best value", number(up, 3)),
                            over_seeds(c.experiment, rise),
                            -kStrong,
                            1,
                            0,
                            {place_of(*c.experiment.front(), Role::eval_loss)}});
  const double g = mean_over(c.experiment, gap);
  const double g_b = mean_over(c.baseline, gap);
  const double fell = mean_over(c.experiment, train_fall);
  if (g > 0 && fell > 0)
    out.evidence.push_back(
        {fmt::format("the training loss went on falling (by {}) and ends {} below the evaluation loss{}",
                     number(fell, 3), number(g, 3), against_baseline(g_b)),
         over_seeds(c.experiment, gap),
         kModerate,
         graded_above(g - std::max(0.0, g_b), threshold),
         'a',
         {}});
  if (fell <= 0)
    out.evidence.push_back(
        {fmt::format("the training loss rose as well, by {} since the middle of the run: nothing was learned by heart",
                     number(-fell, 3)),
         over_seeds(c.experiment, train_fall),
         -kDecisive,
         1,
         0,
         {place_of(*c.experiment.front(), Role::train_loss)}});
  if (std::all_of(c.review.ends.begin() + static_cast<std::ptrdiff_t>(c.baseline.size()), c.review.ends.end(),
                  [](const RunEnd& e) { return e.failed; }))
    out.evidence.push_back({"the run failed: what it ended with is no model that was learned by heart",
                            exact(1),
                            -kDecisive,
                            1,
                            0,
                            {place_of(*c.experiment.front(), Role::eval_loss)}});
  const double seen = mean_over(c.experiment, epochs);
  if (std::isnan(seen))
    out.missing_weight += kModerate;
  else if (seen > 4)
    out.evidence.push_back({fmt::format("it passed {} times over its training data", number(seen, 3)),
                            exact(seen),
                            kModerate,
                            graded_above(seen, 8),
                            0,
                            {}});
  else if (seen < 1)
    out.evidence.push_back(
        {fmt::format("it saw less than one epoch ({}): nothing was repeated to be learned by heart", number(seen, 3)),
         exact(seen),
         -kDecisive,
         1,
         0,
         {}});
  const double opened = out.slots.contains("gap_opened") ? out.slots["gap_opened"] : 0;
  out.effect_share = c.gap > 0 ? std::min(1.0, std::max(excess, opened) / c.gap) : 0;
  weigh_outcome(c, out);
  out.looked_at =
      fmt::format("rise of the evaluation loss above its minimum {}{}", number(up, 3), against_baseline(up_baseline));
  out.soul = opened > 0
                 ? fmt::format(
                       "It learned the training set, not the task: training ended better than the baseline's, {} "
                       "{} worse.",
                       code_span(place_of(*c.experiment.front(), Role::eval_loss).series), number(c.gap, 3))
                 : fmt::format(
                       "It learned the training set, not the task: the best model was near step {}, what came after "
                       "cost {} of {}.",
                       number(when), number(up, 3), code_span(place_of(*c.experiment.front(), Role::eval_loss).series));
  return out;
}

}  // namespace

constinit const Detector overfitting{.id = "overfitting", .prior = kCommon, .detect = detect, .alone = true, .doc = R"(
## What it looks for
An evaluation loss that rises from its minimum by more than the noise of seeds while the training loss goes on falling, more than in the
baseline, over repeated data.
## Why it matters
The best model was thrown away; more steps make it worse.
## False alarms and misses
Dropout, augmentation and label smoothing shift the gap by a constant. An evaluation that is wrong from the first step is
`distribution_shift` or `eval_bug_or_leak`.
## Reference
Science handbook D-16, E13.
)"};

}  // namespace expanalyze
