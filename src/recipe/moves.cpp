// The table of moves. Those that answer one diagnosis come before those that answer any ("").
#include <array>

#include "recipe/propose.hpp"

namespace expanalyze {

std::span<const Move* const> moves() {
  static constexpr std::array all{&lower_peak_lr,
                                  &curvature_scaled_lr,
                                  &lower_lr_of_loudest_group,
                                  &raise_peak_lr,
                                  &more_area_schedule,
                                  &raise_lr_of_quiet_group,
                                  &raise_clip,
                                  &adaptive_clip,
                                  &isolate_clipped_group,
                                  &stop_at_best,
                                  &augment_data,
                                  &smaller_model,
                                  &loosen_trigger,
                                  &replace_trigger,
                                  &trigger_where_it_varies,
                                  &more_iterations,
                                  &convergent_finish,
                                  &constrain_fewer_matrices,
                                  &clip_spikes,
                                  &update_clipping,
                                  &normalise_where_it_breaks,
                                  &mechanism_less_often,
                                  &longer_baseline,
                                  &largest_layers_only,
                                  &finish_run,
                                  &forecast_run,
                                  &checkpoint_run,
                                  &more_seeds,
                                  &paired_design,
                                  &larger_evaluation,
                                  &push_further,
                                  &bracket_rate,
                                  &same_budget_again,
                                  &change_half_the_layers,
                                  &toward_baseline,
                                  &restore_setting,
                                  &ablate};
  return all;
}

}  // namespace expanalyze
