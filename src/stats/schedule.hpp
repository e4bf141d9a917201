// What a learning rate did over a run, in the form that loss laws need: its sum, and where it fell.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace expanalyze::stats {

/// One fall (or rise, negative) of the learning rate, in shares of its peak. A jump has from == to.
struct RateFall {
  double from, to;            ///< steps
  double area_from, area_to;  ///< Schedule::area() there
  double rate;                ///< behind the fall's middle, share of the peak
  double fall;
};

/// The learning rate relative to its peak, from the end of the warm-up on.
class Schedule {
 public:
  Schedule() = default;
  /// `step` rises; `rate` is as logged. A log that begins at the peak had its warm-up before: linear from 0.
  Schedule(std::span<const double> step, std::span<const double> rate);

  [[nodiscard]] bool empty() const { return step_.empty(); }
  [[nodiscard]] double warm_up_end() const { return step_.empty() ? 0 : step_.front(); }
  [[nodiscard]] double end() const { return step_.empty() ? 0 : step_.back(); }
  /// Peak-rate steps spent in the warm-up.
  [[nodiscard]] double warm_up_area() const { return warm_up_area_; }
  /// Peak-rate steps since the warm-up's end; the last rate is held behind the end of the log.
  [[nodiscard]] double area(double step) const;
  /// Share of the peak at a step.
  [[nodiscard]] double rate(double step) const;
  /// In the order of steps, about kMostFalls at most: neighbouring small falls are one.
  [[nodiscard]] const std::vector<RateFall>& falls() const { return falls_; }
  /// Never below 99 % of its peak behind the warm-up.
  [[nodiscard]] bool constant() const;
  /// The same family of schedule, planned to end at `end`: the warm-up stays, what follows is compressed or stretched.
  [[nodiscard]] Schedule planned_to_end_at(double end) const;
  /// Its rates up to its end, and those of `other` behind it, each in shares of its own peak.
  [[nodiscard]] Schedule continued_by(const Schedule& other) const;
  /// The largest difference to `other` between the warm-up ends and the earlier end, in shares of the peak; inf where
  /// they have nothing in common.
  [[nodiscard]] double largest_difference(const Schedule& other) const;

  static constexpr std::size_t kMostFalls = 200;

 private:
  void find_falls();
  [[nodiscard]] std::size_t interval_of(double step) const;

  std::vector<double> step_, rate_, area_;
  std::vector<bool> jump_;  ///< the rate jumps at this point and held the one before until then
  std::vector<RateFall> falls_;
  double warm_up_area_ = 0;
};

}  // namespace expanalyze::stats
