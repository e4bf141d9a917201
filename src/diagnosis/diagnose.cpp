// Step 2 on one page: every card is asked, its evidence weighed, consequences are explained away, the headline chosen.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "diagnosis/calibration.hpp"
#include "diagnosis/case.hpp"
#include "diagnosis/headline.hpp"
#include "diagnosis/weigh.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr double kConspicuous = -2.944;  // log-odds of 5 %: below, a card is clear

/// Cards that state what is in the log rather than what caused the difference: a second change in the config does not
/// weaken them.
bool states_a_fact(std::string_view id) {
  static constexpr std::array<std::string_view, 12> facts{"divergence",
                                                          "truncated_run",
                                                          "seed_noise_only",
                                                          "inert_mechanism",
                                                          "compute_inefficient_gain",
                                                          "throughput_regression",
                                                          "resume_discontinuity",
                                                          "confounded_config",
                                                          "loss_spikes_recovering",
                                                          "loss_spikes_nonrecovering",
                                                          "data_batch_anomaly",
                                                          "schedule_restart_or_lr_bug"};
  return std::find(facts.begin(), facts.end(), id) != facts.end();
}

/// What an observation of both sides rests on is read at the end of the metric of the first experiment run.
Place end_of_metric(const Case& c) {
  const Run& run = *c.experiment.front();
  for (const Series& series : run.series)
    if (series.labels.empty() && series.logged_as == c.review.metric.name)
      if (const Curve curve = finite(trajectory(run, series)); !curve.empty())
        return place_at(run, series, curve, curve.size() - 1);
  return place_of(run, Role::train_loss);
}

/// Every observation cites run, series, step and line: of a series as a whole its last finite record.
void cite(const Case& c, Evidence& e) {
  if (e.where.empty()) e.where.emplace_back();
  for (Place& place : e.where) {
    if (place.line != 0) continue;
    std::optional<Place> whole;
    for (const Runs* side : {&c.experiment, &c.baseline})
      for (const Run* run : *side)
        for (const Series& series : run->series)
          if (run->label == place.run && series.logged_as == place.series)
            if (const Curve curve = finite(trajectory(*run, series)); !curve.empty()) {
              // A step that the card knows is kept: the record at it or the next one.
              const auto at = std::lower_bound(curve.step.begin(), curve.step.end(), place.step);
              const bool known = place.step >= 0 && at != curve.step.end();
              whole = place_at(*run, series, curve,
                               known ? static_cast<std::size_t>(at - curve.step.begin()) : curve.size() - 1);
            }
    place = whole ? std::move(*whole) : end_of_metric(c);
  }
}

Finding weigh(const Detector& card, Scored scored, const Case& c) {
  Finding out;
  out.id = card.id;
  const double confounded = states_a_fact(card.id) ? 0 : std::log1p(static_cast<double>(c.undeclared));  // D0.5
  const double odds = log_odds(card.prior, scored.evidence) - confounded;
  out.completeness = completeness(scored.evidence, scored.missing_weight);
  out.log_odds = odds;
  // Nothing that was fitted on a few hundred comparisons is surer than 99 %.
  out.probability = std::min({calibration(card.id).probability(odds), 0.5 + 0.5 * out.completeness, 0.99});
  out.effect_share = c.alone() ? 0 : std::clamp(scored.effect_share, 0.0, 1.0);
  out.evidence = std::move(scored.evidence);
  // A line without strength moved nothing and would only be noise in the report.
  std::erase_if(out.evidence, [](const Evidence& e) { return e.strength < 0.02; });
  std::stable_sort(out.evidence.begin(), out.evidence.end(),
                   [](const Evidence& a, const Evidence& b) { return a.weight * a.strength > b.weight * b.strength; });
  for (Evidence& e : out.evidence) cite(c, e);
  out.soul = std::move(scored.soul);
  out.slots = std::move(scored.slots);
  return out;
}

double prior(std::string_view id) {
  const auto all = detectors();
  return (*std::find_if(all.begin(), all.end(), [id](const Detector* d) { return d->id == id; }))->prior;
}

/// The cards that look at differences, as one entry: they lack the same thing.
Untestable without_baseline(const std::vector<std::string_view>& cards) {
  std::vector<std::string> names;
  for (const auto id : cards) names.push_back(fmt::format("`{}`", id));
  return {"no_baseline", fmt::format("a run to compare with, for {} causes: {}", cards.size(), join(names, ", ")),
          "name a run of the same recipe without the change: expanalyze BASELINE EXPERIMENT"};
}

}  // namespace

Diagnosis diagnose(const RunStore& runs, const Comparison& comparison, const Review& review) {
  const Case c(runs, comparison, review);
  Diagnosis out;
  std::vector<std::string_view> compared;  ///< cards that a run alone cannot answer
  for (const Detector* card : detectors()) {
    if (c.alone() && !card->alone) {
      compared.push_back(card->id);
      continue;
    }
    Outcome outcome = card->detect(c);
    if (auto* missing = std::get_if<Untestable>(&outcome)) {
      missing->id = card->id;
      out.untestable.push_back(std::move(*missing));
      continue;
    }
    auto& scored = std::get<Scored>(outcome);
    std::string looked_at = scored.looked_at;
    if (scored.evidence.empty()) {
      out.clear.push_back({card->id, std::move(looked_at)});
      continue;
    }
    Finding finding = weigh(*card, std::move(scored), c);
    // By its evidence: calibration orders what is conspicuous and makes nothing so.
    if (finding.log_odds < kConspicuous)
      out.clear.push_back({card->id, std::move(looked_at)});
    else
      out.findings.push_back(std::move(finding));
  }
  // What is most often the cause is worth logging first.
  std::stable_sort(out.untestable.begin(), out.untestable.end(),
                   [](const Untestable& a, const Untestable& b) { return prior(a.id) > prior(b.id); });
  if (!compared.empty()) out.untestable.push_back(without_baseline(compared));
  explain_away(out.findings);
  std::stable_sort(out.findings.begin(), out.findings.end(), [](const Finding& a, const Finding& b) {
    if (a.symptom_of.empty() != b.symptom_of.empty()) return a.symptom_of.empty();
    return rank(a) > rank(b);
  });
  choose_headline(c, out);
  return out;
}

const Finding* finding(const Diagnosis& diagnosis, std::string_view id) {
  const auto it =
      std::find_if(diagnosis.findings.begin(), diagnosis.findings.end(), [&](const Finding& f) { return f.id == id; });
  return it == diagnosis.findings.end() ? nullptr : &*it;
}

}  // namespace expanalyze
