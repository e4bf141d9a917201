// Where the training and the evaluation loss of both sides ended, for the cards that weigh one against the other.
#pragma once

#include <span>
#include <string_view>

#include "diagnosis/case.hpp"

namespace expanalyze {

/// Means over seeds at the last step that both sides reached. NaN: not logged.
struct Levels {
  double train_b, train_e, eval_b, eval_e;
  double scale;  ///< smallest difference of these levels that is neither luck of a seed nor noise of batches
  [[nodiscard]] double gap_b() const { return eval_b - train_b; }
  [[nodiscard]] double gap_e() const { return eval_e - train_e; }
  [[nodiscard]] bool complete() const;
};

Levels final_levels(const Case& c);

/// Where a regulariser makes training harder than evaluation, and whether the experiment's evaluation still shows it.
struct TrainingMode {
  double advantage_b = 0;  ///< training minus evaluation loss in the first quarter of the baseline; 0: none to speak of
  double advantage_e = 0;  ///< of the experiment
  double strength = 0;     ///< 0 to 1: the advantage is gone with the training loss unchanged
};
TrainingMode training_mode(const Case& c, const Levels& l);

/// Median of a role over the last tenth of the steps up to a given one.
double level_until(const Run& run, Role role, double step);

/// The finite points of the metric under comparison.
Curve metric_curve(const Run& run, const Metric& metric);

/// The first difference of the configs whose key holds one of the words as a token ("attn_dropout" holds "dropout").
const ConfigDifference* changed_token(const Case& c, std::span<const std::string_view> words);
bool has_token(std::string_view key, std::string_view word);

/// The setting says how long a run is, or which seed it draws: nothing that is built into a model.
bool names_length(std::string_view key);

/// The one consequential difference of the configs; null where there is none or more than one.
const ConfigDifference* sole_difference(const Review& review);

/// A number of the difference was raised; an absent one counts as 0.
bool raised(const ConfigDifference& difference);

/// Settings that add noise to training: they lift the training loss without a fault of the data.
std::span<const std::string_view> regulariser_words();

/// Training FLOPs per token or sample over the whole run; NaN when either is unknown.
double flops_per_token(const Run& run);

/// "", or " (baseline: 0.31)": a clause that is left out when the number is unknown.
std::string against_baseline(double value, int significant = 3);

}  // namespace expanalyze
