// The table of cards: its order is the order of the lists in a report. Failures of the run come first, then of the
// step, the signal, the model, the data, the mechanism, the cost, and last what says that nothing is to be explained.
#include <array>

#include "diagnosis/case.hpp"

namespace expanalyze {

std::span<const Detector* const> detectors() {
  static constexpr std::array all{
      &divergence,
      &truncated_run,
      &undertrained,
      &resume_discontinuity,
      &precision_loss_scale_collapse,
      &lr_too_high,
      &edge_of_stability_oscillation,
      &lr_too_low,
      &warmup_instability,
      &schedule_mismatch,
      &schedule_restart_or_lr_bug,
      &momentum_mismatch,
      &beta2_mismatch,
      &adam_epsilon_dominates,
      &update_scale_mismatch,
      &gradient_clipping_saturated,
      &excessive_weight_decay,
      &exploding_gradients,
      &vanishing_gradients,
      &dead_units,
      &saturated_activations,
      &bad_initialization,
      &attention_logit_growth,
      &loss_spikes_nonrecovering,
      &output_logit_drift,
      &rank_collapse,
      &loss_spikes_recovering,
      &batch_too_small,
      &batch_too_large,
      &capacity_limited,
      &overfitting,
      &over_regularization,
      &label_noise,
      &distribution_shift,
      &data_batch_anomaly,
      &eval_bug_or_leak,
      &proxy_failure,
      &manifold_drift,
      &mechanism_saturated,
      &inert_mechanism,
      &throughput_regression,
      &compute_inefficient_gain,
      &early_gain_washes_out,
      &slow_start_pays_off,
      &confounded_config,
      &seed_noise_only,
  };
  return all;
}

}  // namespace expanalyze
