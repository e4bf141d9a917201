// D-34: the ruler moved, not the model.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnosis/final_numbers.hpp"
#include "diagnosis/levels.hpp"
#include "diagnosis/weigh.hpp"
#include "stats/descriptive.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

/// What the evaluation logs: its loss, else its first metric.
Role ruler(const Run& run) { return find(run, Role::eval_loss) ? Role::eval_loss : Role::eval_metric; }

/// Every evaluation has the same finite value although the training loss moved.
bool frozen(const Run& run) {
  const Curve eval = finite(trajectory(run, ruler(run)));
  const Curve train = finite(trajectory(run, Role::train_loss));
  if (eval.size() < 3 || train.size() < 4) return false;
  const auto differs = [](const Curve& c) {
    return std::any_of(c.value.begin(), c.value.end(), [&](double v) { return v != c.value.front(); });
  };
  return !differs(eval) && differs(train);
}

/// The last evaluations are not numbers while the training loss is.
bool lost(const Run& run) {
  const Curve eval = trajectory(run, Role::eval_loss);
  const Curve train = trajectory(run, Role::train_loss);
  return !eval.empty() && !train.empty() && !std::isfinite(eval.value.back()) && std::isfinite(train.value.back()) &&
         train.step.back() > 0.9 * eval.step.back();  // a training loss of long before proves nothing
}

bool each(const Runs& runs, bool (*holds)(const Run&)) {
  return std::all_of(runs.begin(), runs.end(), [&](const Run* run) { return holds(*run); });
}

/// The share of the baseline's gap that vanished without a change of the training loss. 0: training changed as well.
void weigh_gap(const Case& c, const Levels& l, Scored& out) {
  const double trained = std::abs(l.train_e - l.train_b);
  const double fell = l.eval_b - l.eval_e;
  if (!(fell > l.scale)) return;
  // An honest gain at one training loss closes a part of the gap; less than a fifth left has no honest example in the
  // labelled runs.
  const double left = std::max(0.0, l.gap_e()) / l.gap_b();
  const double same_training = graded_above(fell / std::max(trained, 1e-12), 5);
  out.effect_share = std::min(1.0, fell / std::max(std::abs(c.gap), 1e-12));
  out.evidence.push_back(
      {fmt::format("the evaluation loss fell by {} against the baseline's, the training loss differs by only {}",
                   number(fell, 3), number(trained, 3)),
       bare(fell, "levels"),
       kStrong,
       std::min(same_training, graded_above(fell, 2 * l.scale)),
       0,
       {place_of(*c.experiment.front(), Role::eval_loss)}});
  if (l.gap_b() > 2 * l.scale)
    out.evidence.push_back(
        {fmt::format(
             "evaluation lies {} from training where the baseline's lies {}: unseen data are predicted as well as "
             "those it was fitted to",
             signed_number(l.gap_e(), 3), signed_number(l.gap_b(), 3)),
         bare(l.gap_e(), "levels"),
         kDecisive,
         std::min(same_training, graded_below(left, 0.2)),
         0,
         {}});
}

/// Near-perfect prediction of data that a sound baseline could not predict: the answer is in the input (a lost mask, a
/// target column).
void weigh_impossible(const Case& c, const Levels& l, Scored& out) {
  // The middle seed: a leak that one run of three fails to use is a leak.
  const auto kept = [](const Runs& runs) {
    std::vector<double> shares;
    for (const Run* run : runs)
      if (const double share = last_of(*run, Role::eval_loss) / first_of(*run, Role::eval_loss); std::isfinite(share))
        shares.push_back(share);
    return stats::median(shares);
  };
  const double kept_e = kept(c.experiment), kept_b = kept(c.baseline);
  // What a sound baseline leaves is mostly not to be learned. On trained runs honest repairs of broken baselines won up
  // to half of the baseline's own fall on top, lost masks 0.4 to 1.3 of it.
  const double extra = (kept_b - kept_e) / (1 - kept_b);
  const bool beyond = kept_b < 0.65 && extra > 0.7;
  if (!(kept_b > 0.3) || !(kept_b < 0.8) || !(kept_e < 0.1 || beyond)) return;
  out.effect_share = 1;
  out.evidence.push_back(
      {fmt::format(
           "its evaluation loss fell to {} of its first value, the baseline's to {}: the answer may stand in the input",
           percent(kept_e, 2), percent(kept_b, 2)),
       bare(kept_e, "levels"),
       kDecisive,
       std::max(graded_below(kept_e, 0.05), beyond ? graded_above(extra, 1) : 0),
       0,
       {place_of(*c.experiment.front(), Role::eval_loss)}});
  if (std::abs(l.gap_e()) < std::max(l.scale, 0.1 * std::abs(l.eval_b - l.eval_e)))
    out.evidence.push_back(
        {"training and evaluation fell together, so not the evaluation set but the task gives it away",
         bare(l.gap_e(), "levels"),
         kModerate,
         1,
         0,
         {}});
}

