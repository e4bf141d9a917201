// The series that a card means. A card gives alternatives, "gram_trace|trace_est", because every code base logs its own
// word.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "theory/theory_input.hpp"

namespace expanalyze {

/// "a|b" → {"a", "b"}, blanks around each removed.
std::vector<std::string_view> alternatives(std::string_view names);
/// The same word but for case, or the word after the last '/' or '.': "optim/avg_steps" is "avg_steps".
bool names_match(std::string_view logged, std::string_view wanted);

/// The finite part of one series of one run's final trajectory, within a share of the run's steps.
struct Signal {
  RunId run = 0;
  std::string name;  ///< as logged
  Labels labels;
  std::vector<double> step, value;
  std::size_t non_finite = 0;  ///< records left out
};
/// Of each run, every series (one per layer) of the first alternative that the run logs with a finite value.
std::vector<Signal> signals(const RunStore& runs, const std::vector<RunId>& ids, std::string_view names,
                            double from_share = 0, double to_share = 1);

/// Two signals of one run and layer at their common steps.
struct SignalPair {
  RunId run = 0;
  std::string proxy, target;  ///< as logged
  std::vector<double> step, p, q;
};
std::vector<SignalPair> signal_pairs(const RunStore& runs, const std::vector<RunId>& ids, std::string_view proxy,
                                     std::string_view target, double from_share = 0, double to_share = 1);

/// All values of several signals in one vector, and how many runs they come from.
std::vector<double> pooled(const std::vector<Signal>& signals);
std::size_t run_count(const std::vector<Signal>& signals);

}  // namespace expanalyze
