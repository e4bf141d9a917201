#include "theory/claims.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "stats/descriptive.hpp"
#include "text/format.hpp"
#include "theory/claim_tests.hpp"
#include "theory/expressions.hpp"

namespace expanalyze {

std::string_view to_string(ClaimStatus status) {
  switch (status) {
    case ClaimStatus::supported:
      return "supported";
    case ClaimStatus::contradicted:
      return "contradicted";
    case ClaimStatus::mixed:
      return "mixed";
    case ClaimStatus::untestable:
      return "untestable";
  }
  return "untestable";
}

std::span<const ClaimKind> claim_kinds() {
  static const std::array<ClaimKind, 9> all{{
      {.name = "bound", .test = test_bound, .needs_range = true},
      {.name = "ratio_range", .test = test_ratio_range, .needs_target = true, .needs_limits = {"lo", "hi"}},
      {.name = "correlation", .test = test_correlation, .needs_target = true},
      {.name = "monotone", .test = test_monotone, .needs_target = true},
      {.name = "invariant", .test = test_invariant, .needs_limits = {"value", "tol"}},
      {.name = "scaling", .test = test_scaling, .needs_target = true, .needs_limits = {"exponent"}},
      {.name = "order", .test = test_order, .needs_target = true},
      {.name = "effect", .test = test_effect, .needs_proxy = false},
      {.name = "rate", .test = test_rate, .needs_range = true},
  }};
  return all;
}

const ClaimKind* claim_kind(std::string_view name) {
  const auto all = claim_kinds();
  const auto it = std::find_if(all.begin(), all.end(), [name](const ClaimKind& kind) { return kind.name == name; });
  return it == all.end() ? nullptr : &*it;
}

std::string claim_kind_names() {
  std::vector<std::string> names;
  for (const ClaimKind& kind : claim_kinds()) names.emplace_back(kind.name);
  return join(names, ", ");
}

bool decisive(const Claim& claim, const TheoryInput& input) {
  return std::all_of(claim.decisive_if.begin(), claim.decisive_if.end(),
                     [&input](const std::string& condition) { return holds(condition, input); });
}

namespace {

ClaimTest run_test(const Claim& claim, const TheoryInput& input, double confidence) {
  const ClaimKind* kind = claim_kind(claim.kind);
  return kind == nullptr ? untestable({}, "its kind is unknown") : kind->test(claim, input, confidence);
}

bool decided(const ClaimTest& test) {
  return test.status == ClaimStatus::supported || test.status == ClaimStatus::contradicted;
}

/// Holm in terms of intervals: all claims at 1 - a/m; those decided leave, the others are tried again at 1 - a/(m -
/// left), until none is decided any more. The same decisions as with ordered p-values, since an interval decides at 1 -
/// p.
std::vector<ClaimTest> holm(const TheoryCard& card, const TheoryInput& input) {
  std::vector<ClaimTest> tests(card.claims.size());
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < tests.size(); ++i) {
    tests[i] = run_test(card.claims[i], input, 0.95);
    if (tests[i].status != ClaimStatus::untestable) open.push_back(i);
  }
  for (bool any = true; any && !open.empty();) {
    const double confidence = 1 - 0.05 / static_cast<double>(open.size());
    std::vector<std::size_t> left;
    for (const std::size_t i : open) {
      tests[i] = run_test(card.claims[i], input, confidence);
      if (!decided(tests[i])) left.push_back(i);
    }
    any = left.size() < open.size();
    open = left;
  }
  return tests;
}

}  // namespace

