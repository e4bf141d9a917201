#include "diagnosis/reaction.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "stats/descriptive.hpp"
#include "stats/distributions.hpp"
#include "stats/rank.hpp"

namespace expanalyze {

namespace {

constexpr int kMostLag = 30;
constexpr std::size_t kOrder = 10;
// Below this the threshold of one pair exceeds 0.4, and only copies pass it.
constexpr std::size_t kFewest = 80;
constexpr std::size_t kMostRecords = 5000;  // that many decide; more would only cost time
constexpr std::size_t kMostSeries = 60;

/// Ranks of what is new at each record, with mean 0 and mean square 1: whitened training signals keep heavy tails, and
/// one record that is extreme in both would decide alone. Empty for a constant.
std::vector<double> news(std::span<const double> x) {
  std::vector<double> ranks = stats::average_ranks(stats::prewhiten(x, kOrder));
  const double centre = stats::mean(ranks);
  double squares = 0;
  for (double& r : ranks) {
    r -= centre;
    squares += r * r;
  }
  if (!(squares > 0)) return {};
  for (double& r : ranks) r *= std::sqrt(static_cast<double>(ranks.size()) / squares);
  return ranks;
}

double correlation_at(std::span<const double> a, std::span<const double> b, int lag) {
  const auto shift = static_cast<std::size_t>(std::abs(lag));
  const auto first = lag >= 0 ? a.first(a.size() - shift) : a.subspan(shift);
  const auto second = lag >= 0 ? b.subspan(shift) : b.first(b.size() - shift);
  double sum = 0;
  for (std::size_t i = 0; i < first.size(); ++i) sum += first[i] * second[i];
  return sum / static_cast<double>(a.size());
}

/// Time and its like: what they say of every step, they say of all.
bool measures_the_process(const Series& series) {
  switch (series.role) {
    case Role::step:
    case Role::epoch:
    case Role::tokens:
    case Role::samples:
    case Role::wall:
    case Role::timestamp:
    case Role::flops:
    case Role::step_time:
    case Role::throughput:
    case Role::memory:
      return true;
    default:
      return series.unit == Unit::seconds;
  }
}

}  // namespace

LeadLag lead_lag(std::span<const double> a, std::span<const double> b, std::size_t tried) {
  LeadLag out;
  if (a.size() != b.size() || a.size() < kFewest) return out;
  // Without the fall of the first 5 %, which all series share and no autoregression removes (as in B1.2).
  const std::size_t kept = std::min(a.size() - a.size() / 20, kMostRecords);
  const std::vector<double> na = news(a.last(kept));
  const std::vector<double> nb = news(b.last(kept));
  if (na.empty() || nb.empty()) return out;
  out.n = na.size();
  // 3.77 / sqrt n for one series: D0.4.
  const double lags = 2 * kMostLag + 1;
  out.threshold = stats::normal_quantile(1 - 0.01 / (2 * lags * static_cast<double>(std::max<std::size_t>(1, tried)))) /
                  std::sqrt(static_cast<double>(out.n));
  for (int distance = 0; distance <= kMostLag; ++distance)  // nearest first: a tie goes to the shorter delay
    for (const int lag : {distance, -distance})
      if (const double r = correlation_at(na, nb, lag); std::abs(r) > std::abs(out.correlation))
        out.correlation = r, out.lag = lag;
  return out;
}

LeadLag lead_lag(const Curve& a, const Curve& b, std::size_t tried) {
  const Common both = common_steps(a, b);
  return lead_lag(both.a, both.b, tried);
}

Reaction strongest_reaction(const Run& run, const Series& signal) {
  Reaction out;
  const Curve own = finite(trajectory(run, signal));
  std::vector<const Series*> others;
  for (const auto& series : run.series)
    if (&series != &signal && series.labels.empty() && !measures_the_process(series) &&
        series.value.size() >= kFewest && others.size() < kMostSeries)
      others.push_back(&series);
  for (const Series* other : others) {
    const LeadLag one = lead_lag(own, finite(trajectory(run, *other)), others.size());
    if (one.n == 0) continue;
    ++out.tested;
    // By the distance to its own threshold: series are of different lengths.
    if (std::abs(one.correlation) / one.threshold > std::abs(out.strongest.correlation) / out.strongest.threshold ||
        out.strongest.n == 0) {
      out.strongest = one;
      out.with = other->logged_as;
    }
  }
  return out;
}

}  // namespace expanalyze
