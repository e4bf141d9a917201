// R-fast and R-scope: better per step, not per second or FLOP.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "recipe/propose.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr std::string_view kBatch[] = {"batch_size", "global_batch_size", "train_batch_size",
                                       "per_device_train_batch_size"};

/// What a run of the experiment costs against one of the baseline: FLOPs where they were compared, else time.
double cost(const Situation& s) {
  const double ratio = slot(s, "cost_ratio");
  return std::isfinite(ratio) ? ratio : s.review.wall.ratio.value;
}

/// Every k-th step with k = 2 (r − 1) / (r* − 1): the overhead falls to half of what the gain pays for (F2).
std::optional<Path> propose_less_often(const Situation& s) {
  const double r = cost(s);
  const auto own = config_number(experiment(s), kBatch);
  const auto base = config_number(baseline(s), kBatch);
  if (own && base && *own > *base) {
    const double to = std::round(std::sqrt(*own * *base));
    Path path =
        start_path(s, mechanism_less_often, fmt::format("take a batch of {} instead of {}", number(to), number(*own)),
                   fmt::format("the batch is {}x the baseline's and so is the cost; the geometric middle {} keeps half "
                               "of the saving in noise",
                               number(*own / *base, 3), number(to)),
                   0.5);
    change_setting(s, path, kBatch, to);
    path.flops_ratio = path.wall_ratio = to / *own;
    path.steps = {fmt::format("set the batch to {} at the same number of steps", number(to)),
                  "compare at equal FLOPs, not at equal steps",
                  "scale the learning rate by the square root of the batch ratio if the curve is noisier"};
    path.risk = "between the two batch sizes the gain need not be half";
    return path;
  }
  const double r_star = s.review.wall.break_even;
  if (!(r > 1.02) || !(r_star > 1.005)) return std::nullopt;
  const double k = std::max(2.0, std::ceil(2 * (r - 1) / (r_star - 1)));
  if (k > 64) return std::nullopt;
  Path path = start_path(
      s, mechanism_less_often, fmt::format("run the costly part every {} steps", number(k)),
      fmt::format(
          "it costs {}x and its gain is worth {}x; k = 2 (r - 1) / (r* - 1) = {} brings the overhead to half of that",
          number(r, 3), number(r_star, 3), number(k)),
      0.5);
  path.flops_ratio = path.wall_ratio = (1 + (r - 1) / k) / r;
  path.steps = {fmt::format("apply the mechanism every {} steps", number(k)), "compare at equal time",
                "halve k if more than half of the gain is gone"};
  path.risk = "a mechanism with memory may not survive being run rarely";
  return path;
}

std::optional<Path> propose_estimator(const Situation& s) {
  Path path = start_path(s, longer_baseline, "give the baseline the same budget and compare with that",
                         fmt::format("the experiment spent {}x; a baseline run with {}x the steps answers the question "
                                     "that this comparison leaves open",
                                     number(cost(s), 3), number(cost(s), 3)),
                         0);
  expect_answer(path);
  path.flops_ratio = path.wall_ratio = 1;
  path.kill = {s.review.metric.name, s.review.final_quality.at_step,
               fmt::format("the longer baseline ends better than {}", number(s.review.final_quality.experiment.value))};
  path.steps = {"stretch the baseline's schedule to the experiment's budget", "run one seed",
                "if it ends better, drop the mechanism"};
  path.risk = "costs one run of the experiment's length";
  return path;
}

std::optional<Path> propose_largest(const Situation& s) {
  Path path = start_path(s, largest_layers_only, "apply it to the largest layers only",
                         fmt::format("cost grows with every layer it touches, gain need not: at {}x the cost, the "
                                     "layers that hold the parameters should pay first",
                                     number(cost(s), 3)),
                         0.4);
  path.flops_ratio = path.wall_ratio = 0.5 + 0.5 / std::max(1.0, cost(s));
  path.steps = {"rank the layers by parameters", "apply the mechanism to the top half", "compare at equal FLOPs"};
  path.risk = "small layers (embeddings, head) can be the ones that gain";
  return path;
}

}  // namespace

constinit const Move mechanism_less_often{"mechanism_less_often", "compute_inefficient_gain", PathKind::hyperparameter,
                                          propose_less_often,
                                          "Spends less often, or on a smaller batch. Science handbook R-fast, B6.3."};
constinit const Move longer_baseline{"longer_baseline", "compute_inefficient_gain", PathKind::mathematical,
                                     propose_estimator,
                                     "Compares with a baseline of the same budget. Science handbook B6."};
constinit const Move largest_layers_only{"largest_layers_only", "compute_inefficient_gain", PathKind::architectural,
                                         propose_largest,
                                         "Restricts the mechanism to the largest layers. Science handbook R-scope."};

}  // namespace expanalyze
