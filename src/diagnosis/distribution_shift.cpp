// D-35: training went as in the baseline, but the exam was another one.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnosis/levels.hpp"
#include "diagnosis/weigh.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

/// Mean of the evaluations between two shares of the run, without the one of the untrained model.
double early_eval(const Run& run, double from, double to) { return median_of(run, Role::eval_loss, from, to); }

struct Onset {
  double eval = 0, train = 0;  ///< experiment minus baseline in the first quarter of the run
};

Onset onset(const Case& c) {
  const auto part = [&](const Runs& runs, Role role) {
    return mean_over(runs, [&](const Run& run) {
      return role == Role::eval_loss ? early_eval(run, 0.02, 0.25) : median_of(run, role, 0.02, 0.25);
    });
  };
  return {part(c.experiment, Role::eval_loss) - part(c.baseline, Role::eval_loss),
          part(c.experiment, Role::train_loss) - part(c.baseline, Role::train_loss)};
}

Outcome detect(const Case& c) {
  const Levels l = final_levels(c);
  if (!l.complete())
    return Untestable{
        {}, "a training and an evaluation loss on both sides", "evaluate on held-out data at least ten times a run"};
  Scored out;
  const double suffered = l.eval_e - l.eval_b;
  const double trained = l.train_e - l.train_b;
  const double apart = suffered - std::abs(trained);
  out.slots = {{"gap", l.gap_e()}, {"gap_baseline", l.gap_b()}, {"eval_excess", suffered}};
  out.looked_at = fmt::format("evaluation {} from the baseline's, training {}", signed_number(suffered, 3),
                              signed_number(trained, 3));
  const Place where = place_of(*c.experiment.front(), Role::eval_loss);
  if (!(apart > l.scale)) {
    out.evidence.push_back(
        {fmt::format("{}: they moved together", out.looked_at), bare(apart, "levels"), -kStrong, 1, 0, {where}});
    return out;
  }
  // Where the baseline overfits, its evaluation loss moves by a share of its own gap from seed to seed.
  const double beyond = std::max({2 * l.scale, 0.5 * l.gap_b(), 0.0});
  const double ratio = suffered / std::max(std::abs(trained), 1e-12);
  const double same_training = graded_above(ratio, 5);
  out.evidence.push_back({fmt::format("the evaluation loss ends {} above the baseline's, the training loss within {}",
                                      number(suffered, 3), number(std::abs(trained), 3)),
                          bare(suffered, "levels"),
                          kStrong,
                          std::min(same_training, graded_above(apart, beyond)),
                          0,
                          {where}});
  const Onset early = onset(c);
  if (std::isnan(early.eval) || std::isnan(early.train)) {
    out.missing_weight += kStrong;
  } else if (early.eval > 0.25 * suffered && early.eval > l.scale) {
    // Before a quarter of the run nothing could be learned by heart yet: that is what separates this card from
    // overfitting.
    out.evidence.push_back(
        {fmt::format("{} of it was there in the first quarter of the run, with the training losses {} apart",
                     number(early.eval, 3), number(std::abs(early.train), 3)),
         bare(early.eval, "medians"),
         kStrong,
         graded_above(early.eval / std::max(std::abs(early.train), 1e-12), 3),
         0,
         {where}});
  } else {
    out.evidence.push_back(
        {fmt::format("in the first quarter of the run the evaluations were only {} apart: it grew with training",
                     number(std::abs(early.eval), 3)),
         bare(early.eval, "medians"),
         -kStrong,
         1,
         0,
         {where}});
  }
  if (const TrainingMode mode = training_mode(c, l); mode.strength > 0.05)
    out.evidence.push_back({"evaluation lost just the advantage that the baseline's has over its regularised training",
                            bare(mode.advantage_e, "medians"),
                            -kStrong,
                            mode.strength,
                            0,
                            {where}});
  out.effect_share = c.gap > 0 ? 1 : 0;
  weigh_outcome(c, out);
  out.soul = fmt::format(
      "The exam changed, not the study: training ended at {} against {}, evaluation at {} against {}, and it was so "
      "from the "
      "first evaluations on.",
      number(l.train_e), number(l.train_b), number(l.eval_e), number(l.eval_b));
  return out;
}

}  // namespace

constinit const Detector distribution_shift{.id = "distribution_shift", .prior = kRare, .detect = detect, .doc = R"(
## What it looks for
A training loss as in the baseline with an evaluation loss far above it, from the first quarter of the run on.
## Why it matters
The model learned what it was shown; it was shown, or asked, something else. No setting of the optimizer repairs that.
## False alarms and misses
Overfitting grows with training and starts from the baseline's evaluations. An evaluation that runs the model in the wrong mode looks the
same. A shift that also changes the training loss is not seen here.
## Reference
Science handbook D-35.
)"};

}  // namespace expanalyze
