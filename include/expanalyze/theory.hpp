// Step 3, Theory Update: which assumption the logs contradict, and the mathematics with the run's numbers (handbook E).
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "expanalyze/diagnosis.hpp"
#include "expanalyze/estimate.hpp"

namespace expanalyze {

/// One claim of a card; the fields are those of the TOML schema (E1).
struct Claim {
  std::string id, text, formula, kind;
  std::string proxy, target;                  ///< names of signals, as logged or canonical
  std::map<std::string, std::string> expect;  ///< lo, hi, rho, exponent: numbers or "0.9 * config.max_steps"
  double tolerance = 0.05;                    ///< share of violations allowed
  double from_share = 0.05, to_share = 1.0;   ///< scope.steps, as shares of the run
  std::string log_request, if_contradicted;   ///< derivation that the update prints
  double weight = 1;
  std::vector<std::string> decisive_if;  ///< conditions under which the method rests on the claim; empty: always
};

struct TheoryCard {
  std::string id, title, source;
  bool built_in = true;
  std::vector<std::string> applies_if;  ///< "config.optimizer ~ 'muon'", "signal.avg_steps"
  std::vector<std::string> mechanism_signals;
  std::vector<Claim> claims;
  std::string derivation;  ///< id in src/theory/derivations.cpp; empty: none
  std::map<std::string, std::string>
      inputs;  ///< what derivations read: epsilon = "config.ns_eps", residual = "ortho_err"
};

/// The built-in cards, parsed once; extra files are a user's own papers. Throws Error{input} with file and line.
std::vector<TheoryCard> theory_cards(const std::vector<std::filesystem::path>& extra = {});

enum class ClaimStatus { supported, contradicted, mixed, untestable };
std::string_view to_string(ClaimStatus);

struct ClaimResult {
  std::string card, claim, text;
  ClaimStatus status = ClaimStatus::untestable;
  Estimate statistic;
  std::string expected;     ///< "0.5 ≤ ratio ≤ 2 in 90 % of records"
  std::string sentence;     ///< the test with its number, or why it was not possible
  std::string log_request;  ///< for untestable claims: the exact signal, or the runs that would help
  double weight = 1;
  bool wants_runs = false;  ///< every signal is there; log_request names runs
};

/// A re-derived formula with this run's numbers.
struct TheoryUpdate {
  std::string derivation;  ///< id; empty: no update
  std::string latex;
  Slots slots;
  std::string text;  ///< paragraphs separated by '\n'
};

struct Theory {
  std::vector<std::string> cards;  ///< titles with sources of the cards that are in question, or a user's own
  std::vector<ClaimResult> claims;
  std::optional<std::pair<std::string, std::string>> wrong_assumption;  ///< card, claim
  std::string verdict;  ///< one sentence: the assumption that broke and the number that broke it, or that none did
  TheoryUpdate update;
};

Theory reflect(const RunStore& runs, const Comparison& comparison, const Review& review, const Diagnosis& diagnosis,
               const std::vector<TheoryCard>& cards);

}  // namespace expanalyze
