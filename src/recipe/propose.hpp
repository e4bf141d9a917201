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
/// Highest learning rate of the experiment's log or config; NaN when neither has one.
double peak_lr(const Run& run);

/// How much of the metric there is to win back: the distance to the baseline, or of a failed run from the untrained
/// value to it.
double ceiling(const Situation& s);

/// A path with what every path has: ids, the expected difference and the kill criterion (F1).
/// `share` is the part of the ceiling that this change could win if the diagnosis is right.
Path start_path(const Situation& s, const Move& move, std::string title, std::string why, double share);

/// Sets a change when the experiment's config has one of the keys; marks a revert when it only restores the baseline's
/// value.
void change_setting(const Situation& s, Path& path, std::span<const std::string_view> names, double value);
void change_setting(const Situation& s, Path& path, const std::string& key, const ConfigValue& value);

/// Rounded to two significant digits: more would promise what the estimate cannot keep.
double two_digits(double value);

// The list of moves (moves.cpp), grouped by what they answer.
extern const Move lower_peak_lr, curvature_scaled_lr, lower_lr_of_loudest_group;  // lower_lr.cpp
extern const Move raise_peak_lr, more_area_schedule, raise_lr_of_quiet_group;     // raise_lr.cpp
extern const Move raise_clip, adaptive_clip, isolate_clipped_group;               // raise_clip.cpp
extern const Move stop_at_best, augment_data, smaller_model;                      // overfit.cpp
extern const Move loosen_trigger, replace_trigger, trigger_where_it_varies;       // wake_mechanism.cpp
extern const Move more_iterations, convergent_finish, constrain_fewer_matrices;   // retract.cpp
extern const Move clip_spikes, update_clipping, normalise_where_it_breaks;        // stabilise.cpp
extern const Move mechanism_less_often, longer_baseline, largest_layers_only;     // cheaper.cpp
extern const Move finish_run, forecast_run, checkpoint_run;                       // finish.cpp
extern const Move more_seeds, paired_design, larger_evaluation;                   // seeds.cpp
extern const Move toward_baseline, restore_setting, ablate, push_further;         // settings.cpp
extern const Move bracket_rate, same_budget_again, change_half_the_layers;        // confirm.cpp

}  // namespace expanalyze
