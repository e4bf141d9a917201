// The small language of theory cards: products for limits, conditions for where a card applies.
//   limit:      0.9 * config.ns_steps|config.max_steps|max.avg_steps      the first alternative that the logs know
//               2 * (1 + config.momentum) / config.lr                     / between blanks; (1 - X) and (1 + X)
//   condition:  config.opt ~ 'muon' | config.optimizer ~ 'muon' | signal.ortho_err
// config.KEY is a setting of an experiment run (exact key, or its last dotted part); config.* ~ 'x' asks whether any
// "key=value" matches; "no config" holds when the logs have none; max.NAME is the largest logged value of a signal on
// either side, for logs without a config; first.NAME its first value in the experiment; changed.KEY holds when the two
// sides differ in that setting; ~ searches a regular expression, ignoring case.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "theory/theory_input.hpp"

namespace expanalyze {

/// The first experiment run's setting whose key matches; nullptr when no run has it.
const std::pair<const std::string, ConfigValue>* setting(const TheoryInput& input, std::string_view key);

struct Limit {
  double value = 0;
  std::string basis;    ///< "0.9 * `ns_steps` (5)"; empty for a plain number
  std::string missing;  ///< names that no log has; value is then meaningless
};
Limit evaluate(std::string_view expression, const TheoryInput& input);
bool holds(std::string_view condition, const TheoryInput& input);

/// What is wrong with an expression or condition of a card; empty: nothing.
std::string broken_limit(std::string_view expression);
std::string broken_condition(std::string_view condition);

}  // namespace expanalyze
