// Claims about single records: a quantity, or the ratio of two, within limits; a constant; a rate of change.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "stats/descriptive.hpp"
#include "stats/trend.hpp"
#include "text/format.hpp"
#include "theory/claim_tests.hpp"

namespace expanalyze {

namespace {

/// Records outside the limits, over all runs.
struct Violations {
  double count = 0, n = 0, effective = 0;
  [[nodiscard]] bool unanimous() const { return count == 0 || count == n; }
  [[nodiscard]] double share() const { return count / n; }
};

void add(Violations& v, const std::vector<double>& values, const Limits& limits) {
  std::vector<double> outside;
  for (const double x : values) outside.push_back(x < limits.low || x > limits.high ? 1 : 0);
  const double count = std::count(outside.begin(), outside.end(), 1.0);
  const auto n = static_cast<double>(values.size());
  // When all records stand on one side, the indicator has no autocorrelation to measure: the value's own is the
  // stricter guess.
  const double tau = autocorrelation_time(count == 0 || count == n ? values : outside);
  v.count += count;
  v.n += n;
  v.effective += n / tau;
}

std::string range_of(const std::vector<double>& values) {
  return fmt::format("median {}, {} to {}", number(stats::median(values)),
                     number(*std::min_element(values.begin(), values.end())),
                     number(*std::max_element(values.begin(), values.end())));
}

/// E1: contradicted when even the lower bound of the share exceeds the tolerance, supported when the upper bound keeps
/// it.
ClaimStatus decide(double share, double n, double tolerance, double confidence) {
  const stats::Interval bounds = stats::wilson(share * n, n, confidence);
  if (bounds.low > tolerance) return ClaimStatus::contradicted;
  return bounds.high <= tolerance ? ClaimStatus::supported : ClaimStatus::mixed;
}

ClaimTest judge(const Violations& v, const std::vector<double>& values, const Claim& claim, const std::string& expected,
                const std::string& subject, double confidence) {
  stats::Interval bounds = stats::wilson(v.share() * v.effective, v.effective, confidence);
  if (v.count == 0) bounds.low = 0;  // exact; the formula leaves a rounding error
  if (v.count == v.n) bounds.high = 1;
  ClaimTest test;
  test.expected = fmt::format("{} in at least {} of the records", expected, percent(1 - claim.tolerance));
  test.statistic = {v.share(),           bounds.low, bounds.high, confidence, static_cast<std::size_t>(v.n),
                    {"effective_sample"}};
  test.status = decide(v.share(), v.effective, claim.tolerance, confidence);
  // The limit of 30 guards against a misjudged autocorrelation. A decision that half as many records would give as
  // well, or on which every single record agrees, does not hang on it; 10 keeps the first from being said of a handful.
  const bool few = v.effective < kFewestEffective;
  const bool firm = test.status != ClaimStatus::mixed &&
                    (v.unanimous() || (v.effective >= 10 &&
                                       decide(v.share(), v.effective / 2, claim.tolerance, confidence) == test.status));
  if (few && !firm) return too_few(test.expected, v.effective, fmt::format("{} records of {}", number(v.n), subject));
  test.sentence =
      fmt::format("{}: {} of {} records outside ({}; {}), worth {} independent ones; share {}, at most {} allowed.",
                  subject, number(v.count), number(v.n), percent(v.share()), range_of(values), number(v.effective, 3),
                  interval(bounds.low, bounds.high, 3), number(claim.tolerance));
  if (few)
    test.sentence += v.unanimous() ? " Few independent records, but every one stands on the same side."
                                   : " Few independent records, but half as many would decide the same.";
  if (test.status == ClaimStatus::contradicted) test.effect = (v.share() - claim.tolerance) / (1 - claim.tolerance);
  return test;
}

bool constant(const std::vector<double>& x) {
  return std::all_of(x.begin(), x.end(), [&x](double v) { return v == x[0]; });
}

/// Relative change of a ratio over the run, in logs: the median over runs of Theil-Sen slope times span, with the
/// widest bounds.
struct Drift {
  double value, low, high;
};
Drift drift_of(const std::vector<SignalPair>& pairs, double confidence) {
  std::vector<double> middle, low, high;
  for (const SignalPair& pair : pairs) {
    std::vector<double> step, log_ratio;
    for (std::size_t i = 0; i < pair.p.size(); ++i)
      if (pair.q[i] != 0 && pair.p[i] / pair.q[i] > 0) {
        step.push_back(pair.step[i]);
        log_ratio.push_back(std::log(pair.p[i] / pair.q[i]));
      }
    if (step.size() < 5) continue;
    const auto slope = stats::theil_sen(step, log_ratio, confidence);
    const double span = step.back() - step.front();
    middle.push_back(slope.slope * span);
    low.push_back(slope.low * span);
    high.push_back(slope.high * span);
  }
  if (middle.empty()) return {0, -INFINITY, INFINITY};
  return {stats::median(middle), *std::min_element(low.begin(), low.end()),
          *std::max_element(high.begin(), high.end())};
}

}  // namespace

ClaimTest test_bound(const Claim& claim, const TheoryInput& input, double confidence) {
  const Limits limit = limits(claim, input, signal_words(claim.proxy, input));
  const auto logged = signals(input.runs, input.comparison.experiment, claim.proxy, claim.from_share, claim.to_share);
  if (logged.empty())
    return untestable(limit.text, fmt::format("signal missing, {} is not logged", signal_words(claim.proxy, input)));
  if (!limit.missing.empty())
    return untestable({}, fmt::format("the limit is unknown, no log has {}", code_span(limit.missing)));
  Violations v;
  for (const Signal& signal : logged) add(v, signal.value, limit);
  const auto values = pooled(logged);
  ClaimTest test = judge(v, values, claim, limit.text, described(logged), confidence);
  if (constant(values))
    test.sentence += fmt::format(" It never moved from {}, so the interval counts the raw records.", number(values[0]));
  std::size_t dropped = 0;
  for (const Signal& signal : logged) dropped += signal.non_finite;
  if (dropped > 0) test.sentence += fmt::format(" {} non-finite records are left out.", dropped);
  return test;
}

ClaimTest test_ratio_range(const Claim& claim, const TheoryInput& input, double confidence) {
  const std::string ratio = signal_words(claim.proxy, input) + " / " + signal_words(claim.target, input);
  const Limits limit = limits(claim, input, ratio);
  const auto pairs = signal_pairs(input.runs, input.comparison.experiment, claim.proxy, claim.target, claim.from_share,
                                  claim.to_share);
  if (pairs.empty())
    return untestable(limit.text, fmt::format("signal missing, {} and {} are not logged at common steps",
                                              signal_words(claim.proxy, input), signal_words(claim.target, input)));
  if (!limit.missing.empty())
    return untestable({}, fmt::format("the limit is unknown, no log has {}", code_span(limit.missing)));
  Violations v;
  std::vector<double> all;
  for (const SignalPair& pair : pairs) {
    std::vector<double> values;
    for (std::size_t i = 0; i < pair.p.size(); ++i)
      if (pair.q[i] != 0) values.push_back(pair.p[i] / pair.q[i]);
    if (values.empty()) continue;
    add(v, values, limit);
    all.insert(all.end(), values.begin(), values.end());
  }
  if (all.empty())
    return untestable(limit.text, fmt::format("no variation, {} is 0 throughout", signal_words(claim.target, input)));
  ClaimTest test =
      judge(v, all, claim, limit.text, code_span(pairs[0].proxy) + " / " + code_span(pairs[0].target), confidence);
  const Drift drift = drift_of(pairs, confidence);
  const double allowed = limit.low > 0 ? std::log(limit.high / limit.low) / 2 : INFINITY;
  const bool drifts = drift.low > allowed || drift.high < -allowed;
  const std::string said = fmt::format(" Over a run the ratio changes by a factor {} (at most {} either way allowed).",
                                       number(std::exp(drift.value), 3), number(std::exp(allowed), 3));
  if (drifts && test.status != ClaimStatus::contradicted) {
    // A ratio on the move leaves few independent records to count, and is broken by its movement alone.
    test.status = ClaimStatus::contradicted;
    test.effect = std::min(1.0, std::abs(drift.value) / allowed - 1);
    test.statistic = {
        std::exp(drift.value), std::exp(drift.low), std::exp(drift.high), confidence, all.size(), {"drift"}};
    test.sentence = code_span(pairs[0].proxy) + " / " + code_span(pairs[0].target) + ":" + said;
    return test;
  }
  if (test.status == ClaimStatus::untestable) return test;
  test.sentence += said;
  if (test.status == ClaimStatus::supported && std::abs(drift.value) >= allowed) test.status = ClaimStatus::mixed;
  return test;
}

ClaimTest test_invariant(const Claim& claim, const TheoryInput& input, double confidence) {
  const double wanted = expected_number(claim, input, "value", NAN);
  const double tol = expected_number(claim, input, "tol", NAN);
  const std::string expected =
      fmt::format("{} = {} +- {}", signal_words(claim.proxy, input), number(wanted), number(tol));
  const auto logged = signals(input.runs, input.comparison.experiment, claim.proxy, claim.from_share, claim.to_share);
  if (logged.empty())
    return untestable(expected, fmt::format("signal missing, {} is not logged", signal_words(claim.proxy, input)));
  if (!std::isfinite(wanted) || !std::isfinite(tol)) return untestable(expected, "its value is not in the config");
  const auto values = pooled(logged);
  double effective = 0;
  double drift = 0;
  for (const Signal& signal : logged) {
    effective += static_cast<double>(signal.value.size()) / autocorrelation_time(signal.value);
    const double slope = signal.value.size() < 3 ? 0 : stats::theil_sen(signal.step, signal.value).slope;
    const double change = std::isfinite(slope) ? slope * (signal.step.back() - signal.step.front()) : 0;
    if (std::abs(change) > std::abs(drift)) drift = change;
  }
  const bool still = constant(values);
  if (effective < kFewestEffective && !still)
    return too_few(expected, effective, fmt::format("{} records", values.size()));
  // TOST at level a is the interval at 1 - 2a inside the tolerance (Schuirmann 1987); the stricter 1 - a is used here.
  const double mean = stats::mean(values);
  const double half =
      still ? 0
            : stats::student_t_quantile((1 + confidence) / 2, effective - 1) * stats::sd(values) / std::sqrt(effective);
  ClaimTest test;
  test.expected = expected;
  test.statistic = {mean, mean - half, mean + half, confidence, values.size(), {"effective_sample"}};
  if (mean - half > wanted + tol || mean + half < wanted - tol)
    test.status = ClaimStatus::contradicted;
  else if (mean - half >= wanted - tol && mean + half <= wanted + tol && std::abs(drift) <= tol)
    test.status = ClaimStatus::supported;
  else
    test.status = ClaimStatus::mixed;
  if (test.status == ClaimStatus::contradicted) test.effect = std::min(1.0, std::abs(mean - wanted) / tol - 1);
  test.sentence = fmt::format("{}: mean {}, drift over the run {}.", described(logged), with_interval(test.statistic),
                              signed_number(drift));
  return test;
}

ClaimTest test_rate(const Claim& claim, const TheoryInput& input, double confidence) {
  const Limits limit = limits(claim, input, "d ln " + signal_words(claim.proxy, input) + " per step");
  const auto logged = signals(input.runs, input.comparison.experiment, claim.proxy, claim.from_share, claim.to_share);
  if (logged.empty())
    return untestable(limit.text, fmt::format("signal missing, {} is not logged", signal_words(claim.proxy, input)));
  if (!limit.missing.empty())
    return untestable({}, fmt::format("the limit is unknown, no log has {}", code_span(limit.missing)));
  std::vector<double> slopes, variances;
  double effective = 0;
  for (const Signal& signal : logged) {
    std::vector<double> step, log_value, left;
    for (std::size_t i = 0; i < signal.value.size(); ++i)
      if (signal.value[i] > 0) {
        step.push_back(signal.step[i]);
        log_value.push_back(std::log(signal.value[i]));
      }
    const auto line = stats::least_squares(step, log_value);
    if (!std::isfinite(line.slope_se)) continue;
    for (std::size_t i = 0; i < step.size(); ++i) left.push_back(log_value[i] - line.intercept - line.slope * step[i]);
    const double tau = autocorrelation_time(left);
    slopes.push_back(line.slope);
    variances.push_back(line.slope_se * line.slope_se * tau);
    effective += static_cast<double>(step.size()) / tau;
  }
  if (effective < kFewestEffective) return too_few(limit.text, effective, "its records");
  // Runs differ more than their residuals say: the wider of the two standard errors of the mean slope counts.
  const auto runs = static_cast<double>(slopes.size());
  const double between = slopes.size() > 1 ? stats::sd(slopes) / std::sqrt(runs) : 0;
  const double se = std::max(between, std::sqrt(stats::mean(variances) / runs));
  const double mean = stats::mean(slopes);
  const double half = se * stats::student_t_quantile((1 + confidence) / 2, effective - 2);
  ClaimTest test;
  test.expected = limit.text;
  test.statistic = {mean, mean - half, mean + half, confidence, slopes.size(), {"effective_sample"}};
  if (mean - half > limit.high || mean + half < limit.low)
    test.status = ClaimStatus::contradicted;
  else if (mean - half >= limit.low && mean + half <= limit.high)
    test.status = ClaimStatus::supported;
  else
    test.status = ClaimStatus::mixed;
  if (test.status == ClaimStatus::contradicted) test.effect = 1;
  test.sentence = fmt::format("{}: {} per step.", described(logged), with_interval(test.statistic));
  return test;
}

}  // namespace expanalyze
