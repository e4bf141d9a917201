// R-cap and R-reg-: the model could not hold, or was not allowed to hold, what the data say.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "recipe/propose.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr std::string_view kWidth[] = {"width", "hidden_size", "d_model", "n_embd", "hidden_dim", "embed_dim"};
constexpr std::string_view kDropout[] = {"dropout", "dropout_rate", "dropout_p", "hidden_dropout", "resid_pdrop"};
constexpr std::string_view kSmoothing[] = {"label_smoothing", "label_smoothing_factor", "smoothing"};

/// Half-way in logs between what the two sides had.
std::optional<Path> propose_wider(const Situation& s) {
  const auto own = config_number(experiment(s), kWidth), base = config_number(baseline(s), kWidth);
  const double cost = slot(s, "flops_per_token_ratio");
  const bool known = own && base && *own > 0 && *own < *base;
  if (!known && !(cost > 0 && cost < 0.9)) return std::nullopt;
  const double to = known ? between_counts(*own, *base, std::sqrt(*own * *base)) : 0;
  const double more = cost > 0 && cost < 1 ? std::sqrt(1 / cost) : to / own.value_or(1);
  Path path = start_path(
      s, wider,
      known ? fmt::format("widen from {} to {}", number(*own), number(to))
            : fmt::format("widen the layers until a step costs {}x the FLOPs", number(more, 2)),
      known
          ? fmt::format("half-way in logs from {} to the baseline's {}: whether {} is more than the task needs is not "
                        "known from two widths",
                        number(*own), number(*base), number(*base))
          : fmt::format("it spends {}x the baseline's FLOPs a token and ends {} above it on its own training data; the "
                        "middle of the two in logs shows how much of that is the size",
                        number(cost, 2), number(slot(s, "train_excess"), 3)),
      0.7);
  if (known) change_setting(s, path, kWidth, to);
  path.flops_ratio = path.wall_ratio = more;
  path.steps = {"widen, keep everything else", "fit loss = E + A N^-a through the three sizes",
                "choose the width where the next doubling gains less than the smallest difference of interest"};
  path.risk = "a wider model wants a smaller rate: N^-0.5 or so under Adam";
  return path;
}

std::optional<Path> propose_longer(const Situation& s) {
  const double cost = slot(s, "flops_per_token_ratio");
  if (!(cost > 0 && cost < 0.9)) return std::nullopt;
  const double times = std::min(4.0, 1 / cost);
  Path path = start_path(
      s, same_flops_small,
      fmt::format("give the small model {}x the steps before calling it too small", number(times, 2)),
      fmt::format(
          "a step costs {}x the baseline's, so {}x the steps still cost {} of its run; a floor stays under more "
          "steps, a slow start does not",
          number(cost, 2), number(times, 2), percent(times * cost, 2)),
      0.5);
  path.flops_ratio = path.wall_ratio = times;
  path.steps = {"stretch the schedule, keep the rate", "compare at equal FLOPs",
                "if the training loss ends where it ended, it is the size"};
  path.risk = "none for the answer; some compute";
  return path;
}

std::optional<Path> propose_bottleneck(const Situation& s) {
  Path path = start_path(
      s, widen_bottleneck, "widen only the layer that is full",
      fmt::format("training and evaluation loss end only {} apart while training stands {} above the baseline's: "
                  "something cannot be represented, and the layer whose stable rank is nearest its size is where",
                  number(std::abs(slot(s, "gap")), 2), number(slot(s, "train_excess"), 3)),
      0.5);
  path.flops_ratio = path.wall_ratio = 1.3;
  path.steps = {"from one checkpoint: |W|_F^2 / |W|_2^2 of every matrix, over its smaller side",
                "double the layers where it is above 0.8", "compare with widening all of them"};
  path.risk = "if all are alike, take the first path";
  return path;
}

/// The first regulariser of the config that is on, halved.
std::optional<Path> propose_half(const Situation& s) {
  for (const auto names :
       {std::span<const std::string_view>(kDropout), std::span<const std::string_view>(kSmoothing)}) {
    const auto own = config_number(experiment(s), names);
    if (!own || !(*own > 0)) continue;
    const double to = two_digits(*own / 2);
    const std::string key = config_key(experiment(s), names);
    Path path = start_path(
        s, half_regulariser, fmt::format("halve {} from {} to {}", code_span(key), number(*own, 3), number(to, 2)),
        fmt::format(
            "the gap of evaluation to training is {} against the baseline's {}: it pays {} of training loss for "
            "generalisation that is not missing",
            signed_number(slot(s, "gap"), 3), signed_number(slot(s, "gap_baseline"), 3), number(slot(s, "price"), 3)),
        0.7);
    change_setting(s, path, key, ConfigValue{to});
    path.steps = {"halve it, keep the rest", "look at the gap and at the evaluation loss",
                  "halve again while evaluation falls"};
    path.risk = "on a longer run the same model may need it";
    return path;
  }
  return std::nullopt;
}

std::optional<Path> propose_anneal(const Situation& s) {
  const double end = length(s);
  if (!(end > 0)) return std::nullopt;
  Path path = start_path(
      s, anneal_regulariser, fmt::format("take the regulariser to 0 from step {} on", number(std::round(0.8 * end))),
      fmt::format(
          "it holds the training loss {} above the baseline's at the end, where the rate is too small to overfit; "
          "a last fifth without it keeps its early effect",
          number(slot(s, "price"), 3)),
      0.6);
  path.steps = {"decay its strength linearly to 0 over the last fifth of the steps",
                "both losses must fall when it does", "compare at the end"};
  path.risk = "regularisers that change the function (dropout) change the scale of activations, too";
  return path;
}

std::optional<Path> propose_top(const Situation& s) {
  Path path = start_path(
      s, regularise_top, "regularise the last layers only",
      fmt::format(
          "the gap is {}: what is learned by heart is learned near the output, and the price of {} is paid in all "
          "layers",
          signed_number(slot(s, "gap"), 3), number(slot(s, "price"), 3)),
      0.5);
  path.steps = {"keep it in the last third of the layers", "compare gap and evaluation loss with both sides",
                "if the gap opens, move it one layer down"};
  path.risk = "the gap may open again";
  return path;
}

}  // namespace

constinit const Move wider{"wider", "capacity_limited", PathKind::hyperparameter, propose_wider,
                           "A size between the two. Science handbook R-cap, B5."};
constinit const Move same_flops_small{"same_flops_small", "capacity_limited", PathKind::mathematical, propose_longer,
                                      "Tells a floor from a slow start. Science handbook R-cap, B6."};
constinit const Move widen_bottleneck{"widen_bottleneck", "capacity_limited", PathKind::architectural,
                                      propose_bottleneck, "Grows the layer that is full. Science handbook R-cap."};
constinit const Move half_regulariser{"half_regulariser", "over_regularization", PathKind::hyperparameter, propose_half,
                                      "Halves the regulariser. Science handbook R-reg-."};
constinit const Move anneal_regulariser{"anneal_regulariser", "over_regularization", PathKind::mathematical,
                                        propose_anneal, "Ends without it. Science handbook R-reg-."};
constinit const Move regularise_top{"regularise_top", "over_regularization", PathKind::architectural, propose_top,
                                    "Regularises the last layers. Science handbook R-reg-."};

}  // namespace expanalyze
