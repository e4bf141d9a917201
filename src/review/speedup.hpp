// How much sooner the experiment stands at a level than the baseline, with its uncertainty (science handbook B2.3).
#pragma once

#include "review/side_curve.hpp"
#include "stats/compare.hpp"

namespace expanalyze {

/// What is known of one seed's luck: standard deviation of its final value and the degrees of freedom behind it.
struct SeedLuck {
  double sd = 0, df = 0;  ///< df 0: nothing is known, and no interval can be given
};

/// ln S at the levels, and what moves it: the scatter of records within the runs, and the luck of the seeds.
class Speedup {
 public:
  static constexpr std::size_t kLevels = 20;  // B2.3
  static constexpr std::size_t kEarly = 7;    // the first third of them

  /// Levels lie between the better of the two losses at step `from` and the worse of the two ends; none when these
  /// cross.
  Speedup(const SideCurve& baseline, const SideCurve& experiment, double from, SeedLuck luck, bool paired);

  [[nodiscard]] bool empty() const { return levels_.empty(); }
  [[nodiscard]] const std::vector<double>& levels() const { return levels_; }  ///< oriented: lower is better
  [[nodiscard]] const std::vector<double>& baseline() const { return at_b_; }  ///< first crossings, steps
  [[nodiscard]] const std::vector<double>& experiment() const { return at_e_; }
  /// A weighted sum of ln S over the levels, with its interval; `log_s` are those of an axis, which share the spread of
  /// the steps. `extra` is a further variance.
  [[nodiscard]] Estimate weighted(const std::vector<double>& log_s, const std::vector<double>& weights,
                                  double confidence = 0.95, double extra = 0) const;
  /// Weights that give the slope of ln S over ln t, t the geometric mean of the two crossings.
  [[nodiscard]] std::vector<double> trend_weights() const;
  [[nodiscard]] static std::vector<double> early_weights();
  [[nodiscard]] static std::vector<double> only(std::size_t level);

 private:
  void put_luck(const SideCurve& b, const SideCurve& e, SeedLuck luck);
  void draw(const SideCurve& b, const SideCurve& e, bool paired);

  std::vector<double> levels_, at_b_, at_e_;
  std::vector<double> fall_b_, fall_e_;     ///< of the loss an e-fold of steps, there
  std::vector<double> luck_b_, luck_e_;     ///< what one s.d. of a seed's luck moves ln S at each level
  std::vector<std::vector<double>> drawn_;  ///< deviations of ln S in resamples of blocks of records
  double df_ = 0;
};

}  // namespace expanalyze
