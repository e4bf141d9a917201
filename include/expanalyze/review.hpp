// Step 1, Metric Review: what happened, with which uncertainty (science handbook B).
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "expanalyze/estimate.hpp"
#include "expanalyze/run_store.hpp"

namespace expanalyze {

enum class Direction { min, max };
enum class Axis { step, tokens, wall, flops };
inline constexpr std::array<Axis, 4> kAxes{Axis::step, Axis::tokens, Axis::wall, Axis::flops};
/// Improved … inconclusive as in B7; not_assessable: the axis is missing from the logs.
enum class Verdict { improved, neutral, regressed, failed, inconclusive, not_assessable };

std::string_view to_string(Direction);
std::string_view to_string(Axis);
std::string_view to_string(Verdict);

struct ReviewOptions {
  std::string metric;                  ///< --metric: as logged or canonical; empty: chosen by role
  std::optional<Direction> direction;  ///< --direction
  std::optional<double> forecast;      ///< --forecast: a step that a side has not reached
};

/// One setting that the two sides do not share (D0.5).
struct ConfigDifference {
  enum class Class { declared, consequential, benign };
  std::string key;
  ConfigValue baseline, experiment;  ///< monostate: absent on that side
  Class cls = Class::consequential;
};
std::string_view to_string(ConfigDifference::Class);

/// The quantity that the verdict is about.
struct Metric {
  std::string name;  ///< as the baseline logged it
  Direction direction = Direction::min;
  Role role = Role::none;
  std::string why;  ///< "the only evaluation loss that both sides log", "--metric"
};

/// How one run ended (A7, D-36).
struct RunEnd {
  std::size_t run = 0;                      ///< position in the comparison: baselines first
  double last_step = 0;                     ///< of the training or evaluation rows, whichever is later
  double planned_steps = 0;                 ///< from the config or the log; 0: unknown
  double first_value = 0, final_value = 0;  ///< of the metric, as logged; NaN: none
  double best_value = 0, best_step = 0;     ///< printed, never used for the verdict (selection bias)
  bool failed = false;
  std::string failure;  ///< one sentence; empty if it did not fail
  std::optional<Place> first_non_finite;
};

/// Do the two sides see the same batches in the same order (B1.2)?
struct Pairing {
  bool paired = false;
  bool identical =
      false;  ///< every common logged value of the metric and the training loss is the same to the last digit
  double correlation = std::numeric_limits<double>::quiet_NaN();  ///< Spearman, of detrended training losses
  int lag = 0;                                                    ///< records
  std::size_t n = 0;                                              ///< common steps it rests on
  std::string why;                                                ///< one sentence
};

struct AxisVerdict {
  Axis axis = Axis::step;
  Verdict verdict = Verdict::not_assessable;
  double at = 0;                  ///< where the sides were compared: steps, tokens, seconds or FLOPs
  Estimate baseline, experiment;  ///< metric there, mean over seeds
  Estimate difference;            ///< experiment − baseline, as logged (not oriented)
  double ratio = 1;               ///< experiment's total over baseline's on this axis
  std::string why;                ///< one sentence that carries the numbers
  /// Unequal budgets: had the side that went on been planned to end at `at` (B6.2). NaN: budgets equal, or unknown.
  Estimate planned_difference{};
  Verdict planned = Verdict::not_assessable;
  std::string planned_how{};  ///< the law or the price of a budget that this rests on, or why neither serves
};

enum class SeedSdSource { observed, prior, controls, none };
std::string_view to_string(SeedSdSource);

/// What stands for the end of a run (B3.1).
struct FinalWindow {
  enum class Kind {
    last,       ///< the last evaluation: the set is fixed, so that reading it again adds nothing
    mean,       ///< mean over a level tail
    slope,      ///< local-linear fit at the last step, the learning rate was falling
    difference  ///< the paired difference of the sides over their common tail
  };
  Kind kind = Kind::last;
  double from_step = 0, to_step = 0;  ///< of the tail
  std::size_t records = 0;            ///< in the tail of a run
  double se = 0;  ///< of the difference of the sides, from the scatter within the runs alone; 0 for `last`
};
std::string_view to_string(FinalWindow::Kind);

/// A test besides the moderated t that decides (B4.2).
struct OtherTest {
  std::string name;     ///< "Welch", "permutation", "BCa bootstrap", "paired by seed"
  Estimate difference;  ///< experiment − baseline with its own interval; unknown interval for the permutation test
  double p = std::numeric_limits<double>::quiet_NaN();        ///< two-sided; NaN: the test gives none
  double least_p = std::numeric_limits<double>::quiet_NaN();  ///< the smallest that it could give; NaN: 0
};

struct FinalQuality {
  Estimate baseline, experiment;  ///< mean over seeds at the last common step
  Estimate difference;            ///< experiment − baseline; 95 % moderated t
  Estimate relative;              ///< difference / baseline
  /// The sides' own ends, wherever they lie: what was got for what was spent in all. The same where both ended
  /// together.
  Estimate at_ends;
  double baseline_end = std::numeric_limits<double>::quiet_NaN();
  double equivalence_low = 0, equivalence_high = 0;  ///< 90 % interval used for TOST (B4.3)
  double sesoi = 0;                                  ///< smallest difference of interest, in units of the metric (B4.4)
  std::string sesoi_source;
  double seed_sd = 0;  ///< s.d. between seeds, in units of the metric
  double seed_sd_low = 0, seed_sd_high = std::numeric_limits<double>::infinity();  ///< at 95 %, from its df
  double seed_sd_df = 0;                                                           ///< degrees of freedom it is worth
  std::size_t seed_sd_runs = 0;  ///< it rests on, controls included; 0: on the prior alone
  std::string seed_sd_why;       ///< "measured on 6 control runs in 2 groups", "prior for …"
  SeedSdSource seed_sd_source = SeedSdSource::none;
  std::size_t seeds_needed = 0;    ///< more seeds per side that would settle it; 0: settled, or not worth chasing
  bool not_worth_chasing = false;  ///< open, and 50 seeds per side would not settle it (B4.6)
  double at_step = 0;
  FinalWindow window;
  std::vector<OtherTest> other_tests;
  std::string plateau;  ///< B3.3 as a sentence
  std::vector<std::string> sentences;
};

/// The metric of one side at a step it has not logged (C4).
struct Forecast {
  bool of_baseline = false;
  double at_step = 0;
  Estimate value;   ///< 90 %, of the mean of the side's runs; NaN: refused
  std::string how;  ///< the law, its learning rate and the achieved coverage, or why it is refused (C5)
};

/// Where the curves cross, and whether they would (C6).
struct Crossing {
  double observed_step = 0;  ///< the last step at which the mean curves cross for good; 0: they do not
  double probability = std::numeric_limits<double>::quiet_NaN();  ///< that the side behind is ahead at `horizon`
  double horizon = 0;                                             ///< steps
  double step = 0, step_low = 0, step_high = 0;                   ///< median crossing with its 80 % interval
  std::string why;                                                ///< one sentence; empty: nothing to say
};

struct SpeedupLevel {
  double level = 0;                               ///< value of the metric
  double baseline_step = 0, experiment_step = 0;  ///< first crossing; +inf: censored, not reached
  double speedup = 0;                             ///< ratio; NaN if one is censored
};

/// S(L) on one axis (B2.3): what the baseline spends until it stands at a level, over what the experiment spends.
struct SpeedupCurve {
  struct At {
    double level = 0;                     ///< value of the metric
    double baseline = 0, experiment = 0;  ///< spent at the first crossing, in the axis' unit; +inf: not reached
    Estimate speedup;                     ///< over 1: the experiment is there first
  };
  Axis axis = Axis::step;
  std::vector<At> levels;  ///< from the end of warm-up to the worse of the two finals, even in ln(level)
  Estimate trend;          ///< d ln S / d ln t: of the sign of -ln S for a head start that decays, 0 for a rate change
};

struct Convergence {
  enum class Early { faster, slower, same, inconclusive, not_assessable };
  Early early = Early::not_assessable;
  Estimate early_gap;  ///< mean relative gap of the loss over the early phase, e^ΔA − 1; negative: experiment lower
  double from_step = 0, to_step = 0;
  std::vector<SpeedupLevel> levels;   ///< of the baseline at 10, 25, 50, 75 and 100 % of its run (B2.2)
  std::vector<SpeedupCurve> speedup;  ///< one for each axis that both sides have
  std::vector<std::string> sentences;
};
std::string_view to_string(Convergence::Early);

struct Compute {
  double baseline_flops = 0, experiment_flops = 0;  ///< totals; 0: unknown
  std::string source;                               ///< "logged", "6ND", …
  Estimate marginal_baseline, marginal_experiment;  ///< −dL/dlnC over the last quarter (B5.1)
  Estimate average_baseline, average_experiment;    ///< (L0 − L1)/ln(C1/C0) after warm-up (B5.2)
  Estimate kappa;                                   ///< −∂L/∂ln C between budgets (B5), nats per e-fold
  std::string kappa_source;
  Estimate gain, net_gain;  ///< compute-equivalent gain, and net of the cost ratio
  std::vector<std::string> sentences;
};

/// Time that passed and that is no part of a step.
struct Pause {
  std::string kind;                                     ///< "start-up", "evaluation", "stalls"
  double baseline_seconds = 0, experiment_seconds = 0;  ///< mean over the runs
  double baseline_share = 0, experiment_share = 0;      ///< of the run's time
};

struct WallClock {
  enum class Justified { yes, no, undecided, not_assessable };
  std::string source;                                       ///< what the step times of both sides are read from
  Estimate baseline_step_seconds, experiment_step_seconds;  ///< medians
  Estimate ratio;                                           ///< experiment over baseline, time per step
  /// Per sample (or token), where a step of one side carries more of them than a step of the other.
  Estimate baseline_sample_seconds, experiment_sample_seconds, sample_ratio;
  std::vector<Pause> pauses;
  double baseline_seconds = 0, experiment_seconds = 0;  ///< totals, mean over seeds; 0: unknown
  double break_even = 0;                                ///< r* (B6.3); 0: unknown
  Justified justified = Justified::not_assessable;
  bool hardware_verified = false;
  std::vector<std::string> sentences;
};
std::string_view to_string(WallClock::Justified);

/// Points for a sparkline: one mean curve a side on common steps; NaN where a side has none.
struct Sketch {
  std::string name;
  std::vector<double> step, baseline, experiment;
};

/// A metric besides the primary one that both sides log (B4.7).
struct SecondaryMetric {
  Metric metric;
  Estimate baseline, experiment, difference;                     ///< at 95 %
  double p = std::numeric_limits<double>::quiet_NaN();           ///< two-sided; NaN: nothing to judge by
  double p_adjusted = std::numeric_limits<double>::quiet_NaN();  ///< Holm, over all of them
};

struct Review {
  Metric metric;
  std::vector<RunEnd> ends;  ///< baseline runs, then experiment runs
  std::vector<ConfigDifference> config_diff;
  bool config_known = false;  ///< both sides have a config
  Pairing pairing;
  std::vector<AxisVerdict> axes;  ///< one for each of kAxes, in that order
  Verdict overall = Verdict::not_assessable;
  Axis primary_axis = Axis::step;
  std::vector<std::string> modifiers;  ///< but_slower, but_costlier, early_only, confounded
  std::string headline;                ///< the review in one sentence
  FinalQuality final_quality;
  Convergence convergence;
  Compute compute;
  WallClock wall;
  std::vector<Forecast> forecasts;
  Crossing crossing;
  std::vector<Sketch> sketches;
  std::vector<SecondaryMetric> secondary;
  bool controls_used = false;  ///< the luck of a seed was measured on Comparison::controls
  std::vector<Note> notes;
};

/// Throws Error{input} when the sides share no metric.
Review review_runs(const RunStore& runs, const Comparison& comparison, const ReviewOptions& options = {});

/// Of Comparison::experiment alone: no verdict can be given, every axis is not assessable.
Review review_alone(const RunStore& runs, const Comparison& comparison, const ReviewOptions& options = {});

const AxisVerdict& on(const Review& review, Axis axis);

}  // namespace expanalyze
