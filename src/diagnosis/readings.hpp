// Readings of single runs that several cards need: the loss curve, the warm-up, how long the updates are.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "diagnosis/case.hpp"

namespace expanalyze {

/// The finite training loss, else the evaluation loss.
Curve loss_of(const Run& run);
/// Median of the points between two shares of the curve's last step; NaN when there are none.
double median_between(const Curve& curve, double from_share, double to_share);
/// Largest finite value of a role.
double peak_of(const Run& run, Role role);
/// A setting that is a word, by its usual names: exact key first, then the last dotted part; nullptr: not in the
/// config.
const std::string* config_text(const Run& run, std::span<const std::string_view> names);
/// The optimizer by the config, lower case; empty: it does not say.
std::string optimizer_of(const Run& run);
/// Number of parameters that the config states; NaN: it does not.
double parameter_count(const Run& run);
/// The first step from which the best series of a role stays above a threshold to the end; NaN when it ends below.
double stays_above_from(const Run& run, Role role, double threshold);
/// The last finite point of the best series of a role, or of a series.
Place place_at_end(const Run& run, Role role);
Place place_at_end(const Run& run, const Series& series);

/// Steps until the logged learning rate first reaches 95 % of its peak; 0: it starts there. NaN: not logged near the
/// start.
double warm_up_steps(const Run& run);

/// Median norms of the layers' gradients in the order of the log (first layers first). Exact zeros say frozen, dead or
/// underflown, not small: they are left out.
struct LayerNorm {
  const Series* series;
  double median;
};
std::vector<LayerNorm> layer_norms(const Run& run);

/// Length of the updates |u| against the learning rate, where both are logged: |u| from its own series, or from the
/// ratio to the weights times their norm.
struct UpdateLength {
  std::vector<double> per_lr;       ///< |u| / lr
  std::vector<double> per_lr_grad;  ///< |u| / (lr |g|): plain SGD has exactly 1
  double first_step = 0;
  [[nodiscard]] bool empty() const { return per_lr.empty(); }
};
UpdateLength update_length(const Run& run);
/// The first update was lr x gradient, as every SGD starts, with momentum or without; Adam starts with lr x sign.
bool starts_as_sgd(const UpdateLength& updates);

/// How clearly the attention logits outgrew the baseline's, 0 to 1; 0 where either side logs none. Steps that are too
/// long do that, so the cards of step sizes read it as a consequence.
double attention_sharpened(const Case& c);

/// Weight of "the setting that this card blames is in the config difference": 1.6 (D0.5); strong when no other setting
/// differs.
double change_weight(const Case& c);

/// A config difference in a setting that governs how signal and gradient pass through the layers, or in one of the
/// initial weights; nullptr when there is none.
const ConfigDifference* changed_propagation(const Case& c);
const ConfigDifference* changed_initial_weights(const Case& c);
/// One line of evidence for it.
void weigh_setting(Scored& out, const ConfigDifference* change, std::string_view governs);

}  // namespace expanalyze
