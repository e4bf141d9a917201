// The tests behind claim_kinds() and what they share.
#pragma once

#include "stats/distributions.hpp"
#include "theory/claims.hpp"
#include "theory/signals.hpp"

namespace expanalyze {

ClaimTest test_bound(const Claim& claim, const TheoryInput& input, double confidence);
ClaimTest test_ratio_range(const Claim& claim, const TheoryInput& input, double confidence);
ClaimTest test_invariant(const Claim& claim, const TheoryInput& input, double confidence);
ClaimTest test_rate(const Claim& claim, const TheoryInput& input, double confidence);
ClaimTest test_correlation(const Claim& claim, const TheoryInput& input, double confidence);
ClaimTest test_monotone(const Claim& claim, const TheoryInput& input, double confidence);
ClaimTest test_scaling(const Claim& claim, const TheoryInput& input, double confidence);
ClaimTest test_effect(const Claim& claim, const TheoryInput& input, double confidence);
ClaimTest test_order(const Claim& claim, const TheoryInput& input, double confidence);

/// Fewer effective records than this decide nothing (E1), unless every single record stands on one side.
inline constexpr double kFewestEffective = 30;

/// Integrated autocorrelation time, at least 1: 1 + 2 sum rho_k up to the first window M >= 5 tau (Sokal 1997, "Monte
/// Carlo methods in statistical mechanics", sec. 3). 1 for a constant.
double autocorrelation_time(std::span<const double> x);

/// expect.lo and expect.hi of a claim, -inf and +inf where absent.
struct Limits {
  double low, high;
  std::string text;     ///< "0.5 <= ratio <= 2"
  std::string missing;  ///< what the logs lack to know them; empty: known
};
Limits limits(const Claim& claim, const TheoryInput& input, const std::string& what);
/// One number of expect, or `otherwise`.
double expected_number(const Claim& claim, const TheoryInput& input, const std::string& name, double otherwise);

/// "`gram_trace` of 3 runs".
std::string described(const std::vector<Signal>& signals);
ClaimTest untestable(std::string expected, std::string reason);
/// The signal is there and has too few independent records: more of it is what helps, not another signal.
ClaimTest too_few(std::string expected, double effective, const std::string& of);
/// A signal as the experiment logged it, in backticks; when it did not, all its names: "`a` or `b`".
std::string signal_words(std::string_view names, const TheoryInput& input);

}  // namespace expanalyze
