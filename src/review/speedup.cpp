// A loss that lies δ off moves the crossing by δ / |dL / d ln x|, in ln x. That carries both the scatter of the records
// (blocks of residuals drawn anew, Politis & Romano 1994, the same blocks for both sides when they saw the same
// batches) and the luck of a seed (m(u) σ_s, B1.1) to ln S, at the last level too, where a drawn curve would often end
// above it.
#include "review/speedup.hpp"

#include <algorithm>
#include <cmath>

#include "review/seed_noise.hpp"
#include "stats/bootstrap.hpp"
#include "stats/descriptive.hpp"
#include "stats/distributions.hpp"

namespace expanalyze {

namespace {

constexpr std::size_t kResamples = 200;
constexpr double kNormal975 = 1.959964;
constexpr double kWidest = 4.6;  // ln 100: where a curve is so flat, a level says nothing of when it is reached

/// `n` levels from `from` down to `to`, even in the logarithm where both are positive, or both negative.
std::vector<double> spread_levels(double from, double to, std::size_t n) {
  std::vector<double> out;
  const bool logarithmic = from * to > 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(n - 1);
    out.push_back(logarithmic ? from * std::pow(to / from, share) : from + share * (to - from));
  }
  out.back() = to;
  return out;
}

double seeds_of(const SideCurve& curve) { return std::max(1.0, static_cast<double>(curve.seeds.size())); }

/// s.d. of one seed's luck at a point of the run, as the end and the measured multiple of it have it (B1.1).
double believed_luck(const SideCurve& curve, double x, double sd) { return progress_multiplier(x / curve.end()) * sd; }

/// How far the seeds themselves lie apart where their mean crosses a level, in units of the believed luck.
struct Scatter {
  double squares = 0, df = 0;
};
void add_scatter(const SideCurve& curve, double x, double believed, Scatter& out) {
  std::vector<double> there;
  for (const SideCurve& seed : curve.seeds)
    if (seed.end() >= x) there.push_back(along(seed, seed.smoothed, x) / believed);
  if (there.size() < 2) return;
  const auto df = static_cast<double>(there.size() - 1);
  out.squares += stats::variance(there) * df;
  out.df += df;
}

/// Residuals of the records on the scale of a single record.
std::vector<double> residuals(const SideCurve& curve) {
  std::vector<double> out;
  for (std::size_t i = 0; i < curve.x.size(); ++i)
    out.push_back((curve.mean[i] - curve.smoothed[i]) * std::sqrt(curve.weight[i]));
  return out;
}

/// Draws one side anew and writes how far each crossing moves in ln x.
class Redrawn {
 public:
  Redrawn(const SideCurve& curve, const std::vector<double>& at, const std::vector<double>& fall, std::uint64_t key)
      : curve_(curve),
        at_(at),
        fall_(fall),
        residuals_(residuals(curve)),
        draw_(curve.x.size(), stats::block_length(residuals_), key),
        drawn_(curve.x.size()) {
    for (const double x : at) before_.push_back(along(curve, curve.smoothed, x));
  }

  void next(std::vector<double>& moved) {
    moved.assign(at_.size(), 0);
    if (!curve_.noisy) return;
    draw_.next(index_);
    for (std::size_t i = 0; i < drawn_.size(); ++i)
      drawn_[i] = curve_.smoothed[i] + residuals_[index_[i]] / std::sqrt(curve_.weight[i]);
    const std::vector<double> again = smoothed(curve_.x, drawn_);
    for (std::size_t k = 0; k < at_.size(); ++k) moved[k] = (along(curve_, again, at_[k]) - before_[k]) / fall_[k];
  }

 private:
  const SideCurve& curve_;
  const std::vector<double>&at_, &fall_;
  std::vector<double> residuals_, before_;
  stats::BlockDraw draw_;
  std::vector<std::size_t> index_;
  std::vector<double> drawn_;
};

/// A level that the untrained model has is crossed at the first step.
double first_positive(const SideCurve& curve) { return curve.x.front() > 0 ? curve.x.front() : curve.x[1]; }

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (b[i] != 0) sum += a[i] * b[i];
  return sum;
}

}  // namespace

