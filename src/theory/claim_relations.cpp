// Claims about two quantities, or about the mechanism and the loss.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "stats/descriptive.hpp"
#include "stats/onset.hpp"
#include "stats/random.hpp"
#include "stats/rank.hpp"
#include "stats/trend.hpp"
#include "text/format.hpp"
#include "theory/claim_tests.hpp"

namespace expanalyze {

namespace {

/// Pairs of values of all runs, in order. Above 2000 every k-th: rank statistics of neighbours add time, not evidence.
struct Pool {
  std::vector<double> p, q;
  double effective = 0;
  void add(std::span<const double> a, std::span<const double> b) {
    p.insert(p.end(), a.begin(), a.end());
    q.insert(q.end(), b.begin(), b.end());
    effective += static_cast<double>(a.size()) / std::max(autocorrelation_time(a), autocorrelation_time(b));
  }
  void thin() {
    const std::size_t every = (p.size() + 1999) / 2000;
    if (every <= 1) return;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < p.size(); i += every, ++kept) {
      p[kept] = p[i];
      q[kept] = q[i];
    }
    p.resize(kept);
    q.resize(kept);
  }
};

using Statistic = double (*)(std::span<const double>, std::span<const double>);

/// Percentile interval from 400 circular block resamples (Politis & Romano 1992); blocks as long as the pool has
/// records per independent one, at least n^(1/3) (Hall, Horowitz & Jing 1995, Biometrika 82:561).
stats::Interval block_bootstrap(const Pool& pool, Statistic statistic, double confidence) {
  const std::size_t n = pool.p.size();
  const stats::CounterRng rng(stats::key_of(pool.p) ^ (stats::key_of(pool.q) << 1U));
  const double tau = static_cast<double>(n) / std::max(1.0, pool.effective);
  const auto block = static_cast<std::size_t>(std::ceil(std::max(std::cbrt(static_cast<double>(n)), tau)));
  std::vector<double> found, a(n), b(n);
  std::uint64_t draw = 0;
  for (int r = 0; r < 400; ++r) {
    for (std::size_t i = 0; i < n;) {
      const auto start = static_cast<std::size_t>(rng.uniform(draw++) * static_cast<double>(n));
      for (std::size_t k = 0; k < block && i < n; ++k, ++i) {
        a[i] = pool.p[(start + k) % n];
        b[i] = pool.q[(start + k) % n];
      }
    }
    const double value = statistic(a, b);
    if (std::isfinite(value)) found.push_back(value);
  }
  if (found.size() < 200) return {-INFINITY, INFINITY};
  return {stats::quantile(found, (1 - confidence) / 2), stats::quantile(found, (1 + confidence) / 2)};
}

struct Pairs {
  std::vector<SignalPair> pairs;
  std::string missing;
};

Pairs logged_pairs(const Claim& claim, const TheoryInput& input) {
  Pairs result{signal_pairs(input.runs, input.comparison.experiment, claim.proxy, claim.target, claim.from_share,
                            claim.to_share),
               {}};
  if (result.pairs.empty())
    result.missing = fmt::format("signal missing, {} and {} are not logged at common steps",
                                 signal_words(claim.proxy, input), signal_words(claim.target, input));
  return result;
}

bool varies(const std::vector<double>& x) {
  return std::any_of(x.begin(), x.end(), [&x](double v) { return v != x[0]; });
}

std::string subject(const std::vector<SignalPair>& pairs) {
  return fmt::format("{} and {}", code_span(pairs[0].target), code_span(pairs[0].proxy));
}

/// What is new in the changes of a series, in units of its s.d., so that runs can be pooled.
std::vector<double> innovations(const std::vector<double>& x) {
  std::vector<double> change;
  for (std::size_t i = 1; i < x.size(); ++i) change.push_back(x[i] - x[i - 1]);
  auto white = stats::prewhiten(change, std::min<std::size_t>(10, change.size() / 10));
  const double sd = stats::sd(white);
  if (sd > 0)
    for (double& v : white) v /= sd;
  return white;
}

/// R^2 of the best non-decreasing curve of q over p.
double isotonic_r2(std::span<const double> p, std::span<const double> q) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&p](std::size_t a, std::size_t b) { return p[a] < p[b]; });
  std::vector<double> falling;
  for (const std::size_t i : order) falling.push_back(-q[i]);
  const auto fit = stats::isotonic_decreasing(falling);
  const double mean = stats::mean(falling);
  double rest = 0;
  double all = 0;
  for (std::size_t i = 0; i < fit.size(); ++i) {
    rest += (falling[i] - fit[i]) * (falling[i] - fit[i]);
    all += (falling[i] - mean) * (falling[i] - mean);
  }
  return all > 0 ? 1 - rest / all : 0;
}

