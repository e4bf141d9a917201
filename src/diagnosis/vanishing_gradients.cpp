// D-09: the signal does not reach some of the layers.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnosis/readings.hpp"
#include "diagnosis/weigh.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr double kLayerRatio = 1e-4, kGlobalRatio = 0.01, kDecayPerLayer = 0.7;  // D-09
// "Stuck near its first loss": an output bias alone still learns how often each class occurs, so the mark is not zero.
constexpr double kLearned = 0.2;

/// Smallest over largest median norm of the layers.
double layer_ratio(const Run& run) {
  const auto layers = layer_norms(run);
  if (layers.size() < 2) return std::numeric_limits<double>::quiet_NaN();
  const auto [low, high] = std::minmax_element(
      layers.begin(), layers.end(), [](const LayerNorm& a, const LayerNorm& b) { return a.median < b.median; });
  return low->median / high->median;
}

/// Factor per layer from the last to the first where it falls at each; 1 when it does not, or with fewer than four
/// layers.
double decay_per_layer(const Run& run) {
  const auto layers = layer_norms(run);
  if (layers.size() < 4) return 1;
  for (std::size_t i = 1; i < layers.size(); ++i)
    if (layers[i - 1].median >= layers[i].median) return 1;
  return std::pow(layers.front().median / layers.back().median, 1.0 / static_cast<double>(layers.size() - 1));
}

double norm(const Run& run) { return median_of(run, Role::grad_norm, 0.1, 0.9); }

/// Share of the first loss that training took away.
double learned(const Run& run) {
  const Curve loss = loss_of(run);
  return loss.empty() ? std::numeric_limits<double>::quiet_NaN()
                      : 1 - median_between(loss, 0.9, 1) / loss.value.front();
}

std::string smallest_layer(const Run& run) {
  const auto layers = layer_norms(run);
  const auto low = std::min_element(layers.begin(), layers.end(),
                                    [](const LayerNorm& a, const LayerNorm& b) { return a.median < b.median; });
  return low == layers.end() ? std::string{} : low->series->logged_as;
}

void weigh_layers(const Case& c, Scored& out) {
  const double ratio = mean_over(c.experiment, layer_ratio);
  if (std::isnan(ratio)) {
    out.missing_weight += kDecisive;
    return;
  }
  const double baseline = mean_over(c.baseline, layer_ratio);
  const std::string layer = smallest_layer(*c.experiment.front());
  const Place where{c.experiment.front()->label, layer, 0};
  out.slots["layer_ratio"] = ratio;
  const std::string compared =
      std::isnan(baseline) ? std::string{} : fmt::format(" (baseline: {})", number(baseline, 3));
  if (ratio > 0.01) {
    out.evidence.push_back(
        {fmt::format("the smallest of the layers' gradients is {} of the largest{}", number(ratio, 3), compared),
         over_seeds(c.experiment, layer_ratio),
         -kStrong,
         1,
         0,
         {where}});
    return;
  }
  out.evidence.push_back({fmt::format("{} is {} of the largest gradient of a layer, in the median{}", code_span(layer),
                                      number(ratio, 3), compared),
                          over_seeds(c.experiment, layer_ratio),
                          kDecisive,
                          graded_below(ratio, kLayerRatio),
                          'a',
                          {where}});
  if (baseline < 10 * ratio)
    out.evidence.push_back({fmt::format("the baseline's layers differ as much ({})", number(baseline, 3)),
                            over_seeds(c.baseline, layer_ratio),
                            -kStrong,
                            1,
                            0,
                            {}});
  if (const double factor = mean_over(c.experiment, decay_per_layer); factor < 1)
    out.evidence.push_back(
        {fmt::format("the gradient falls by a factor {} from each layer to the one before it", number(factor, 3)),
         over_seeds(c.experiment, decay_per_layer),
         kModerate,
         graded_below(factor, kDecayPerLayer),
         'a',
         {where}});
}