std::vector<ClaimResult> test_claims(const TheoryCard& card, const TheoryInput& input, std::vector<double>& effects) {
  const auto tests = holm(card, input);
  std::vector<ClaimResult> results;
  for (std::size_t i = 0; i < tests.size(); ++i) {
    const Claim& claim = card.claims[i];
    const ClaimTest& test = tests[i];
    const bool rests = decisive(claim, input);
    ClaimResult result{card.id,       claim.id,      claim.text, test.status, test.statistic,
                       test.expected, test.sentence, {},         claim.weight};
    if (test.status == ClaimStatus::untestable) {
      result.wants_runs = !test.instead.empty();
      result.log_request = result.wants_runs ? test.instead : claim.log_request;
    }
    if (!rests) {
      // A quarter, so that a claim nothing depends on is shown but outweighed by any that decides something.
      result.weight = claim.weight / 4;
      result.sentence += " No logged setting says that the method decides anything by it.";
    }
    results.push_back(std::move(result));
    effects.push_back(test.effect);
  }
  return results;
}

double autocorrelation_time(std::span<const double> x) {
  const std::size_t n = x.size();
  if (n < 4) return 1;
  const double mean = stats::mean(x);
  double variance = 0;
  for (const double v : x) variance += (v - mean) * (v - mean);
  if (variance <= 0) return 1;
  double tau = 1;
  // 1000 lags bound the work on long logs; a tau beyond 200 leaves too few effective records either way.
  for (std::size_t lag = 1; lag < std::min<std::size_t>(n / 2, 1000); ++lag) {
    double sum = 0;
    for (std::size_t i = lag; i < n; ++i) sum += (x[i] - mean) * (x[i - lag] - mean);
    tau += 2 * sum / variance;
    if (static_cast<double>(lag) >= 5 * tau) break;
  }
  return std::clamp(tau, 1.0, static_cast<double>(n));
}

double expected_number(const Claim& claim, const TheoryInput& input, const std::string& name, double otherwise) {
  const auto it = claim.expect.find(name);
  if (it == claim.expect.end()) return otherwise;
  const Limit limit = evaluate(it->second, input);
  return limit.missing.empty() ? limit.value : std::nan("");
}

Limits limits(const Claim& claim, const TheoryInput& input, const std::string& what) {
  Limits result{-INFINITY, INFINITY, what, {}};
  const auto say = [](const Limit& limit) {
    return limit.basis.empty() ? number(limit.value) : fmt::format("{} = {}", limit.basis, number(limit.value));
  };
  if (const auto lo = claim.expect.find("lo"); lo != claim.expect.end()) {
    const Limit limit = evaluate(lo->second, input);
    result.low = limit.value;
    result.text = say(limit) + " <= " + result.text;
    result.missing = limit.missing;
  }
  if (const auto hi = claim.expect.find("hi"); hi != claim.expect.end()) {
    const Limit limit = evaluate(hi->second, input);
    result.high = limit.value;
    result.text += " <= " + say(limit);
    if (result.missing.empty()) result.missing = limit.missing;
  }
  return result;
}

std::string signal_words(std::string_view names, const TheoryInput& input) {
  if (const auto logged = signals(input.runs, input.comparison.experiment, names); !logged.empty())
    return code_span(logged.front().name);
  std::vector<std::string> words;
  for (const std::string_view name : alternatives(names)) words.push_back(code_span(name));
  return join(words, " or ");
}

std::string described(const std::vector<Signal>& all) {
  const std::size_t runs = run_count(all);
  return fmt::format("{} of {} run{}", code_span(all.front().name), runs, runs == 1 ? "" : "s");
}

ClaimTest too_few(std::string expected, double effective, const std::string& of) {
  ClaimTest test =
      untestable(std::move(expected), fmt::format("too few effective samples, {} of {}", number(effective, 2), of));
  test.instead = effective > 0 ? fmt::format("run {}x as long, or more seeds: {} independent records decide",
                                             number(std::ceil(kFewestEffective / effective)), number(kFewestEffective))
                               : std::string{};
  return test;
}

ClaimTest untestable(std::string expected, std::string reason) {
  return {ClaimStatus::untestable, {}, std::move(expected), "Not testable: " + std::move(reason) + ".", 0};
}

}  // namespace expanalyze
