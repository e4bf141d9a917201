#include "stats/aftermath.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "stats/bootstrap.hpp"
#include "stats/descriptive.hpp"
#include "stats/trend.hpp"

namespace expanalyze::stats {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
// How far the true trend may leave the line, besides the bend of the line itself: s.d. of ln loss. With both, 1 of 218
// stretches of ten public per-step logs without any spike was called non-recovering; with neither 34 were, as curves
// bend in their first thousand steps and the mix of the data drifts later.
constexpr double kModel = 0.005;
constexpr std::size_t kFewest = 20;  // records a side from which a level has a standard error

/// How many records before and behind a spike are looked at (D0.1: 500 and 200).
struct Reach {
  std::size_t before, until, after;
};
constexpr Reach kDense{500, 200, 100};
constexpr Reach kSparse{250, 100, 50};

struct Part {
  std::vector<double> x, y;  // ln step, ln loss
  void add(double step, double loss) {
    if (!(step >= 0) || !(loss > 0) || !std::isfinite(loss)) return;
    x.push_back(std::log(step + 1));
    y.push_back(std::log(loss));
  }
  [[nodiscard]] std::size_t size() const { return x.size(); }
};

bool inside(std::span<const Spike> spikes, std::size_t i) {
  const auto next =
      std::upper_bound(spikes.begin(), spikes.end(), i, [](std::size_t at, const Spike& s) { return at < s.onset; });
  return next != spikes.begin() && i < std::prev(next)->end;
}

Part part(std::span<const double> step, std::span<const double> loss, std::span<const Spike> spikes, std::size_t from,
          std::size_t to) {
  Part out;
  for (std::size_t i = from; i < to; ++i)
    if (!inside(spikes, i)) out.add(step[i], loss[i]);
  return out;
}

// A line through the records before the spike, and how far it can be believed beyond them.
struct Trend {
  Line line;
  double centre = 0, squares = 0, inflation = 1;
  double bend = 0;  // what is left, on the parabola that stands square on the line
  double bent_at = 0, lean = 0;
  explicit Trend(const Part& before) : line(least_squares(before.x, before.y)), centre(mean(before.x)) {
    std::vector<double> r, parabola;
    for (std::size_t i = 0; i < before.size(); ++i) {
      const double d = before.x[i] - centre;
      squares += d * d;
      parabola.push_back(d * d);
      r.push_back(before.y[i] - at(before.x[i]));
    }
    const Line straight = least_squares(before.x, parabola);
    bent_at = straight.intercept;
    lean = straight.slope;
    double along = 0, norm = 0;
    for (std::size_t i = 0; i < r.size(); ++i) {
      const double p = parabola[i] - bent_at - lean * before.x[i];
      along += p * r[i];
      norm += p * p;
    }
    if (norm > 0) bend = along / norm;
    // Neighbours that resemble each other count (1 + phi) / (1 - phi) times less.
    const double phi = std::clamp(lag1_autocorrelation(r), 0.0, 0.95);
    if (phi > 0) inflation = (1 + phi) / (1 - phi);
  }
  [[nodiscard]] double at(double x) const { return line.intercept + line.slope * x; }
  [[nodiscard]] double variance_at(double x) const {
    const double lever = (x - centre) * (x - centre) / squares;
    return line.residual_sd * line.residual_sd * inflation * (1 / static_cast<double>(line.n) + lever);
  }
  // How far a parabola through the same records would lie from the line.
  [[nodiscard]] double bend_at(double x) const { return bend * ((x - centre) * (x - centre) - bent_at - lean * x); }
};

double half_way(std::span<const double> step, std::span<const double> loss, const Spike& spike) {
  const double half = std::log(loss[spike.peak]) - 0.5 * spike.height;
  for (std::size_t i = spike.peak + 1; i < std::min(spike.end + 1, loss.size()); ++i)
    if (loss[i] > 0 && std::log(loss[i]) <= half) return step[i] - step[spike.peak];
  return kNaN;
}

double lost(std::span<const double> step, std::span<const double> loss, const Spike& spike, const Trend& trend) {
  const double per_fold = std::max(0.0, -trend.line.slope);
  double sum = 0;
  for (std::size_t i = spike.onset; i < spike.end; ++i) {
    const double length = i + 1 < step.size() ? step[i + 1] - step[i] : i > 0 ? step[i] - step[i - 1] : 0;
    // A loss that is no number is no progress.
    const double excess = std::isfinite(loss[i]) ? std::log(loss[i]) - trend.at(std::log(step[i] + 1)) : 1e300;
    if (excess > 0) sum += length * (per_fold > 0 ? std::min(1.0, excess / per_fold) : 1);
  }
  return sum;
}

}  // namespace

Aftermath aftermath(std::span<const double> step, std::span<const double> loss, std::span<const Spike> spikes,
                    std::size_t which) {
  Aftermath out{kNaN, kNaN, kNaN, kNaN, kNaN, 0, Recovery::open};
  const Spike& spike = spikes[which];
  const double cadence = step.size() > 1 ? (step.back() - step.front()) / static_cast<double>(step.size() - 1) : 1;
  const Reach& reach = cadence >= 10 ? kSparse : kDense;
  const Part before =
      part(step, loss, spikes, spike.onset > reach.before ? spike.onset - reach.before : 0, spike.onset);
  if (before.size() < kFewest || !(loss[spike.peak] > 0)) return out;
  const Trend trend(before);
  out.half_recovery = half_way(step, loss, spike);
  out.lost_steps = lost(step, loss, spike, trend);
  // A run that stays above its level spikes again before long: what is read lies behind that too.
  std::size_t from = std::max(spike.onset + reach.until, spike.end), next = which + 1;
  for (; next < spikes.size() && spikes[next].onset < from; ++next) from = std::max(from, spikes[next].end);
  const std::size_t to =
      std::min({from + reach.after, next < spikes.size() ? spikes[next].onset : loss.size(), loss.size()});
  if (from >= to) return out;
  const Part after = part(step, loss, {}, from, to);
  if (after.size() < kFewest || !(trend.squares > 0)) return out;
  std::vector<double> above;
  for (std::size_t i = 0; i < after.size(); ++i) above.push_back(after.y[i] - trend.at(after.x[i]));
  const double se = bootstrap_se_of_mean(above);
  const double x = mean(after.x);
  const double model = kModel * kModel + trend.bend_at(x) * trend.bend_at(x);
  const double width = 1.96 * std::sqrt(trend.variance_at(x) + se * se + model);
  out.offset = mean(above);
  out.low = out.offset - width;
  out.high = out.offset + width;
  out.records = after.size();
  if (std::isfinite(width)) out.recovery = out.low > 0 ? Recovery::nonrecovering : Recovery::recovering;
  return out;
}

}  // namespace expanalyze::stats