/// Slope of Deming regression with equal error variances (orthogonal regression; Deming 1943).
double deming(std::span<const double> x, std::span<const double> y) {
  const double mx = stats::mean(x);
  const double my = stats::mean(y);
  double sxx = 0;
  double syy = 0;
  double sxy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    sxx += (x[i] - mx) * (x[i] - mx);
    syy += (y[i] - my) * (y[i] - my);
    sxy += (x[i] - mx) * (y[i] - my);
  }
  return sxy == 0 ? NAN : (syy - sxx + std::sqrt((syy - sxx) * (syy - sxx) + 4 * sxy * sxy)) / (2 * sxy);
}

ClaimTest few(const std::string& expected, const Pool& pool) {
  return too_few(expected, pool.effective, fmt::format("{} common records", pool.p.size()));
}

}  // namespace

ClaimTest test_correlation(const Claim& claim, const TheoryInput& input, double confidence) {
  const double wanted = expected_number(claim, input, "rho", 0.7);  // E1's default
  const std::string expected = fmt::format("rank correlation of the changes >= {}", number(wanted));
  const Pairs logged = logged_pairs(claim, input);
  if (!logged.missing.empty()) return untestable(expected, logged.missing);
  Pool pool;
  for (const SignalPair& pair : logged.pairs) {
    if (pair.p.size() < 5 || !varies(pair.p) || !varies(pair.q)) continue;
    auto p = innovations(pair.p);
    auto q = innovations(pair.q);
    const std::size_t n = std::min(p.size(), q.size());
    if (n > 0) pool.add(std::span(p).last(n), std::span(q).last(n));
  }
  if (pool.p.empty()) return untestable(expected, fmt::format("no variation in {}", subject(logged.pairs)));
  if (pool.effective < kFewestEffective) return few(expected, pool);
  pool.thin();
  const auto bounds = block_bootstrap(pool, stats::spearman, confidence);
  ClaimTest test;
  test.expected = expected;
  test.statistic = {
      stats::spearman(pool.p, pool.q), bounds.low, bounds.high, confidence, pool.p.size(), {"block_bootstrap"}};
  if (bounds.low >= wanted)
    test.status = ClaimStatus::supported;
  else if (bounds.high < wanted)
    test.status = ClaimStatus::contradicted;
  else
    test.status = ClaimStatus::mixed;
  if (test.status == ClaimStatus::contradicted) test.effect = std::min(1.0, wanted - test.statistic.value);
  test.sentence = fmt::format("Prewhitened changes of {} correlate {} (n = {}).", subject(logged.pairs),
                              with_interval(test.statistic, 2), pool.p.size());
  return test;
}

