// The one sentence of a report: which finding it is, or what is said when none is.
#include "diagnosis/headline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnosis/calibration.hpp"
#include "diagnosis/levels.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr double kPossible = 0.33;  // D0.6: below this a finding is not shown

/// "`loss` went from 11.72 to 11.52" where a run took less than a twentieth off its first training loss; else empty.
/// A small network that trains takes a third off in its first tenth (the labelled runs).
std::string hardly_learned(const Case& c) {
  constexpr double kLearned = 0.05;
  const Run& run = *c.experiment.front();
  const Series* series = find(run, Role::train_loss);
  const Curve curve = series ? finite(trajectory(run, *series)) : Curve{};
  if (curve.size() < 20 || !(curve.value.front() > 0)) return {};
  const double last = last_of(run, Role::train_loss);
  if (!(last > (1 - kLearned) * curve.value.front()) || !(last < 1.5 * curve.value.front())) return {};
  return fmt::format("The training loss hardly moved: {} went from {} to {} in {} records",
                     code_span(series->logged_as), number(curve.value.front()), number(last), curve.size());
}

/// One side, and no cause.
std::string healthy(const Case& c, const Diagnosis& diagnosis) {
  if (const std::string stuck = hardly_learned(c); !stuck.empty())
    return stuck +
           ", and nothing that is logged tells a dead signal from steps that are too small or a start that was trained "
           "before. Gradient norms of the first and last layer and the ratio of update to weights would.";
  const auto missing = std::count_if(diagnosis.untestable.begin(), diagnosis.untestable.end(),
                                     [](const Untestable& u) { return u.id != "no_baseline"; });
  return fmt::format(
      "No fault shows in this log: {} causes were tested and none reaches a probability of 0.33; {} more "
      "need signals that it does not hold.",
      diagnosis.clear.size() + diagnosis.findings.size(), missing);
}

/// What was changed, where the settings leave no doubt: the one that differs, or the words of a description where none
/// does; else empty.
std::string only_change(const Case& c) {
  const ConfigDifference* only = nullptr;
  const ConfigDifference* words = nullptr;
  for (const auto& d : c.review.config_diff) {
    if (d.cls == ConfigDifference::Class::benign) {
      if (has_token(d.key, "description") || has_token(d.key, "notes") || has_token(d.key, "comment")) words = &d;
      continue;
    }
    if (only) return {};
    only = &d;
  }
  if (only) return say_change(*only);
  return words ? say_change(*words) : std::string{};
}

/// Nothing reached "possible": name what was changed, and the signals that would show how it acts, taken from the cards
/// that could not be tested.
std::string undetermined(const Case& c, const Diagnosis& diagnosis) {
  std::vector<std::string> requests;
  for (const auto& card : diagnosis.untestable)
    if (requests.size() < 3 && std::find(requests.begin(), requests.end(), card.log_request) == requests.end())
      requests.push_back(card.log_request);
  const std::string change = only_change(c);
  if (requests.empty())
    return fmt::format("The logs do not contain the cause: {} causes were tested and none stands out.",
                       diagnosis.clear.size());
  if (!change.empty() && (c.worse || c.better))
    return fmt::format(
        "All that is known to differ is {}; how it acts is not in the logs. The signals that would reveal it: {}.",
        change, join(requests, "; "));
  return fmt::format("The logs do not contain the cause; the signals that would reveal it: {}.", join(requests, "; "));
}

/// Less training cannot be what made it better: then the change itself is not in the configs.
bool only_shorter(const Case& c) {
  const ConfigDifference* only = sole_difference(c.review);
  return only && names_length(only->key) && !raised(*only);
}

std::string improvement(const Case& c) {
  const FinalQuality& f = c.review.final_quality;
  const std::string change = only_change(c);
  if (only_shorter(c))
    return fmt::format(
        "{} ends at {} against {}{}, with a 95 % interval of the difference of {}, although the configs differ by {} "
        "alone: the change that helps is not in them.",
        code_span(c.review.metric.name), number(f.experiment.value), number(f.baseline.value),
        percent_clause(f.relative.value), interval(f.difference.low, f.difference.high, 3), change);
  // Without a training loss a fault of the evaluation could not have shown.
  const bool tested = logs(c.experiment, Role::train_loss) && logs(c.baseline, Role::train_loss);
  return fmt::format("{} helps: {} ends at {} against {}{}, with a 95 % interval of the difference of {}{}.",
                     change.empty() ? "The change" : "The change " + change, code_span(c.review.metric.name),
                     number(f.experiment.value), number(f.baseline.value), percent_clause(f.relative.value),
                     interval(f.difference.low, f.difference.high, 3),
                     tested ? ", and nothing in the logs speaks for a fault of the evaluation"
                            : "; without a training loss a fault of the evaluation cannot be ruled out");
}

/// A run without a fault: improved, and no card explains it away as a fault of measurement or of cost.
bool genuinely_improved(const Case& c, const Diagnosis& diagnosis) {
  if (!c.better) return false;
  return std::none_of(diagnosis.findings.begin(), diagnosis.findings.end(), [](const Finding& f) {
    return f.symptom_of.empty() && f.probability >= 0.5 && f.effect_share > 0.25;
  });
}

/// How sure the improvement is grows with the distance of its interval from zero, in half widths: from 0.7 to 0.95.
double improvement_log_odds(const Case& c) {
  const double distance = (std::abs(c.gap) - c.gap_scale) / std::max(c.gap_scale, 1e-300);
  const double p = std::clamp(0.7 + 0.12 * distance, 0.7, 0.95);
  return std::log(p / (1 - p));
}

}  // namespace

/// D0.6: a run that failed is explained by what made it fail.
double rank(const Finding& f) {
  return f.probability * (0.25 + 0.75 * f.effect_share) + (f.id == "divergence" && f.probability >= 0.5 ? 1 : 0);
}

void choose_headline(const Case& c, Diagnosis& out) {
  if (genuinely_improved(c, out)) {
    out.headline = "genuine_improvement";
    out.headline_log_odds = improvement_log_odds(c);
    out.headline_probability = calibration(out.headline).probability(out.headline_log_odds);
    out.calibrated_on = calibration(out.headline).comparisons;
    out.soul = improvement(c);
    return;
  }
  const Finding* best = nullptr;
  for (const auto& f : out.findings)
    if (f.symptom_of.empty() && f.probability >= kPossible && (!best || rank(f) > rank(*best))) best = &f;
  if (!best) {
    out.headline = "undetermined";
    out.soul = c.alone() ? healthy(c, out) : undetermined(c, out);
    return;
  }
  out.headline = best->id;
  out.headline_probability = best->probability;
  out.headline_log_odds = best->log_odds;
  out.calibrated_on = calibration(best->id).comparisons;
  out.soul = best->soul;
}

}  // namespace expanalyze