Speedup::Speedup(const SideCurve& b, const SideCurve& e, double from, SeedLuck luck, bool paired) : df_(luck.df) {
  if (b.empty() || e.empty()) return;
  const double start = std::min(along(b, b.falling, from), along(e, e.falling, from));
  const double end = std::max(b.falling.back(), e.falling.back());
  if (!(start > end)) return;
  levels_ = spread_levels(start, end, kLevels);
  for (const double level : levels_) {
    at_b_.push_back(std::max(first_at(b, level), first_positive(b)));
    at_e_.push_back(std::max(first_at(e, level), first_positive(e)));
  }
  for (const double x : at_b_) fall_b_.push_back(fall_per_efold(b, x));
  for (const double x : at_e_) fall_e_.push_back(fall_per_efold(e, x));
  put_luck(b, e, luck);
  draw(b, e, paired);
}

/// What one s.d. of the luck in the mean of a side moves ln x at each crossing. Seeds that disagree there by more than
/// they do at the end count as they stand, moderated by what is believed as the final value is (Smyth 2004); seeds that
/// agree do not narrow it.
void Speedup::put_luck(const SideCurve& b, const SideCurve& e, SeedLuck luck) {
  for (std::size_t k = 0; k < levels_.size(); ++k) {
    const double luck_b = believed_luck(b, at_b_[k], luck.sd), luck_e = believed_luck(e, at_e_[k], luck.sd);
    Scatter seen;
    if (luck.sd > 0) {
      add_scatter(b, at_b_[k], luck_b, seen);
      add_scatter(e, at_e_[k], luck_e, seen);
    }
    const double believed = std::max(0.0, luck.df - seen.df);
    const double wider = seen.df > 0 ? std::sqrt(std::max(1.0, (believed + seen.squares) / (believed + seen.df))) : 1;
    luck_b_.push_back(wider * luck_b / (std::sqrt(seeds_of(b)) * fall_b_[k]));
    luck_e_.push_back(wider * luck_e / (std::sqrt(seeds_of(e)) * fall_e_[k]));
  }
}

void Speedup::draw(const SideCurve& b, const SideCurve& e, bool paired) {
  if (!b.noisy && !e.noisy) return;
  const bool together = paired && b.x == e.x;
  Redrawn one(b, at_b_, fall_b_, stats::key_of(b.mean));
  Redrawn other(e, at_e_, fall_e_, together ? stats::key_of(b.mean) : stats::key_of(e.mean));
  std::vector<double> moved_b, moved_e;
  for (std::size_t r = 0; r < kResamples; ++r) {
    one.next(moved_b);
    other.next(moved_e);
    for (std::size_t k = 0; k < moved_b.size(); ++k) moved_b[k] -= moved_e[k];
    drawn_.push_back(moved_b);
  }
}

Estimate Speedup::weighted(const std::vector<double>& log_s, const std::vector<double>& weights, double confidence,
                           double extra) const {
  const double value = dot(log_s, weights);
  if (!(df_ > 0)) return bare(value, "no_seed_sd");
  std::vector<double> moved;
  for (const auto& one : drawn_) moved.push_back(dot(one, weights));
  const double scatter = moved.empty() ? 0 : stats::sd(moved);
  const double luck = std::hypot(dot(luck_b_, weights), dot(luck_e_, weights));
  const double z = kNormal975 * stats::normal_quantile(0.5 + confidence / 2) / stats::normal_quantile(0.975);
  const double t = stats::student_t_quantile(0.5 + confidence / 2, df_);
  const double half = std::sqrt(z * z * (scatter * scatter + extra) + t * t * luck * luck);
  if (!(half < kWidest)) return bare(value, "flat_curve");
  return {value, value - half, value + half, confidence, kLevels, {}};
}

std::vector<double> Speedup::trend_weights() const {
  std::vector<double> t;
  for (std::size_t k = 0; k < levels_.size(); ++k) t.push_back(0.5 * std::log(at_b_[k] * at_e_[k]));
  const double centre = stats::mean(t);
  double squares = 0;
  for (double& v : t) v -= centre, squares += v * v;
  for (double& v : t) v /= squares;
  return t;
}

std::vector<double> Speedup::early_weights() {
  std::vector<double> out(kLevels, 0);
  std::fill_n(out.begin(), kEarly, 1.0 / kEarly);
  return out;
}

std::vector<double> Speedup::only(std::size_t level) {
  std::vector<double> out(kLevels, 0);
  out[level] = 1;
  return out;
}

}  // namespace expanalyze