ClaimTest test_monotone(const Claim& claim, const TheoryInput& input, double confidence) {
  const std::string expected = fmt::format("{} rises with {}: Kendall's tau > 0, isotonic R2 >= 0.5",
                                           signal_words(claim.target, input), signal_words(claim.proxy, input));
  const Pairs logged = logged_pairs(claim, input);
  if (!logged.missing.empty()) return untestable(expected, logged.missing);
  Pool pool;
  for (const SignalPair& pair : logged.pairs) pool.add(pair.p, pair.q);
  if (!varies(pool.p) || !varies(pool.q))
    return untestable(expected, fmt::format("no variation in {}", subject(logged.pairs)));
  if (pool.effective < kFewestEffective) return few(expected, pool);
  pool.thin();
  const auto bounds = block_bootstrap(pool, stats::kendall, confidence);
  const double r2 = isotonic_r2(pool.p, pool.q);
  const double range =
      *std::max_element(pool.p.begin(), pool.p.end()) - *std::min_element(pool.p.begin(), pool.p.end());
  ClaimTest test;
  test.expected = expected;
  test.statistic = {
      stats::kendall(pool.p, pool.q), bounds.low, bounds.high, confidence, pool.p.size(), {"block_bootstrap"}};
  if (bounds.low > 0 && r2 >= 0.5)
    test.status = ClaimStatus::supported;
  else if (bounds.high < 0 || (r2 < 0.1 && range >= 4 * stats::mad(pool.p)))
    test.status = ClaimStatus::contradicted;
  else
    test.status = ClaimStatus::mixed;
  if (test.status == ClaimStatus::contradicted) test.effect = std::min(1.0, 0.5 - test.statistic.value / 2);
  test.sentence = fmt::format("{}: tau {}, isotonic R2 {}.", subject(logged.pairs), with_interval(test.statistic, 2),
                              number(r2, 2));
  return test;
}

ClaimTest test_scaling(const Claim& claim, const TheoryInput& input, double confidence) {
  const double wanted = expected_number(claim, input, "exponent", NAN);
  const double tol = expected_number(claim, input, "tol", 0.1);
  const std::string expected = fmt::format("{} ~ {}^{} +- {}", signal_words(claim.target, input),
                                           signal_words(claim.proxy, input), number(wanted), number(tol));
  const Pairs logged = logged_pairs(claim, input);
  if (!logged.missing.empty()) return untestable(expected, logged.missing);
  if (!std::isfinite(wanted)) return untestable(expected, "the exponent is not in the config");
  Pool pool;
  for (const SignalPair& pair : logged.pairs) {
    std::vector<double> p, q;
    for (std::size_t i = 0; i < pair.p.size(); ++i)
      if (pair.p[i] > 0 && pair.q[i] > 0) {
        p.push_back(std::log(pair.p[i]));
        q.push_back(std::log(pair.q[i]));
      }
    if (!p.empty()) pool.add(p, q);
  }
  if (pool.p.empty() || !varies(pool.p) || !varies(pool.q))
    return untestable(expected, fmt::format("no variation in {}", subject(logged.pairs)));
  if (pool.effective < kFewestEffective) return few(expected, pool);
  pool.thin();
  const auto bounds = block_bootstrap(pool, deming, confidence);
  ClaimTest test;
  test.expected = expected;
  test.statistic = {deming(pool.p, pool.q), bounds.low, bounds.high, confidence, pool.p.size(), {"block_bootstrap"}};
  if (bounds.low > wanted + tol || bounds.high < wanted - tol)
    test.status = ClaimStatus::contradicted;
  else if (bounds.low >= wanted - tol && bounds.high <= wanted + tol)
    test.status = ClaimStatus::supported;
  else
    test.status = ClaimStatus::mixed;
  if (test.status == ClaimStatus::contradicted) test.effect = 1;
  test.sentence = fmt::format("{}: exponent {} in logs (n = {}).", subject(logged.pairs),
                              with_interval(test.statistic, 3), pool.p.size());
  return test;
}