void weigh_global(const Case& c, Scored& out) {
  const double ratio = mean_over(c.experiment, norm) / mean_over(c.baseline, norm);
  if (std::isnan(ratio)) {
    out.missing_weight += kModerate;
    return;
  }
  out.slots["norm_ratio"] = ratio;
  // A fitted model has small gradients too: small counts only where the loss is high.
  if (c.worse && ratio < 0.1)
    out.evidence.push_back(
        {fmt::format("the gradient norm is {}x the baseline's although the loss is higher", number(ratio, 3)),
         over_seeds(c.experiment, norm),
         kModerate,
         graded_below(ratio, kGlobalRatio),
         0,
         {place_of(*c.experiment.front(), Role::grad_norm)}});
}

void weigh_stuck(const Case& c, Scored& out) {
  const double e = mean_over(c.experiment, learned);
  const double b = mean_over(c.baseline, learned);
  // Alone: a tenth of the first loss is less than an output bias learns of unequal classes.
  if (c.alone() && e < 0.5 * kLearned)
    out.evidence.push_back({fmt::format("training took {} off the first loss", percent(std::max(0.0, e), 2)),
                            over_seeds(c.experiment, learned),
                            kModerate,
                            graded_below(e, 0.5 * kLearned),
                            0,
                            {place_of(*c.experiment.front(), Role::train_loss)}});
  if (!(b > 0) || std::isnan(e)) return;
  if (e < 0.4 * b)
    out.evidence.push_back({fmt::format("training took {} off the first loss, against {} for the baseline",
                                        percent(std::max(0.0, e), 2), percent(b, 2)),
                            over_seeds(c.experiment, learned),
                            kModerate,
                            graded_below(e, kLearned * b),
                            0,
                            {place_of(*c.experiment.front(), Role::train_loss)}});
}

Outcome detect(const Case& c) {
  if (std::isnan(mean_over(c.experiment, layer_ratio)) && std::isnan(mean_over(c.experiment, norm)))
    return Untestable{
        {}, "gradient norms of single layers", "log the gradient norm of the first and the last layer every 10 steps"};
  Scored out;
  weigh_layers(c, out);
  weigh_global(c, out);
  weigh_stuck(c, out);
  if (const double dead = mean_over(c.experiment, [](const Run& r) { return last_of(r, Role::dead_fraction); });
      dead > 0.2)
    out.evidence.push_back(
        {fmt::format("{} of the units are dead, which silences a layer without any decay over depth", percent(dead, 3)),
         bare(dead, "last_tenth"),
         -kModerate,
         graded_above(dead, 0.3),
         0,
         {}});
  weigh_setting(out, changed_propagation(c), "the flow of gradients");
  out.effect_share = 1;
  weigh_outcome(c, out);
  const double ratio =
      out.slots.contains("layer_ratio") ? out.slots["layer_ratio"] : std::numeric_limits<double>::quiet_NaN();
  out.looked_at =
      std::isnan(ratio)
          ? (c.alone() ? std::string("what the loss lost over the run; no norms of layers are logged")
                       : fmt::format("the gradient norm is {}x the baseline's", number(out.slots["norm_ratio"], 3)))
          : fmt::format("the smallest of the layers' gradients is {} of the largest", number(ratio, 3));
  out.soul = std::isnan(ratio) ? "The gradient was too small to train with, although there was much left to learn."
                               : fmt::format(
                                     "The weakest layer, {}, received {} of the strongest one's gradient: most of the "
                                     "network was never trained.",
                                     code_span(smallest_layer(*c.experiment.front())), number(ratio, 2));
  return out;
}

}  // namespace

constinit const Detector vanishing_gradients{
    .id = "vanishing_gradients", .prior = kRare, .detect = detect, .alone = true, .doc = R"(
## What it looks for
Layers whose gradient is less than 1e-4 of the strongest layer's, a gradient that falls geometrically over depth, a gradient norm below
1 % of the baseline's at a higher loss, a loss that hardly leaves its first value.
## Why it matters
Layers without gradient stay as they were initialised: the network is as deep as its trained part.
## False alarms and misses
A fitted model has small gradients everywhere; so has a layer that is frozen on purpose. Layers with a gradient of exactly zero are left
out: they are frozen, dead (`dead_units`) or underflown (`precision_loss_scale_collapse`). Without norms of layers it is hardly testable.
## Reference
Science handbook D-09, E9a; Glorot and Bengio 2010, AISTATS 9:249.
)"};

}  // namespace expanalyze
