// What moves share: reading the experiment's config, pricing a change, and the rule that ends it early.
#pragma once

#include <array>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "expanalyze/recipe.hpp"
#include "store/trajectory.hpp"

namespace expanalyze {

inline constexpr std::array<std::string_view, 6> kLearningRate{"lr",      "learning_rate", "max_lr",
                                                               "peak_lr", "base_lr",       "muon_lr"};
inline constexpr std::array<std::string_view, 9> kClip{"clip",           "grad_clip",         "max_grad_norm",
                                                       "clip_grad_norm", "gradient_clip_val", "gradient_clip",
                                                       "clip_norm",      "grad_norm_clip",    "clip_grad"};
inline constexpr std::array<std::string_view, 3> kWarmUp{"warmup", "warmup_steps", "num_warmup_steps"};

const Run& experiment(const Situation& s);
const Run& baseline(const Situation& s);
/// A number that the finding measured; NaN when it has none.
double slot(const Situation& s, std::string_view name);
/// A number of the formula that step 3 printed; NaN when it has none. Steps 3 and 4 must not name two numbers for one
/// thing.
double theory_slot(const Situation& s, std::string_view name);
/// Planned length of the experiment in steps: its config or log, else the longer of what the two sides ran.
double length(const Situation& s);
/// Highest learning rate of the experiment's log or config; NaN when neither has one.
double peak_lr(const Run& run);

/// The costly axis on which the experiment is behind although it is dearer: FLOPs, else wall; null: none.
const AxisVerdict* lost_at_equal_cost(const Situation& s);

/// How much of the metric there is to win back: the distance to the baseline, or of a failed run from the untrained
/// value to it; where only cost made it lose, at equal cost.
double ceiling(const Situation& s);

/// A path with what every path has: ids, the expected difference and the kill criterion (F1).
/// `share` is the part of the ceiling that this change could win if the diagnosis is right.
/// `certain`: the least probability that the change meets the cause, where something else than the finding says so.
Path start_path(const Situation& s, const Move& move, std::string title, std::string why, double share,
                double certain = 0);

/// A path whose result is an answer and no better metric: nothing is expected to move.
void expect_answer(Path& path, std::string_view note = "measurement");

/// Sets a change when the experiment's config has one of the keys; marks a revert when it only restores the baseline's
/// value.
void change_setting(const Situation& s, Path& path, std::span<const std::string_view> names, double value);
void change_setting(const Situation& s, Path& path, const std::string& key, const ConfigValue& value);

/// The key of the one consequential difference of the configs, if it is one and a number; else empty.
std::string only_changed_number(const Situation& s);

/// A count between two that work, near `wanted`: a multiple of what divides both, as heads divide a width.
double between_counts(double from, double to, double wanted);

/// Rounded to two significant digits: more would promise what the estimate cannot keep.
double two_digits(double value);

// The list of moves (moves.cpp), grouped by what they answer.
extern const Move lower_peak_lr, curvature_scaled_lr, lower_lr_of_loudest_group;  // lower_lr.cpp
extern const Move raise_peak_lr, more_area_schedule, raise_lr_of_quiet_group;     // raise_lr.cpp
extern const Move raise_clip, adaptive_clip, isolate_clipped_group;               // raise_clip.cpp
extern const Move stop_at_best, augment_data, smaller_model;                      // overfit.cpp
extern const Move reach_trigger, drop_mechanism, loosen_trigger, replace_trigger,
    trigger_where_it_varies;                                                     // wake_mechanism.cpp
extern const Move more_iterations, convergent_finish, constrain_fewer_matrices;  // retract.cpp
extern const Move clip_spikes, update_clipping, normalise_where_it_breaks;       // stabilise.cpp
extern const Move mechanism_less_often, longer_baseline, largest_layers_only;    // cheaper.cpp
extern const Move finish_run, forecast_run, checkpoint_run;                      // finish.cpp
// weight_decay.cpp
extern const Move remember_longer, scheduled_decay, decay_matrices_only;
// batch.cpp
extern const Move accumulate, quieter_steps, ramp_batch, critical_size, local_updates;
// schedule.cpp
extern const Move schedule_to_end, stable_then_decay, cooldown_by_group, longer_warm_up, rectified_steps, quiet_start;
// momentum.cpp
extern const Move momentum_and_rate, rate_for_momentum, momentum_where_it_acts, second_moment_memory, memory_by_group;
// initialisation.cpp
extern const Move scale_outputs, positive_bias, isometric_start, norm_and_scaled_residual, restore_signal,
    orthogonal_layers, gradient_shortcut, spare_units, leaky_units, center_inputs;
// numerics.cpp
extern const Move temper_attention, cap_logits, normalise_queries, calmer_scale, compensated_sums,
    full_precision_islands;
// capacity.cpp
extern const Move wider, same_flops_small, widen_bottleneck, half_regulariser, anneal_regulariser, regularise_top;
// pipeline.cpp
extern const Move audit_labels, robust_loss, two_networks, compare_pipelines, adapt_statistics, one_transform,
    reevaluate, overlap, held_out, replay_resume, rewarm, complete_checkpoint;
// normalise.cpp
extern const Move scale_before_bound, softer_nonlinearity, norm_before_bound, z_loss, centred_logits, normalised_head,
    halve_decay, spectral_floor, orthogonal_penalty;
// update_length.cpp
extern const Move smaller_epsilon, epsilon_free, tiny_gradient_group, match_update_length, scale_by_shape,
    new_rule_on_matrices;
// open_race.cpp
extern const Move run_to_decision, mechanism_until, claim_short_budget, execute_configured, saved_scheduler;
extern const Move more_seeds, paired_design, larger_evaluation;             // seeds.cpp
extern const Move toward_baseline, restore_setting, ablate, push_further;   // settings.cpp
extern const Move bracket_rate, same_budget_again, change_half_the_layers;  // confirm.cpp

}  // namespace expanalyze
