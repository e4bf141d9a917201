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
                                  &seed_noise_only,
                                  &capacity_limited,
                                  &batch_too_small,
                                  &batch_too_large,
                                  &label_noise,
                                  &over_regularization,
                                  &eval_bug_or_leak,
                                  &distribution_shift,
                                  &resume_discontinuity,
                                  &proxy_failure,
                                  &throughput_regression,
                                  &slow_start_pays_off,
                                  &confounded_config};
  return all;
}

}  // namespace expanalyze
