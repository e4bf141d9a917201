#include "diagnosis/weigh.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace expanalyze {

namespace {

struct Consequence {
  std::string_view cause, effect;
};

// The directed graph of D0.6.
constexpr std::array kGraph{Consequence{"bad_initialization", "exploding_gradients"},
                            Consequence{"bad_initialization", "dead_units"},
                            Consequence{"exploding_gradients", "divergence"},
                            Consequence{"bad_initialization", "divergence"},
                            Consequence{"lr_too_high", "loss_spikes_recovering"},
                            Consequence{"lr_too_high", "exploding_gradients"},
                            Consequence{"lr_too_high", "attention_logit_growth"},
                            Consequence{"lr_too_high", "divergence"},
                            Consequence{"lr_too_high", "dead_units"},
                            Consequence{"warmup_instability", "loss_spikes_recovering"},
                            Consequence{"warmup_instability", "dead_units"},
                            Consequence{"attention_logit_growth", "divergence"},
                            Consequence{"beta2_mismatch", "loss_spikes_recovering"},
                            Consequence{"beta2_mismatch", "exploding_gradients"},
                            Consequence{"beta2_mismatch", "lr_too_high"},
                            Consequence{"beta2_mismatch", "dead_units"},
                            Consequence{"momentum_mismatch", "lr_too_high"},
                            Consequence{"precision_loss_scale_collapse", "divergence"},
                            Consequence{"precision_loss_scale_collapse", "lr_too_low"},
                            Consequence{"bad_initialization", "lr_too_low"},
                            Consequence{"warmup_instability", "lr_too_low"},
                            Consequence{"dead_units", "lr_too_low"},
                            Consequence{"attention_logit_growth", "lr_too_low"},
                            Consequence{"gradient_clipping_saturated", "lr_too_low"},
                            Consequence{"excessive_weight_decay", "lr_too_low"},
                            Consequence{"excessive_weight_decay", "capacity_limited"},
                            Consequence{"momentum_mismatch", "lr_too_low"},
                            Consequence{"schedule_mismatch", "lr_too_low"},
                            Consequence{"vanishing_gradients", "capacity_limited"},
                            Consequence{"vanishing_gradients", "lr_too_low"},
                            Consequence{"dead_units", "capacity_limited"},
                            Consequence{"batch_too_small", "lr_too_high"},
                            Consequence{"batch_too_large", "lr_too_low"},
                            Consequence{"batch_too_large", "compute_inefficient_gain"},
                            Consequence{"distribution_shift", "overfitting"},
                            Consequence{"label_noise", "capacity_limited"},
                            Consequence{"proxy_failure", "mechanism_saturated"},
                            Consequence{"proxy_failure", "inert_mechanism"},
                            Consequence{"proxy_failure", "manifold_drift"},
                            Consequence{"mechanism_saturated", "inert_mechanism"},
                            Consequence{"inert_mechanism", "seed_noise_only"},
                            Consequence{"truncated_run", "lr_too_low"},
                            Consequence{"truncated_run", "schedule_mismatch"}};

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
  for (const auto& edge : kGraph) {
    const Finding* cause = by_id(edge.cause);
    Finding* effect = by_id(edge.effect);
    if (cause && effect && cause->probability >= kLikely && effect->probability >= kLikely &&
        effect->symptom_of.empty() && cause->symptom_of != effect->id)
      effect->symptom_of = edge.cause;
  }
}

}  // namespace expanalyze
