// The three ways in which an experiment can equal its baseline, as evidence for `inert_mechanism` (science handbook
// D-25 a and e).
#pragma once

#include <string>
#include <vector>

#include "diagnosis/mechanism.hpp"
#include "diagnosis/sameness.hpp"

namespace expanalyze {

enum class Equality {
  none,
  bit_for_bit,   ///< every pair of runs logs the same losses, to the end
  up_to_a_step,  ///< the same losses at first, then others
  within_noise   ///< paired, and the difference is shown to be too small to matter
};

struct EqualityFound {
  Equality kind = Equality::none;
  std::string clause;  ///< for the card's one sentence, with its numbers
  std::string seen;    ///< up_to_a_step: the finding in one sentence, for a report in which the card is clear
  bool late = false;   ///< up_to_a_step: so late, with an end within noise, that the mechanism hardly acted
};

/// Adds the evidence, and says which of the three it is.
EqualityFound weigh_equality(const Case& c, const std::vector<SignalBehaviour>& signals, Scored& out);

}  // namespace expanalyze
