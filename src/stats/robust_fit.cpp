#include "stats/robust_fit.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "stats/descriptive.hpp"

namespace expanalyze::stats {

namespace {

constexpr int kMostSteps = 300;
constexpr double kSettled = 1e-10;  // relative fall of the objective
constexpr double kDelta = 1e-5;     // of a parameter, for derivatives; parameters are logarithms of order one

using Eigen::MatrixXd;
using Eigen::VectorXd;

std::span<const double> span_of(const VectorXd& v) { return {v.data(), static_cast<std::size_t>(v.size())}; }
std::span<double> span_of(VectorXd& v) { return {v.data(), static_cast<std::size_t>(v.size())}; }

/// One start on its way down. Its matrices are allocated once.
class Descent {
 public:
  Descent(const FitProblem& problem, const std::vector<double>& start)
      : problem_(problem),
        p_(Eigen::Map<const VectorXd>(start.data(), static_cast<Eigen::Index>(start.size()))),
        r_(static_cast<Eigen::Index>(problem.points)),
        trial_r_(r_.size()),
        weights_(r_.size()),
        jacobian_(r_.size(), p_.size()) {
    evaluate(p_, r_);
    objective_ = objective(p_, r_);
  }

  void run() {
    for (int i = 0; i < kMostSteps && std::isfinite(objective_) && !converged_; ++i)
      if (!step()) return;
  }

  [[nodiscard]] double objective() const { return objective_; }

  [[nodiscard]] Fit result() {
    Fit out;
    out.parameters.assign(p_.begin(), p_.end());
    out.objective = objective_;
    out.converged = converged_;
    out.residual_sd = mad(span_of(std::as_const(r_)));
    normal_equations();
    const double inflation = correlation_time() * out.residual_sd * out.residual_sd / (problem_.sigma * problem_.sigma);
    // The data are worth what their residuals show; the priors what they say.
    MatrixXd precision = jacobian_.transpose() * weights_.asDiagonal() * jacobian_ / std::max(inflation, 1e-12);
    for (Eigen::Index j = 0; j < p_.size(); ++j)
      if (const auto& prior = problem_.priors[static_cast<std::size_t>(j)]; prior.sd > 0)
        precision(j, j) += 1 / (prior.sd * prior.sd);
    const MatrixXd covariance = precision.inverse();
    out.covariance.assign(covariance.data(), covariance.data() + covariance.size());
    return out;
  }

 private:
  void evaluate(const VectorXd& p, VectorXd& r) const { problem_.residuals(span_of(p), span_of(r)); }

  [[nodiscard]] double weight(Eigen::Index i) const {
    return problem_.weights.empty() ? 1 : problem_.weights[static_cast<std::size_t>(i)];
  }

  [[nodiscard]] double objective(const VectorXd& p, const VectorXd& r) const {
    const double delta = problem_.huber;
    double sum = 0;
    for (Eigen::Index i = 0; i < r.size(); ++i) {
      const double size = std::abs(r[i]);
      sum += weight(i) * (size < delta ? size * size : 2 * delta * size - delta * delta);
    }
    sum /= problem_.sigma * problem_.sigma;
    for (Eigen::Index j = 0; j < p.size(); ++j)
      if (const auto& prior = problem_.priors[static_cast<std::size_t>(j)]; prior.sd > 0)
        sum += std::pow((p[j] - prior.mean) / prior.sd, 2);
    return sum;
  }

  void normal_equations() {
    VectorXd moved = p_;
    VectorXd ahead(r_.size());
    for (Eigen::Index j = 0; j < p_.size(); ++j) {
      moved[j] = p_[j] + kDelta;
      evaluate(moved, ahead);
      moved[j] = p_[j] - kDelta;
      evaluate(moved, trial_r_);
      jacobian_.col(j) = (ahead - trial_r_) / (2 * kDelta);
      moved[j] = p_[j];
    }
    for (Eigen::Index i = 0; i < r_.size(); ++i)
      weights_[i] =
          weight(i) * std::min(1.0, problem_.huber / std::max(1e-300, std::abs(r_[i]))) / std::pow(problem_.sigma, 2);
    hessian_ = jacobian_.transpose() * weights_.asDiagonal() * jacobian_;
    gradient_ = jacobian_.transpose() * weights_.asDiagonal() * r_;
    for (Eigen::Index j = 0; j < p_.size(); ++j) {
      const auto& prior = problem_.priors[static_cast<std::size_t>(j)];
      if (!(prior.sd > 0)) continue;
      hessian_(j, j) += 1 / (prior.sd * prior.sd);
      gradient_[j] += (p_[j] - prior.mean) / (prior.sd * prior.sd);
    }
  }

  bool step() {
    normal_equations();
    constexpr int kTries = 30;
    for (int t = 0; t < kTries; ++t, damping_ *= 4) {
      MatrixXd damped = hessian_;
      damped.diagonal() *= 1 + damping_;
      const VectorXd trial = p_ - damped.ldlt().solve(gradient_);
      evaluate(trial, trial_r_);
      const double reached = objective(trial, trial_r_);
      if (!(reached < objective_)) continue;
      converged_ = objective_ - reached < kSettled * objective_;
      p_ = trial;
      r_.swap(trial_r_);
      objective_ = reached;
      damping_ = std::max(damping_ / 5, 1e-12);
      return true;
    }
    converged_ = true;  // no direction leads down
    return false;
  }

  /// Integrated autocorrelation time of the residuals, as of a first-order autoregression: (1 + a) / (1 - a).
  [[nodiscard]] double correlation_time() const {
    const double a = lag1_autocorrelation(span_of(std::as_const(r_)));
    constexpr double kMost = 0.95;
    return std::isfinite(a) && a > 0 ? (1 + std::min(a, kMost)) / (1 - std::min(a, kMost)) : 1;
  }

  const FitProblem& problem_;
  VectorXd p_, r_, trial_r_, weights_;
  MatrixXd jacobian_, hessian_;
  VectorXd gradient_;
  double objective_ = std::numeric_limits<double>::infinity();
  double damping_ = 1e-3;
  bool converged_ = false;
};

}  // namespace

Fit robust_fit(const FitProblem& problem, std::span<const std::vector<double>> starts) {
  Fit best;
  best.objective = std::numeric_limits<double>::infinity();
  if (problem.points == 0) return best;
  for (const auto& start : starts) {
    Descent descent(problem, start);
    descent.run();
    if (descent.objective() < best.objective) best = descent.result();
  }
  return best;
}

double variance_of(const Fit& fit, const std::function<double(std::span<const double>)>& f) {
  const auto k = static_cast<Eigen::Index>(fit.parameters.size());
  VectorXd moved = Eigen::Map<const VectorXd>(fit.parameters.data(), k);
  VectorXd gradient(k);
  for (Eigen::Index j = 0; j < k; ++j) {
    const double at = moved[j];
    moved[j] = at + kDelta;
    const double ahead = f(span_of(std::as_const(moved)));
    moved[j] = at - kDelta;
    gradient[j] = (ahead - f(span_of(std::as_const(moved)))) / (2 * kDelta);
    moved[j] = at;
  }
  const Eigen::Map<const MatrixXd> covariance(fit.covariance.data(), k, k);
  return gradient.dot(covariance * gradient);
}

}  // namespace expanalyze::stats
