// What became of a prediction, as text and as JSON.
#include <cmath>

#include "expanalyze/render.hpp"
#include "render/json_values.hpp"
#include "render/markdown_parts.hpp"
#include "render/prose.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

using namespace render;

std::string sign_text(SignOutcome sign) {
  switch (sign) {
    case SignOutcome::right:
      return "right";
    case SignOutcome::wrong:
      return "wrong: it moved the other way";
    case SignOutcome::within_noise:
      return "open: the difference is within the luck of seeds";
    case SignOutcome::not_assessable:
      break;
  }
  return "cannot be scored";
}

std::string kill_text(const KillOutcome& k, const KillCriterion& rule) {
  const std::string run = code_span(k.run) + ": ";
  switch (k.state) {
    case KillOutcome::State::fired:
      return run + "it would have stopped the run at step " + number(k.step) + ", at " + number(k.value) + ".";
    case KillOutcome::State::passed:
      return run + "passed at step " + number(k.step) + " with " + number(k.value) + ".";
    case KillOutcome::State::not_reached:
      return run + "the run ended before step " + number(rule.step) + ".";
    case KillOutcome::State::signal_missing:
      return run + code_span(rule.signal) + " is missing from the log.";
    case KillOutcome::State::not_a_number:
      break;
  }
  return run + "the condition compares no logged number, look at it yourself.";
}

std::string belief_text(const Belief& b) {
  return code_span(b.id) + ": " + number(b.before, 2) + " → " + number(b.after, 2) + " (likelihood ratio " +
         number(b.ratio, 2) + "; " + b.why + ").";
}

std::string outcome(const Verification& v) {
  std::string out =
      bullet("**Predicted** (new − experiment, " + code_span(v.metric.name) + ", at " +
             percent(v.tried.predicted.confidence, 3) + "): " + estimate_text(v.tried.predicted, true) + ".");
  if (std::isfinite(v.difference.value)) {
    out += bullet("**Observed** at step " + number(v.at_step) + ": " + estimate_text(v.difference, true) + ", from " +
                  number(v.experiment.value) + " to " + number(v.observed.value) + ".");
    if (std::isfinite(v.gap_closed))
      out +=
          bullet("**Gap to the baseline** (" + number(v.baseline.value) + "): " + percent(v.gap_closed) + " closed.");
  }
  out += bullet("**Sign**: " + sign_text(v.sign) + ".");
  if (v.inside) out += bullet(std::string("**Interval**: ") + (*v.inside ? "held." : "missed."));
  for (const KillOutcome& k : v.kill)
    out += bullet("**Kill criterion** (" + code_span(v.tried.kill.condition, 80) + "), " + kill_text(k, v.tried.kill));
  return out + "\n";
}

Json kill_value(const KillOutcome& k) {
  return {{"run", text_value(k.run)},
          {"state", to_string(k.state)},
          {"step", number_value(k.step)},
          {"value", number_value(k.value)}};
}

Json belief_value(const Belief& b) {
  return {{"id", text_value(b.id)},
          {"before", number_value(b.before)},
          {"after", number_value(b.after)},
          {"likelihood_ratio", number_value(b.ratio)},
          {"why", text_value(b.why)}};
}

}  // namespace

std::string render_markdown(const Verification& v) {
  std::string out = "# Verification of path " + std::to_string(v.path) + ": " + safe_prose(v.tried.title) + "\n\n";
  out += paragraph(sentence("The path is " + v.matched)) + outcome(v);
  for (const std::string& note : v.notes) out += bullet(sentence(note));
  if (!v.notes.empty()) out += "\n";
  if (v.beliefs.empty()) return out;
  out += "## What to believe now\n\n";
  for (const Belief& b : v.beliefs) out += bullet(belief_text(b));
  return out;
}

std::string render_json(const Verification& v) {
  const KillCriterion& kill = v.tried.kill;
  return to_bytes(
      {{"schema", "expanalyze/verification/1"},
       {"tool", tool_value()},
       {"report", text_value(v.report)},
       {"path", {{"number", v.path}, {"title", text_value(v.tried.title)}, {"matched", text_value(v.matched)}}},
       {"runs", texts(v.runs)},
       {"metric", {{"name", text_value(v.metric.name)}, {"direction", to_string(v.metric.direction)}}},
       {"at_step", number_value(v.at_step)},
       {"baseline", estimate_value(v.baseline)},
       {"experiment", estimate_value(v.experiment)},
       {"new", estimate_value(v.observed)},
       {"predicted", estimate_value(v.tried.predicted)},
       {"difference", estimate_value(v.difference)},
       {"gap_closed", number_value(v.gap_closed)},
       {"sign", to_string(v.sign)},
       {"inside", v.inside ? Json(*v.inside) : Json()},
       {"kill",
        {{"signal", text_value(kill.signal)},
         {"step", number_value(kill.step)},
         {"condition", text_value(kill.condition)},
         {"runs", list_of(v.kill, kill_value)}}},
       {"beliefs", list_of(v.beliefs, belief_value)},
       {"notes", texts(v.notes)}});
}

}  // namespace expanalyze
