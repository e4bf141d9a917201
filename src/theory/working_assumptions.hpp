// Most experiments come without a theory card, yet every one rests on assumptions: that the step fits the curvature,
// that the data can teach the model, that the mechanism acts. This table says for each diagnosis which of them failed,
// by which number, and what the mathematics then prescribes (science handbook E2, E6 to E14).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "expanalyze/theory.hpp"
#include "theory/facts.hpp"

namespace expanalyze {

/// What a row writes. Sentences with a missing number are simply not added.
struct Draft {
  std::string assumption;               ///< "the step size fits the curvature"
  std::vector<std::string> paragraphs;  ///< what the run says, then what follows
  std::string latex;
  Slots slots;
  bool held = false;  ///< the assumption was confirmed rather than broken
};

struct WorkingAssumption {
  std::string_view id;  ///< of a diagnosis
  void (*write)(const Facts&, Draft&);
};

/// Rows by part: the step, the gradients, what the model and its data allow, how the run came out.
std::span<const WorkingAssumption> optimisation_assumptions();
std::span<const WorkingAssumption> gradient_assumptions();
std::span<const WorkingAssumption> model_assumptions();
std::span<const WorkingAssumption> outcome_assumptions();
const WorkingAssumption* working_assumption(std::string_view diagnosis);

/// All that a row says of these runs, whatever their headline is.
TheoryUpdate explain(const WorkingAssumption& row, const TheoryInput& input);

struct WorkingUpdate {
  std::string verdict;  ///< one sentence
  TheoryUpdate update;
  bool held = false;
};
/// For the headline of the diagnosis; a headline without a row is answered by the evidence of its finding.
WorkingUpdate explain_headline(const TheoryInput& input);

}  // namespace expanalyze
