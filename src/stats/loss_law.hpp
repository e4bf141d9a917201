// Laws that say how a loss falls with training, so that a budget nobody ran can be judged.
#pragma once

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "stats/robust_fit.hpp"
#include "stats/schedule.hpp"

namespace expanalyze::stats {

enum class LossLaw {
  power,        ///< L = L0 + A S^-a; for a constant learning rate
  multi_power,  ///< Luo et al. 2025, "A multi-power law for loss curve prediction", arXiv:2503.12811
  annealing,    ///< Tissue et al. 2024, "Scaling law with learning rate annealing", arXiv:2408.11029
};

/// How the annealing term of a law answers to a fall of the learning rate; rates are shares of the peak, areas are
/// peak-rate steps.
struct LawShape {
  // multi_power: 1 - (C rate^-gamma area + 1)^-beta. The measured values of three model sizes agree (handbook C3.2).
  double c = 0.115, beta = 0.59, gamma = 0.64;
  double lambda = 0.999;  ///< annealing: the memory of a step
};

/// One run as a law sees it. The spans and the schedule are someone else's.
struct LawCurve {
  std::span<const double> step, loss;  ///< loss > 0, behind the warm-up
  const Schedule* schedule = nullptr;
};

class FittedLaw {
 public:
  /// Loss at a step of a schedule, not only of the one it was fitted to.
  [[nodiscard]] double at(const Schedule& schedule, double step) const;
  /// Of ln loss there, from the uncertainty of the parameters alone.
  [[nodiscard]] double log_variance(const Schedule& schedule, double step) const;
  /// ln loss at `to` minus ln loss at `from`, each with its schedule: variance from the parameters.
  [[nodiscard]] double log_change_variance(const Schedule& a, double from, const Schedule& b, double to) const;

  [[nodiscard]] bool empty() const { return fit_.parameters.empty(); }
  [[nodiscard]] LossLaw law() const { return law_; }
  [[nodiscard]] double floor() const;      ///< L0
  [[nodiscard]] double scale() const;      ///< A, at reference_area()
  [[nodiscard]] double exponent() const;   ///< a
  [[nodiscard]] double annealing() const;  ///< B' (multi_power) or C (annealing) in units of the loss; 0: power
  [[nodiscard]] double reference_area() const { return reference_; }
  [[nodiscard]] const LawShape& shape() const { return shape_; }
  [[nodiscard]] const Fit& fit() const { return fit_; }

  friend FittedLaw fit_law(LossLaw, std::span<const LawCurve>, const LawShape&, bool);
  friend FittedLaw refit(const FittedLaw&, std::span<const LawCurve>);
  friend FittedLaw known_law(LossLaw, const std::array<double, 4>&, const LawShape&, double);

 private:
  /// From every start, or from `like` where there is one.
  void descend(std::span<const LawCurve> curves, bool free_shape, const FittedLaw* like);
  /// The covariance that is left of the first `parameters` when the others are integrated out.
  void keep(std::size_t parameters);

  LossLaw law_ = LossLaw::power;
  LawShape shape_;
  double reference_ = 1;
  Fit fit_;
};

/// Huber residuals of ln loss. L0, A, a and the annealing's size are free, the shape is not: seven free parameters run
/// away along C·beta·B and predict worse (handbook C3.2). `free_shape`: C, beta and gamma follow the data within
/// priors of 25, 10 and 8 %; for three schedules or more. Several curves count alike however densely they were logged,
/// and each has the luck of its own seed, which the law leaves out.
FittedLaw fit_law(LossLaw law, std::span<const LawCurve> curves, const LawShape& shape = {}, bool free_shape = false);

/// The same law, with a fixed shape, to other points: begins where `like` ended, and so costs one descent.
FittedLaw refit(const FittedLaw& like, std::span<const LawCurve> curves);

/// 95 % interval of L0 by the profile of the likelihood, without the prior of the exponent: what the curve itself says,
/// also where L0 and a trade against each other (handbook C2). low 0: a law without a floor fits as well, and the
/// irreducible loss is not identified.
struct FloorInterval {
  double low = 0, high = 0;
};
FloorInterval floor_interval(const FittedLaw& law, const LawCurve& curve);

/// A law with given L0, A (at `reference_area` peak-rate steps), a and size of the annealing.
FittedLaw known_law(LossLaw law, const std::array<double, 4>& parameters, const LawShape& shape, double reference_area);

/// Geometric mean of what several laws fitted to the same curves say. Multi-power and annealing law err differently:
/// each of three public 25 M curves is predicted from the other two with R² .9987 by the mean, .9984 and .9981 alone.
double mean_at(std::span<const FittedLaw> laws, const Schedule& schedule, double step);

/// Answer of the law to the falls of the learning rate up to `step`; times annealing() it is the loss it took away.
double annealed(LossLaw law, const Schedule& schedule, double step, const LawShape& shape);

}  // namespace expanalyze::stats
