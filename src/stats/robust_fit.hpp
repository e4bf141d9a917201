// Nonlinear least squares that a few bad points cannot bend, with prior beliefs about the parameters.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace expanalyze::stats {

/// Belief about one parameter before the data: normal. sd 0: none.
struct ParameterPrior {
  double mean = 0;
  double sd = 0;
};

struct FitProblem {
  std::size_t points = 0;
  /// Writes one residual a point, in units of their own.
  std::function<void(std::span<const double> parameters, std::span<double> residuals)> residuals;
  std::vector<ParameterPrior> priors;  ///< one a parameter
  std::vector<double> weights;         ///< what each residual counts; empty: 1
  double sigma = 1e-3;                 ///< what one residual is expected to be: weighs data against priors
  double huber = 1e-3;                 ///< residuals beyond it count linearly (Huber 1964, Ann. Math. Stat. 35:73)
};

struct Fit {
  std::vector<double> parameters;  ///< empty: no start gave finite residuals
  /// Gauss-Newton, row by row: residual variance (inflated by their autocorrelation) times the inverse of J'WJ plus the
  /// priors' precision. Parameter uncertainty only: what the law itself leaves out comes on top.
  std::vector<double> covariance;
  double objective = 0;
  double residual_sd = 0;  ///< robust
  bool converged = false;  ///< by the fall of the objective, not by the number of steps
};

/// Levenberg-Marquardt with reweighting, from each of the starts; the best end is kept.
/// Moré 1978, "The Levenberg-Marquardt algorithm", LNM 630:105.
Fit robust_fit(const FitProblem& problem, std::span<const std::vector<double>> starts);

/// Variance of f(parameters) by the delta method, with a numerical gradient.
double variance_of(const Fit& fit, const std::function<double(std::span<const double>)>& f);

}  // namespace expanalyze::stats
