// R-seeds: the difference is not resolved.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "recipe/propose.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

std::optional<Path> propose_seeds(const Situation& s) {
  const auto n = s.review.final_quality.seeds_needed;
  const FinalQuality& f = s.review.final_quality;
  const bool chase = !f.not_worth_chasing;
  if (n == 0 && chase) return std::nullopt;
  Path path =
      start_path(s, more_seeds,
                 chase ? fmt::format("run {} more seed{} per arm", n, n == 1 ? "" : "s")
                       : std::string("drop the change: the effect, if any, is below what is worth chasing"),
                 fmt::format("n = 2 (t_.975 + t_.8)^2 sd^2 / difference^2 to show the difference of {}, n = 2 (t_.95 + "
                             "t_.9)^2 sd^2 / margin^2 to show that it is below {}, whichever is less, with sd = {} and "
                             "the t of the degrees of freedom that n seeds and the prior give (80 % power)",
                             number(std::abs(f.difference.value), 2), number(f.sesoi, 2), number(f.seed_sd, 2)),
                 0);
  path.flops_ratio = path.wall_ratio = chase ? 2.0 * static_cast<double>(n) : 0;
  path.kill.condition = chase ? fmt::format("the 95 % interval of the difference still holds 0 after {} seeds", n)
                              : std::string("the 95 % interval of the difference excludes 0");
  path.kill.step = f.at_step;
  path.steps = {"same configs, new seeds, the same seeds on both sides",
                "stop as soon as the interval excludes zero or lies within the margin",
                "do not stop because it looks good half-way"};
  path.risk = "a small real effect stays unresolved";
  return path;
}

std::optional<Path> propose_paired(const Situation& s) {
  if (s.review.pairing.paired) return std::nullopt;
  Path path = start_path(s, paired_design, "give both sides the same data order and the same initial weights",
                         fmt::format("{}; with common batches the batch noise cancels in the difference of the "
                                     "training curves (handbook B1.2: 300 to 900 times less "
                                     "variance)",
                                     s.review.pairing.why),
                         0);
  path.steps = {"fix the seed of the sampler and of the initialisation on both sides",
                "log the training loss every step", "compare the paired difference"};
  path.risk = "pairing removes the noise of batches, not of seeds";
  return path;
}

std::optional<Path> propose_evaluation(const Situation& s) {
  const RunEnd& end = s.review.ends.front();
  Path path =
      start_path(s, larger_evaluation,
                 fmt::format("evaluate {} on more data, and more often near the end", code_span(s.review.metric.name)),
                 fmt::format("the last evaluation decides, and it is one number ({} for the first baseline run); the "
                             "mean of the last five on a fixed, larger "
                             "set has less noise of its own",
                             number(end.final_value)),
                 0);
  path.steps = {"double the evaluation set, the same on both sides", "evaluate five times in the last 5 % of the steps",
                "compare the means"};
  path.risk = "does nothing against the luck of a seed";
  return path;
}

}  // namespace

constinit const Move more_seeds{"more_seeds", "seed_noise_only", PathKind::hyperparameter, propose_seeds,
                                "As many seeds as the observed effect needs. Science handbook R-seeds, B4.6."};
constinit const Move paired_design{"paired_design", "seed_noise_only", PathKind::mathematical, propose_paired,
                                   "Takes the noise of batches out of the comparison. Science handbook B1.2."};
constinit const Move larger_evaluation{"larger_evaluation", "seed_noise_only", PathKind::architectural,
                                       propose_evaluation,
                                       "Takes the noise of the evaluation out of it. Science handbook R-seeds."};

}  // namespace expanalyze
