// Step 3: which cards apply, which of their claims the logs contradict, and the mathematics that follows.
#include <fmt/format.h>

#include <algorithm>

#include "diagnosis/mechanism.hpp"
#include "expanalyze/theory.hpp"
#include "text/format.hpp"
#include "theory/claims.hpp"
#include "theory/derivations.hpp"
#include "theory/expressions.hpp"
#include "theory/working_assumptions.hpp"

namespace expanalyze {

namespace {

/// Below this a contradicted claim is shown but is not called the assumption that broke: cards give such weights to
/// claims that nothing depends on.
constexpr double kLeastWeight = 0.5;

bool applies(const TheoryCard& card, const TheoryInput& input) {
  return std::all_of(card.applies_if.begin(), card.applies_if.end(),
                     [&input](const std::string& condition) { return holds(condition, input); });
}

struct Broken {
  const TheoryCard* card = nullptr;
  const Claim* claim = nullptr;
  std::size_t result = 0;
  double importance = 0;  ///< weight times effect
};

std::string citation(const TheoryCard& card) {
  return card.built_in ? fmt::format("{} ({})", card.title, card.source)
                       : fmt::format("{} ({}; given by the user)", one_line(card.title), one_line(card.source));
}

std::string ids(const std::vector<ClaimResult>& claims, ClaimStatus status) {
  std::vector<std::string> names;
  for (const ClaimResult& c : claims)
    if (c.status == status) names.push_back(fmt::format("{}.{}", one_line(c.card), one_line(c.claim)));
  return join(names, ", ");
}

/// "Cards: supported ...; untested ...", with what was supported and what is untested.
std::string nothing_broke(const std::vector<ClaimResult>& claims) {
  std::vector<std::string> parts;
  const auto add = [&](ClaimStatus status, std::string_view words) {
    if (const std::string names = ids(claims, status); !names.empty())
      parts.push_back(fmt::format("{} {}", words, names));
  };
  add(ClaimStatus::supported, "supported");
  add(ClaimStatus::contradicted, "contradicted without consequence");
  add(ClaimStatus::mixed, "open");
  add(ClaimStatus::untestable, "untested");
  return fmt::format("Cards: {}.", join(parts, "; "));
}

TheoryUpdate derive(const std::string& id, const TheoryInput& input, const TheoryCard& card) {
  const Derivation* found = derivation(id);
  return found == nullptr ? TheoryUpdate{} : derive(*found, CardInputs(input, card));
}

void explain_broken(Theory& theory, const Broken& broken, const TheoryInput& input) {
  const ClaimResult& result = theory.claims[broken.result];
  theory.wrong_assumption = {broken.card->id, broken.claim->id};
  theory.verdict = fmt::format("The assumption that broke: \"{}\" {}", one_line(result.text), result.sentence);
  theory.update =
      derive(broken.claim->if_contradicted.empty() ? broken.card->derivation : broken.claim->if_contradicted, input,
             *broken.card);
  // The recipe reads the numbers of the headline under their own names; the ones computed here win.
  if (const Derivation* named = derivation(theory.update.derivation); named != nullptr && named->working != nullptr) {
    const Slots headline = explain_headline(input).update.slots;
    theory.update.slots.insert(headline.begin(), headline.end());
  }
}

/// The headline's working assumption comes first; the card's own mathematics follows it.
void explain_unbroken(Theory& theory, const std::vector<const TheoryCard*>& applying, const TheoryInput& input) {
  const WorkingUpdate working = explain_headline(input);
  theory.update = working.update;
  // Where nothing could be tested the list of claims says so, with what to log.
  const bool tested = std::any_of(theory.claims.begin(), theory.claims.end(),
                                  [](const ClaimResult& c) { return c.status != ClaimStatus::untestable; });
  theory.verdict = tested ? working.verdict + " " + nothing_broke(theory.claims) : working.verdict;
  // Mathematics that broke nowhere helps where it speaks of the headline, or where nothing else does.
  const bool wanted = theory.update.text.empty() || of_a_mechanism(input.diagnosis.headline);
  for (const TheoryCard* card : applying) {
    if (!wanted && card->built_in) continue;
    // What a diagnosis assumed says nothing of a run in which the claim held.
    if (const Derivation* named = derivation(card->derivation); named != nullptr && named->working != nullptr) continue;
    const TheoryUpdate own = derive(card->derivation, input, *card);
    if (own.text.empty()) continue;
    theory.update.text += fmt::format("\n{}, not contradicted:\n{}", one_line(card->title), own.text);
    if (theory.update.latex.empty()) theory.update.latex = own.latex;
    theory.update.slots.insert(own.slots.begin(), own.slots.end());
    return;
  }
}

}  // namespace

Theory reflect(const RunStore& runs, const Comparison& comparison, const Review& review, const Diagnosis& diagnosis,
               const std::vector<TheoryCard>& cards) {
  const TheoryInput input{runs, comparison, review, diagnosis};
  Theory theory;
  std::vector<const TheoryCard*> applying;
  Broken broken;
  for (const TheoryCard& card : cards) {
    if (!applies(card, input)) continue;
    applying.push_back(&card);
    std::vector<double> effects;
    const auto results = test_claims(card, input, effects);
    // A card that held is named by its claims; its source is wanted where something is in question.
    const bool in_question = std::any_of(results.begin(), results.end(), [](const ClaimResult& r) {
      return r.status == ClaimStatus::contradicted || r.status == ClaimStatus::mixed;
    });
    if (in_question || !card.built_in) theory.cards.push_back(citation(card));
    for (std::size_t i = 0; i < results.size(); ++i) {
      const double importance = results[i].weight * effects[i];
      if (results[i].status == ClaimStatus::contradicted && results[i].weight >= kLeastWeight &&
          importance > broken.importance && decisive(card.claims[i], input))
        broken = {&card, &card.claims[i], theory.claims.size(), importance};
      theory.claims.push_back(results[i]);
    }
  }
  if (broken.claim != nullptr) explain_broken(theory, broken, input);
  if (broken.claim == nullptr || theory.update.text.empty()) {
    const std::string verdict = theory.verdict;
    explain_unbroken(theory, broken.claim == nullptr ? applying : std::vector<const TheoryCard*>{}, input);
    if (!verdict.empty()) theory.verdict = verdict;
  }
  return theory;
}

}  // namespace expanalyze
