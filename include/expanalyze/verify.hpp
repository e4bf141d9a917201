// An earlier report's predictions against the runs that followed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "expanalyze/estimate.hpp"
#include "expanalyze/recipe.hpp"
#include "expanalyze/review.hpp"

namespace expanalyze {

/// What an earlier report holds of one path: read from its JSON.
struct EarlierPath {
  std::string title;
  std::vector<std::string> because;  ///< ids of findings and claims
  Config changes, replaces;
  Estimate predicted;  ///< new − experiment
  KillCriterion kill;
};

struct EarlierFinding {
  std::string id;
  double probability = 0;
};

/// What verification needs of an earlier report.
struct EarlierReport {
  Metric metric;
  double at_step = 0;
  Estimate baseline, experiment;  ///< mean over seeds at `at_step`; Estimate::n runs
  double seed_sd = 0, seed_sd_df = 0;
  std::vector<EarlierFinding> roots;  ///< the headline first, with the headline's probability
  std::vector<EarlierPath> paths;
  std::vector<std::string> crucial;  ///< the two diagnoses of the crucial experiment; empty: none
};

/// Throws Error{input} when the text is no report of ours, or one of another contract.
EarlierReport read_earlier_report(const std::string& text, const std::string& name);

enum class SignOutcome : std::uint8_t { right, wrong, within_noise, not_assessable };
std::string_view to_string(SignOutcome);

/// The kill criterion applied to one run after the fact.
struct KillOutcome {
  enum class State : std::uint8_t { fired, passed, not_reached, signal_missing, not_a_number };
  std::string run;
  State state = State::not_a_number;
  double step = 0, value = 0;  ///< where it was looked, and what stood there; NaN: nothing
};
std::string_view to_string(KillOutcome::State);

/// One diagnosis before and after the new runs.
struct Belief {
  std::string id;
  double before = 0, after = 0;
  double ratio = 1;  ///< likelihood of the outcome if it is right over that if it is wrong, within [1/100, 100]
  std::string why;
};

struct Verification {
  std::string report;  ///< path as given
  std::size_t path = 0;
  EarlierPath tried;
  std::string matched;  ///< why this path
  Metric metric;
  std::vector<std::string> runs;
  double at_step = 0;
  Estimate baseline, experiment, observed;
  Estimate difference;    ///< new − experiment; 95 %
  double gap_closed = 0;  ///< share of the distance experiment − baseline; NaN: no gap, or no value
  SignOutcome sign = SignOutcome::not_assessable;
  std::optional<bool> inside;  ///< the predicted interval
  std::vector<KillOutcome> kill;
  std::vector<Belief> beliefs;
  std::vector<std::string> notes;  ///< sentences on what could not be scored, and why
};

/// Scores all runs of the store together, as seeds of one recipe. `path`: from 1; nothing: by the runs' settings.
/// Throws Error{input} when they log no such metric or tried different paths.
Verification verify(const EarlierReport& earlier, const RunStore& runs, std::optional<std::size_t> path);

}  // namespace expanalyze
