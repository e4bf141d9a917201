#include "theory/working_assumptions.hpp"

#include <fmt/format.h>

#include <cmath>

#include "text/format.hpp"

namespace expanalyze {

namespace {

std::string outcome_and_changes(const Facts& f) {
  return f.outcome() + (f.changes().empty() ? "." : "; changed: " + f.changes() + ".");
}

/// A diagnosis without a row still has its evidence: the card's sentence and the strongest observation.
void from_evidence(const Facts& f, Draft& d) {
  const Finding* finding = f.headline();
  d.paragraphs.push_back(outcome_and_changes(f));
  if (finding == nullptr) return;
  if (!finding->soul.empty()) d.paragraphs.push_back(finding->soul);
  const Evidence* strongest = nullptr;
  for (const Evidence& e : finding->evidence)
    if (e.supports() && (strongest == nullptr || e.weight * e.strength > strongest->weight * strongest->strength))
      strongest = &e;
  if (strongest != nullptr) d.paragraphs.push_back(strongest->text);
}

void keep_finite(Slots& slots) {
  std::erase_if(slots, [](const auto& slot) { return !std::isfinite(slot.second); });
}

}  // namespace

const WorkingAssumption* working_assumption(std::string_view diagnosis) {
  for (const auto rows :
       {optimisation_assumptions(), gradient_assumptions(), model_assumptions(), outcome_assumptions()})
    for (const WorkingAssumption& row : rows)
      if (row.id == diagnosis) return &row;
  return nullptr;
}

TheoryUpdate explain(const WorkingAssumption& row, const TheoryInput& input) {
  Draft draft;
  row.write(Facts(input), draft);
  keep_finite(draft.slots);
  return {std::string(row.id), draft.latex, draft.slots, join(draft.paragraphs, "\n")};
}

WorkingUpdate explain_headline(const TheoryInput& input) {
  const Facts facts(input);
  const std::string_view id = input.diagnosis.headline.empty() ? "undetermined" : input.diagnosis.headline;
  const WorkingAssumption* row = working_assumption(id);
  Draft draft;
  if (row != nullptr)
    row->write(facts, draft);
  else
    from_evidence(facts, draft);
  if (draft.paragraphs.empty()) draft.paragraphs.push_back(outcome_and_changes(facts));

  WorkingUpdate result;
  result.held = draft.held;
  result.update.derivation = std::string(id);
  result.update.latex = draft.latex;
  // The verdict says the first paragraph; the update goes on from there.
  const std::span<const std::string> all(draft.paragraphs);
  result.update.text = join(all.size() > 1 ? all.subspan(1) : all, "\n");
  result.update.slots = draft.slots;
  // The finding's own numbers go along for the recipe, under their own names; the ones computed here win.
  if (facts.headline() != nullptr)
    result.update.slots.insert(facts.headline()->slots.begin(), facts.headline()->slots.end());
  keep_finite(result.update.slots);

  const std::string number_sentence = draft.paragraphs.empty() ? std::string{} : draft.paragraphs.front();
  if (draft.assumption.empty())
    result.verdict =
        fmt::format("The diagnosis {} is not tied to one working assumption; it rests on: {}", id, number_sentence);
  else
    result.verdict = fmt::format("The working assumption that {} {}: {}", draft.assumption,
                                 draft.held ? "was not contradicted" : "did not hold", number_sentence);
  return result;
}

}  // namespace expanalyze
