#include "diagnosis/weigh.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace expanalyze {

namespace {

struct Cause {
  std::string_view id;
  std::array<std::string_view, 8> effects;  ///< empty beyond the last
};

// The directed graph of D0.6, extended by what the cards of the same curve showed on the labelled runs.
constexpr std::array kGraph{
    Cause{"bad_initialization",
          {"exploding_gradients", "dead_units", "saturated_activations", "divergence", "lr_too_low", "lr_too_high"}},
    Cause{"exploding_gradients", {"divergence", "lr_too_low"}},
    Cause{"lr_too_high",
          {"loss_spikes_recovering", "edge_of_stability_oscillation", "exploding_gradients", "attention_logit_growth",
           "divergence", "dead_units", "saturated_activations", "early_gain_washes_out"}},
    Cause{"lr_too_low", {"undertrained"}},
    Cause{"warmup_instability",
          {"loss_spikes_recovering", "dead_units", "saturated_activations", "lr_too_low", "attention_logit_growth",
           "divergence", "early_gain_washes_out"}},
    Cause{"attention_logit_growth", {"divergence", "lr_too_low"}},
    Cause{"output_logit_drift", {"loss_spikes_recovering", "divergence"}},
    Cause{"beta2_mismatch",
          {"loss_spikes_recovering", "exploding_gradients", "dead_units", "lr_too_high", "attention_logit_growth",
           "divergence", "update_scale_mismatch"}},
    Cause{"momentum_mismatch",
          {"lr_too_high", "lr_too_low", "divergence", "dead_units", "exploding_gradients", "attention_logit_growth",
           "update_scale_mismatch"}},
    Cause{"precision_loss_scale_collapse", {"divergence", "adam_epsilon_dominates", "lr_too_low"}},
    Cause{"adam_epsilon_dominates", {"lr_too_low", "update_scale_mismatch", "undertrained"}},
    Cause{"update_scale_mismatch", {"lr_too_low", "lr_too_high", "undertrained"}},
    Cause{"gradient_clipping_saturated", {"lr_too_low", "update_scale_mismatch"}},
    Cause{"excessive_weight_decay", {"lr_too_low", "lr_too_high", "capacity_limited"}},
    Cause{"resume_discontinuity", {"schedule_restart_or_lr_bug"}},
    Cause{"schedule_restart_or_lr_bug", {"schedule_mismatch", "lr_too_low", "lr_too_high"}},
    Cause{"schedule_mismatch", {"lr_too_low", "early_gain_washes_out"}},
    Cause{"vanishing_gradients", {"capacity_limited", "lr_too_low"}},
    Cause{"dead_units", {"capacity_limited", "lr_too_low", "rank_collapse"}},
    Cause{"saturated_activations", {"vanishing_gradients", "capacity_limited", "lr_too_low"}},
    Cause{"batch_too_small", {"lr_too_high", "lr_too_low"}},
    Cause{"batch_too_large", {"lr_too_low", "compute_inefficient_gain", "throughput_regression"}},
    Cause{"distribution_shift", {"overfitting"}},
    Cause{"overfitting", {"early_gain_washes_out"}},
    Cause{"label_noise", {"capacity_limited", "over_regularization"}},
    Cause{"proxy_failure", {"mechanism_saturated", "inert_mechanism", "manifold_drift"}},
    Cause{"mechanism_saturated", {"inert_mechanism"}},
    Cause{"inert_mechanism", {"seed_noise_only"}},
    Cause{"truncated_run", {"undertrained", "lr_too_low", "schedule_mismatch"}},
    Cause{"early_gain_washes_out", {"seed_noise_only"}},
    Cause{"rank_collapse", {"capacity_limited"}},
    Cause{"capacity_limited", {"lr_too_low"}},
    Cause{"manifold_drift", {"lr_too_low"}},
    Cause{"over_regularization", {"capacity_limited"}},
    // What a spike came from; a run that is gone has no trend left to lie above.
    Cause{"data_batch_anomaly", {"loss_spikes_recovering", "loss_spikes_nonrecovering"}},
    Cause{"lr_too_high", {"loss_spikes_nonrecovering"}},
    Cause{"warmup_instability", {"loss_spikes_nonrecovering"}},
    Cause{"attention_logit_growth", {"loss_spikes_nonrecovering"}},
    Cause{"beta2_mismatch", {"loss_spikes_nonrecovering"}},
    Cause{"exploding_gradients", {"loss_spikes_nonrecovering"}},
    Cause{"momentum_mismatch", {"loss_spikes_nonrecovering"}},
    Cause{"precision_loss_scale_collapse", {"loss_spikes_nonrecovering"}},
    Cause{"resume_discontinuity", {"loss_spikes_nonrecovering"}},
    Cause{"divergence", {"loss_spikes_nonrecovering", "loss_spikes_recovering"}},
};

constexpr double kLikely = 0.5;

}  // namespace

double log_odds(double prior, std::span<const Evidence> evidence) {
  std::map<char, double> largest;
  for (const auto& e : evidence)
    if (e.group) largest[e.group] = std::max(largest[e.group], std::abs(e.weight * e.strength));
  double sum = prior;
  for (const auto& e : evidence) {
    const double w = e.weight * e.strength;
    if (!e.group) {
      sum += w;
    } else if (auto& left = largest[e.group]; left >= 0 && std::abs(w) >= left) {
      sum += w;
      left = -1;  // taken
    } else {
      sum += 0.5 * w;
    }
  }
  return sum;
}

double completeness(std::span<const Evidence> evidence, double missing_weight) {
  double present = 0;
  for (const auto& e : evidence) present += std::abs(e.weight);
  return present + missing_weight > 0 ? present / (present + missing_weight) : 1;
}

void explain_away(std::vector<Finding>& findings) {
  const auto by_id = [&](std::string_view id) -> Finding* {
    const auto it = std::find_if(findings.begin(), findings.end(), [&](const Finding& f) { return f.id == id; });
    return it == findings.end() ? nullptr : &*it;
  };
  for (const Cause& edge : kGraph) {
    const Finding* cause = by_id(edge.id);
    if (!cause || cause->probability < kLikely) continue;
    for (const auto id : edge.effects) {
      Finding* effect = by_id(id);
      // A model that is known to be smaller did not lose its room to something else.
      if (effect && effect->slots.contains("smaller_model")) continue;
      if (effect && effect->probability >= kLikely && effect->symptom_of.empty() && cause->symptom_of != effect->id)
        effect->symptom_of = edge.id;
    }
  }
}

}  // namespace expanalyze
