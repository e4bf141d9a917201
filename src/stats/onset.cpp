#include "stats/onset.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "stats/bootstrap.hpp"
#include "stats/descriptive.hpp"
#include "stats/random.hpp"
#include "stats/rank.hpp"

namespace expanalyze::stats {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr std::size_t kFewest = 5, kResamples = 200;
constexpr double kCorrelated = 0.2;  // D0.2: beyond it the false alarms grow 36-fold

std::vector<double> finite_of(std::span<const double> x) {
  std::vector<double> out;
  for (const double v : x)
    if (std::isfinite(v)) out.push_back(v);
  return out;
}

// z of what is new at each record; values that are not finite stand far above.
std::vector<double> standardised(std::span<const double> x, std::size_t reference) {
  const std::vector<double> calm = finite_of(x.first(reference));
  if (calm.size() < kFewest) return {};
  const double centre = median(calm);
  double phi = robust_lag1(calm);
  // Of a handful of records the correlation is no more than a guess.
  if (!(std::abs(phi) > kCorrelated) || calm.size() < 50) phi = 0;
  phi = std::clamp(phi, -0.95, 0.95);
  std::vector<double> out(x.size(), kInf);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double before = i > 0 && std::isfinite(x[i - 1]) ? x[i - 1] - centre : 0;
    if (std::isfinite(x[i])) out[i] = x[i] - centre - phi * before;
  }
  const std::vector<double> news = finite_of(std::span(out).first(reference));
  double spread = mad(news);
  if (!(spread > 0)) spread = sd(news);
  if (!(spread > 0)) spread = std::max(1e-12, 1e-6 * std::abs(centre));  // constant until now: any move is a departure
  for (double& v : out) v /= spread;
  return out;
}

double drawn_at(std::vector<double> drawn, double p) {
  std::sort(drawn.begin(), drawn.end());
  return drawn[static_cast<std::size_t>(p * static_cast<double>(drawn.size() - 1))];
}

// The record before and the departure, without noise.
std::vector<double> outline(std::span<const double> x, std::size_t reference, std::size_t onset) {
  std::vector<double> out(x.size(), median(finite_of(x.first(reference))));
  std::vector<double> after = finite_of(x.subspan(onset));
  after = running_median(after, 5);
  for (std::size_t i = onset, k = 0; i < x.size(); ++i) out[i] = std::isfinite(x[i]) ? after[k++] : x[i];
  return out;
}

}  // namespace

std::optional<std::size_t> cusum_onset(std::span<const double> x, std::size_t reference, const Cusum& cusum) {
  if (reference < kFewest || reference >= x.size()) return std::nullopt;
  const std::vector<double> z = standardised(x, reference);
  if (z.empty()) return std::nullopt;
  double sum = 0;
  std::size_t begin = reference;
  for (std::size_t i = reference; i < x.size(); ++i) {
    sum = std::max(0.0, sum + std::clamp(z[i], -cusum.clip, cusum.clip) - cusum.k);
    if (sum == 0) begin = i + 1;
    if (sum > cusum.h) return begin;
  }
  return std::nullopt;
}

std::optional<Onset> onset_of(std::span<const double> step, std::span<const double> x, std::size_t reference) {
  const auto found = cusum_onset(x, reference);
  if (!found) return std::nullopt;
  Onset out{step[*found], 0, 0, (step.back() - step.front()) / static_cast<double>(step.size() - 1), {}};
  const std::vector<double> fitted = outline(x, reference, *found);
  std::vector<double> noise = finite_of(x.first(*found));
  const double centre = median(noise);
  for (double& v : noise) v -= centre;
  BlockDraw draw(noise.size(), block_length(noise), key_of(x));
  std::vector<std::size_t> index;
  std::vector<double> again(x.size());
  for (std::size_t r = 0; r < kResamples; ++r) {
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (i % noise.size() == 0) draw.next(index);
      again[i] = fitted[i] + noise[index[i % noise.size()]];
    }
    const auto at = cusum_onset(again, reference);
    out.drawn.push_back(at ? step[*at] : kInf);
  }
  out.low = std::min(out.step, drawn_at(out.drawn, 0.05));
  out.high = std::max(out.step, drawn_at(out.drawn, 0.95));
  return out;
}

Order order_of(const Onset& a, const Onset& b) {
  const std::size_t n = std::min(a.drawn.size(), b.drawn.size());
  if (n == 0) return {std::numeric_limits<double>::quiet_NaN(), false};
  double before = 0;
  for (std::size_t i = 0; i < n; ++i) before += a.drawn[i] < b.drawn[i] ? 1 : 0;
  const double probability = before / static_cast<double>(n);
  return {probability, probability >= 0.9 && b.step - a.step >= 2 * std::max(a.cadence, b.cadence)};
}

}  // namespace expanalyze::stats
