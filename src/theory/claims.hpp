// How each kind of claim is tested against the logs: statistic, interval, decision (science handbook E1).
//
// Every kind answers at a confidence that the caller chooses, so that the claims of one card can share one error rate
// (Holm 1979, Scand. J. Stat. 6:65). Training logs are autocorrelated: intervals count n / tau records, not n.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "expanalyze/theory.hpp"
#include "theory/theory_input.hpp"

namespace expanalyze {

struct ClaimTest {
  ClaimStatus status = ClaimStatus::untestable;
  Estimate statistic;
  std::string expected, sentence;
  double effect = 0;         ///< how badly a contradicted claim fails, 0 to 1
  std::string instead = {};  ///< what would make it testable where not the card's log_request does
};

struct ClaimKind {
  std::string_view name;
  ClaimTest (*test)(const Claim& claim, const TheoryInput& input, double confidence);
  bool needs_proxy = true, needs_target = false;
  bool needs_range = false;  ///< expect.lo, expect.hi or both
  std::vector<std::string_view> needs_limits = {};
};

std::span<const ClaimKind> claim_kinds();
const ClaimKind* claim_kind(std::string_view name);
std::string claim_kind_names();

/// All claims of a card, Holm-adjusted, in the order of the card. `effects` gets ClaimTest::effect of each.
std::vector<ClaimResult> test_claims(const TheoryCard& card, const TheoryInput& input, std::vector<double>& effects);

/// A claim on which the method rests under these settings (Claim::decisive_if).
bool decisive(const Claim& claim, const TheoryInput& input);

}  // namespace expanalyze