ClaimTest test_effect(const Claim& claim, const TheoryInput& input, double) {
  const double least = expected_number(claim, input, "lo", 0);
  const FinalQuality& final = input.review.final_quality;
  const std::string expected =
      fmt::format("the mechanism improves {} by at least {}", code_span(input.review.metric.name), number(least));
  const auto& modifiers = input.review.modifiers;
  if (std::find(modifiers.begin(), modifiers.end(), "confounded") != modifiers.end()) {
    ClaimTest test = untestable(expected, "confounded, other settings differ as well");
    test.instead = "run the experiment with this change alone";
    return test;
  }
  if (!std::isfinite(final.difference.value) || !std::isfinite(final.difference.low) ||
      !std::isfinite(final.difference.high))
    return untestable(expected, "the review has no interval for the final difference");
  const double sign = input.review.metric.direction == Direction::min ? -1 : 1;
  const double gain = sign * final.difference.value;
  const double low = std::min(sign * final.difference.low, sign * final.difference.high);
  const double high = std::max(sign * final.difference.low, sign * final.difference.high);
  ClaimTest test;
  test.expected = expected;
  test.statistic = {gain, low, high, final.difference.confidence, final.difference.n, final.difference.notes};
  if (low >= least && low > 0)
    test.status = ClaimStatus::supported;
  else if (high < least || high <= 0)
    test.status = ClaimStatus::contradicted;
  else
    test.status = ClaimStatus::mixed;
  if (test.status == ClaimStatus::contradicted) test.effect = 1;
  test.sentence = fmt::format("Final {}: gain {} (positive is better).", code_span(input.review.metric.name),
                              with_interval(test.statistic));
  return test;
}

namespace {

/// The earlier of the departures of a signal, up or down, from its first fifth.
std::optional<stats::Onset> departure(const Signal& signal) {
  const std::size_t reference = signal.value.size() / 5;
  auto found = stats::onset_of(signal.step, signal.value, reference);
  std::vector<double> mirrored;
  for (const double v : signal.value) mirrored.push_back(-v);
  auto down = stats::onset_of(signal.step, mirrored, reference);
  if (!found || (down && down->step < found->step)) return down;
  return found;
}

}  // namespace

ClaimTest test_order(const Claim& claim, const TheoryInput& input, double confidence) {
  const std::string proxy = signal_words(claim.proxy, input);
  const std::string target = signal_words(claim.target, input);
  const std::string expected = fmt::format("P({} moves before {}) >= 0.9", proxy, target);
  const auto& ids = input.comparison.experiment;
  const auto before = signals(input.runs, ids, claim.proxy, claim.from_share, claim.to_share);
  const auto after = signals(input.runs, ids, claim.target, claim.from_share, claim.to_share);
  if (before.empty() || after.empty())
    return untestable(expected, fmt::format("signal missing, {} is not logged", before.empty() ? proxy : target));
  // A run counts once: the mean over runs of the probability in each. D0.3 asserts an order from 0.9 on.
  std::vector<double> probability;
  for (const Signal& a : before)
    for (const Signal& b : after) {
      if (a.run != b.run || a.labels != b.labels) continue;
      const auto first = departure(a);
      const auto second = departure(b);
      if (first && second) probability.push_back(stats::order_of(*first, *second).probability);
    }
  if (probability.empty())
    return untestable(expected,
                      fmt::format("no variation, {} and {} do not both leave their first level", proxy, target));
  const double p = stats::mean(probability);
  ClaimTest test;
  test.expected = expected;
  test.statistic = {p,
                    *std::min_element(probability.begin(), probability.end()),
                    *std::max_element(probability.begin(), probability.end()),
                    confidence,
                    probability.size(),
                    {"range_of_runs"}};
  test.status = ClaimStatus::mixed;
  if (p >= 0.9) test.status = ClaimStatus::supported;
  if (p <= 0.1) test.status = ClaimStatus::contradicted;
  if (test.status == ClaimStatus::contradicted) test.effect = 1 - p;
  test.sentence = fmt::format("{} moved before {} with probability {} (onsets resampled in {} run{}).", proxy, target,
                              number(p, 2), probability.size(), probability.size() == 1 ? "" : "s");
  return test;
}

}  // namespace expanalyze
