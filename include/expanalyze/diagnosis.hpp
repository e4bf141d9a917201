// Step 2, Diagnosis: the cause in one sentence, with evidence and counter-evidence (science handbook D).
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "expanalyze/estimate.hpp"
#include "expanalyze/review.hpp"

namespace expanalyze {

/// One observation that moves a card's log-odds (D0.6).
struct Evidence {
  std::string text;  ///< one sentence with its number
  Estimate value;
  double weight = 0;    ///< log likelihood ratio at full strength, signed: −: speaks against
  double strength = 1;  ///< s in [0, 1]: graded by how far the value is from its threshold
  char group = 0;       ///< correlated observations share a letter: only the largest counts fully
  std::vector<Place> where;
  [[nodiscard]] bool supports() const { return weight > 0; }
};

/// Numbers that a finding hands on to theory and recipe, by name: "clip_q90", "peak_lr_ratio".
using Slots = std::map<std::string, double>;

struct Finding {
  std::string_view id;
  double probability = 0;       ///< of being an accepted answer: calibrated, and capped by completeness (D0.6)
  double log_odds = 0;          ///< prior plus evidence, before calibration
  double completeness = 1;      ///< share of the card's signals that the logs hold, by weight
  std::string_view symptom_of;  ///< id of the cause that explains it away; empty: a root
  double effect_share = 0;      ///< of the difference, that it can account for
  std::vector<Evidence> evidence;
  std::string soul;  ///< the card's sentence with this run's numbers
  Slots slots;
};

struct Clear {
  std::string_view id;
  std::string looked_at;  ///< what was tested, with the numbers that were not conspicuous
};

struct Untestable {
  std::string_view id;
  std::string missing;      ///< what the logs lack, in the user's words
  std::string log_request;  ///< what to log, at which cadence
};

struct Diagnosis {
  std::string soul;           ///< one sentence
  std::string_view headline;  ///< id of a finding, or genuine_improvement, or undetermined
  double headline_probability = 0;
  double headline_log_odds = 0;   ///< before calibration
  int calibrated_on = 0;          ///< comparisons with a known cause that the headline's probability rests on
  std::vector<Finding> findings;  ///< roots by probability × effect, then symptoms
  std::vector<Clear> clear;
  std::vector<Untestable> untestable;
};

Diagnosis diagnose(const RunStore& runs, const Comparison& comparison, const Review& review);

const Finding* finding(const Diagnosis& diagnosis, std::string_view id);

/// What a card returns: a scored case, or why there is none.
struct Scored {
  std::vector<Evidence> evidence;
  double missing_weight = 0;  ///< sum of |weight| of the statistics that the logs do not allow
  double effect_share = 0;
  std::string looked_at;  ///< for the list of what is clear
  std::string soul;
  Slots slots;
};
using Outcome = std::variant<Scored, Untestable>;

struct Case;  // src/diagnosis/case.hpp

/// One card. A file in src/diagnosis ends in one constant of this type; detectors.cpp lists them.
struct Detector {
  std::string_view id;
  double prior;  ///< λ, log-odds before any evidence (D0.6)
  Outcome (*detect)(const Case&);
  bool alone = false;    ///< says something of a run without a baseline
  std::string_view doc;  ///< what it looks for, why it matters, false alarms and misses, reference
};

std::span<const Detector* const> detectors();

}  // namespace expanalyze
