// What a card may look at: the two sides, the review, and statistics that several cards share.
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "diagnosis/events.hpp"
#include "expanalyze/diagnosis.hpp"
#include "store/trajectory.hpp"

namespace expanalyze {

using Runs = std::vector<const Run*>;

/// Is a learning rate too high or too low? Three ratios of the experiment to the baseline (science handbook D0.7), from
/// the training loss (else the metric), means over seeds. NaN: not computable.
struct LrStatistics {
  double slope_b, slope_e;  ///< κ_T: fall of the loss per e-fold of steps over the half before annealing
  double gain_b, gain_e;    ///< g: loss at the start of annealing minus final loss
  double r_kappa, r_gain, r_sigma;
};

struct SignalBehaviour;  // mechanism.hpp

struct Case {
  const RunStore& store;
  const Comparison& comparison;
  const Review& review;
  Runs baseline, experiment;
  std::vector<RunEvents> baseline_events, experiment_events;  ///< one a run
  LrStatistics lr;
  double sign = 1;                     ///< +1: lower metric is better
  double gap = 0;                      ///< oriented difference of final quality: > 0: the experiment is worse
  double gap_scale = 0;                ///< smallest gap that is not seed noise: half the 95 % interval, at least δ
  bool worse = false, better = false;  ///< resolved on equal steps, or failed
  /// Worked out when a card first asks (mechanism.cpp): three do, and a long run has many signals.
  mutable std::shared_ptr<const std::vector<SignalBehaviour>> mechanism;
  std::size_t undeclared = 0;  ///< q: consequential config differences beyond the first (D0.5)

  Case(const RunStore& store, const Comparison& comparison, const Review& review);

  /// There is no baseline: only cards that need none are asked.
  [[nodiscard]] bool alone() const { return baseline.empty(); }

  /// A config difference by the usual names of a setting; nullptr when both sides share it or it is not known.
  [[nodiscard]] const ConfigDifference* changed(std::initializer_list<std::string_view> names) const;
};

/// Evidence strength (D0.6): 0 at half the threshold or below, tanh in log units around it, ~1 at twice the threshold.
double graded_above(double value, double threshold);
double graded_below(double value, double threshold);

/// One number a run, by `of`, averaged over the runs of a side; NaN when no run has it.
double mean_over(const Runs& runs, const std::function<double(const Run&)>& of);
/// Median of the finite values of a role between two shares of the run; NaN when it is not logged there.
double median_of(const Run& run, Role role, double from_share = 0, double to_share = 1);
double first_of(const Run& run, Role role);
/// Median over the last tenth (at least three points).
double last_of(const Run& run, Role role);
bool logs(const Runs& runs, Role role);
/// Optimizer-step size in tokens or samples; NaN when unknown.
double tokens_per_step(const Run& run);

/// The place of a series, by its last finite record as what is said of it is known then; or of one of its points.
Place place_of(const Run& run, Role role);
Place place_at(const Run& run, const Series& series, const Curve& curve, std::size_t index);

/// "an estimate over n seeds": mean with its range as interval.
Estimate over_seeds(const Runs& runs, const std::function<double(const Run&)>& of);

/// Counter-evidence for every card that explains a loss of quality: the experiment did not lose any.
void weigh_outcome(const Case& c, Scored& scored);
/// "`lr` 0.03 → 2" of a config difference.
std::string say_change(const ConfigDifference& difference);
/// Both values of a numeric difference; nullopt when one is missing or not a number.
struct NumberChange {
  double from, to;
};
std::optional<NumberChange> number_change(const ConfigDifference* difference);

// The list of cards, in the order of the report (detectors.cpp).
extern const Detector divergence, lr_too_high, lr_too_low, overfitting, gradient_clipping_saturated, inert_mechanism,
    mechanism_saturated, manifold_drift, loss_spikes_recovering, compute_inefficient_gain, truncated_run,
    seed_noise_only;
extern const Detector exploding_gradients, vanishing_gradients, dead_units, bad_initialization, excessive_weight_decay,
    warmup_instability, schedule_mismatch, momentum_mismatch, beta2_mismatch, attention_logit_growth,
    precision_loss_scale_collapse;
extern const Detector capacity_limited, batch_too_small, batch_too_large, label_noise, over_regularization,
    eval_bug_or_leak, distribution_shift, resume_discontinuity, proxy_failure, throughput_regression,
    slow_start_pays_off, confounded_config;
extern const Detector loss_spikes_nonrecovering, data_batch_anomaly;
extern const Detector saturated_activations, output_logit_drift, adam_epsilon_dominates, rank_collapse, undertrained,
    early_gain_washes_out, update_scale_mismatch, edge_of_stability_oscillation, schedule_restart_or_lr_bug;

}  // namespace expanalyze
