// The table of cards: its order is the order of the lists in a report.
#include <array>

#include "diagnosis/case.hpp"

namespace expanalyze {

std::span<const Detector* const> detectors() {
  static constexpr std::array all{&divergence,
                                  &lr_too_high,
                                  &lr_too_low,
                                  &overfitting,
                                  &gradient_clipping_saturated,
                                  &inert_mechanism,
                                  &mechanism_saturated,
                                  &manifold_drift,
                                  &loss_spikes_recovering,
                                  &compute_inefficient_gain,
                                  &truncated_run,
                                  &exploding_gradients,
                                  &vanishing_gradients,
                                  &dead_units,
                                  &bad_initialization,
                                  &excessive_weight_decay,
                                  &warmup_instability,
                                  &schedule_mismatch,
                                  &momentum_mismatch,
                                  &beta2_mismatch,
                                  &attention_logit_growth,
                                  &precision_loss_scale_collapse,
                                  &seed_noise_only};
  return all;
}

}  // namespace expanalyze