/// Training loss carries the noise of a regulariser, evaluation does not; where evaluation loses that advantage and the
/// training loss is unchanged, the model was evaluated as it is trained.
void weigh_training_mode(const Case& c, const Levels& l, Scored& out) {
  const TrainingMode mode = training_mode(c, l);
  if (!(mode.strength > 0.05)) return;
  out.effect_share = 1;
  out.evidence.push_back(
      {fmt::format(
           "evaluation minus training loss is {} in the first quarter of the baseline and {} in the experiment's, "
           "whose training loss is the same: evaluated as it is trained, its regulariser left on",
           signed_number(-mode.advantage_b, 3), signed_number(-mode.advantage_e, 3)),
       bare(mode.advantage_e, "medians"),
       kDecisive + kStrong,
       mode.strength,
       0,
       {place_of(*c.experiment.front(), Role::eval_loss)}});
}

Outcome detect(const Case& c) {
  const Levels l = final_levels(c);
  const bool lost_evaluation = each(c.experiment, lost) && (c.alone() || !each(c.baseline, lost));
  const bool both = logs(c.experiment, Role::train_loss) &&
                    (logs(c.experiment, Role::eval_loss) || logs(c.experiment, Role::eval_metric));
  if (c.alone() ? !both : !l.complete() && !lost_evaluation)
    return Untestable{
        {},
        c.alone() ? "a training and an evaluation loss" : "a training and an evaluation loss on both sides",
        logs(c.experiment, Role::eval_loss) && !logs(c.experiment, Role::train_loss)
            ? "log the training loss every step (at most every 10)"
            : "evaluate on held-out data at least ten times a run"};
  Scored out;
  out.slots = {{"gap", l.gap_e()}, {"gap_baseline", l.gap_b()}};
  out.looked_at = l.complete() ? fmt::format("gap of evaluation to training loss {}{}", signed_number(l.gap_e(), 3),
                                             against_baseline(l.gap_b()))
                               : "evaluation losses that are not numbers, or never move";
  if (lost_evaluation)
    out.evidence.push_back({"the evaluation loss is not a number while the training loss is",
                            exact(1),
                            kDecisive + kModerate,
                            1,
                            0,
                            {place_of(*c.experiment.front(), Role::eval_loss)}});
  const bool still = each(c.experiment, frozen);
  if (still) {
    const Run& run = *c.experiment.front();
    const Curve eval = finite(trajectory(run, ruler(run))), train = finite(trajectory(run, Role::train_loss));
    const Place where = place_of(run, ruler(run));
    out.evidence.push_back({fmt::format("each of {} evaluations gave {} {} while the training loss went from {} to {}",
                                        eval.size(), code_span(where.series), number(eval.value.front()),
                                        number(train.value.front(), 3), number(train.value.back(), 3)),
                            exact(eval.value.front(), eval.size()),
                            kDecisive + kModerate,
                            1,
                            0,
                            {where}});
    out.soul = fmt::format(
        "The ruler never moved: {} is {} at every evaluation while the training loss goes from {} to {}. What is "
        "learned does not reach what is measured.",
        code_span(where.series), number(eval.value.front()), number(train.value.front(), 3),
        number(train.value.back(), 3));
  }
  weigh_final_numbers(c, out);
  if (!out.evidence.empty()) out.effect_share = 1;
  if (l.complete()) {
    weigh_gap(c, l, out);
    weigh_impossible(c, l, out);
    weigh_training_mode(c, l, out);
  }
  if (const ConfigDifference* d = changed_token(c, regulariser_words()); d && raised(*d))
    out.evidence.push_back(
        {fmt::format("{}: regularisation may close a gap honestly", say_change(*d)), exact(1), -kModerate, 1, 0, {}});
  if (!out.soul.empty()) return out;
  out.soul = "The ruler moved, not the model";
  if (l.complete())
    out.soul += fmt::format(": the evaluation loss is {} against {} while the training loss is {} against {}",
                            number(l.eval_e), number(l.eval_b), number(l.train_e), number(l.train_b));
  out.soul += ". Check what the evaluation reads before believing the difference.";
  return out;
}

}  // namespace

constinit const Detector eval_bug_or_leak{
    .id = "eval_bug_or_leak", .prior = kRare, .detect = detect, .alone = true, .doc = R"(
## What it looks for
An evaluation far better than the baseline's on the same training curve; a gap between evaluation and training that vanishes where the baseline
has one; an evaluation that never changes or is not a number; an evaluation loss near zero where a sound baseline keeps a third of its first
value, or adds more than the baseline's whole fall to it; an evaluation that, from the first ones on, has lost the advantage over a regularised
training loss that the baseline's has. Numbers that stand once behind a curve (after quantisation, under another evaluation, after test-time training): one that is more than
5 % worse than the end of its curve, or that differs between the sides by five noise floors more than the curves do.
## Why it matters
A gain that is measured wrongly costs more than one that is missing.
## False alarms and misses
Regularisers, moving averages of weights and more data close a gap honestly, and change the training loss when they do. A slight leak is no
larger than the noise.
## Reference
Science handbook D-34.
)"};

}  // namespace expanalyze
