#include "stats/robust_fit.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "stats/descriptive.hpp"
#include "stats/distributions.hpp"

namespace expanalyze::stats {

namespace {

constexpr int kMostSteps = 300;
constexpr double kSettled = 1e-10;  // relative fall of the objective
constexpr double kDelta = 1e-5;     // of a parameter, for derivatives; parameters are logarithms of order one
constexpr double kFewestDf = 2;
constexpr double kMostLost = 3;  // what the parameters may seem to have taken from the residuals' variance

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
    // The variance of a Huber estimate is E psi^2 / (E psi')^2 (Huber 1964); E psi' as of a normal, since few residuals
    // may lie within delta.
    const double within = out.residual_sd > 0 ? 2 * normal_cdf(problem_.huber / out.residual_sd) - 1 : 1;
    const double sigma2 = std::pow(problem_.sigma, 2);
    const double shown = shown_variance();
    out.sigma = std::sqrt(std::max(shown / within, 1e-18));
    normal_equations();
    // Points that the law misses by far keep their small weight: what they say of the parameters was not believed.
    const double weight = mean_weight();
    const MatrixXd believed = prior_precision();
    const MatrixXd data = (hessian_ - believed) / weight;
    const MatrixXd bread = (within * data + believed).inverse();
    const MatrixXd covariance = bread * (shown / sigma2 * data + believed) * bread;
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

  /// Mean square of the bounded residuals, times their correlation time, for the parameters that were fitted and for
  /// the few independent ones that are left to tell (t over z).
  [[nodiscard]] double shown_variance() const {
    const VectorXd psi = r_.cwiseMin(problem_.huber).cwiseMax(-problem_.huber);
    const auto n = static_cast<double>(r_.size()), k = static_cast<double>(p_.size());
    const double independent = n / correlation_time(psi);
    const double df = std::max(kFewestDf, independent - k);
    const double lost = std::min(kMostLost, std::max(1.0, independent / df));
    const double t = student_t_quantile(0.975, df) / normal_quantile(0.975);
    return psi.squaredNorm() / independent * lost * t * t;
  }

  [[nodiscard]] double mean_weight() const {
    double sum = 0;
    for (const double r : r_) sum += std::min(1.0, problem_.huber / std::max(1e-300, std::abs(r)));
    return sum / static_cast<double>(r_.size());
  }

  [[nodiscard]] MatrixXd prior_precision() const {
    MatrixXd out = MatrixXd::Zero(p_.size(), p_.size());
    for (Eigen::Index j = 0; j < p_.size(); ++j)
      if (const auto& prior = problem_.priors[static_cast<std::size_t>(j)]; prior.sd > 0)
        out(j, j) = 1 / (prior.sd * prior.sd);
    return out;
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

  /// Integrated autocorrelation time of the residuals, as of a first-order autoregression: (1 + a) / (1 - a). That of
  /// the residuals of k parameters is (k + (k + 2) a) / n too low (Kendall 1954, Biometrika 41:403, for k = 1).
  [[nodiscard]] double correlation_time(const VectorXd& psi) const {
    const auto n = static_cast<double>(psi.size()), k = static_cast<double>(p_.size());
    constexpr double kMost = 0.95;
    const double seen = lag1_autocorrelation(span_of(psi));
    const double a = (seen + k / n) / std::max(0.5, 1 - (k + 2) / n);
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
  if (!problem.rescales || best.parameters.empty()) return best;
  FitProblem again = problem;
  again.rescales = false;
  again.sigma = std::max(problem.sigma, best.sigma);
  return robust_fit(again, std::span(&std::as_const(best.parameters), 1));
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
