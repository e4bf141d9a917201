// The report as one JSON document; docs/reference/report.schema.json says what may stand where.
#include <cmath>

#include "expanalyze/render.hpp"
#include "render/json_review.hpp"
#include "render/json_values.hpp"

namespace expanalyze {

namespace {

using namespace render;

Json role_value(const RoleChoice& choice) {
  return {{"role", to_string(choice.role)},
          {"logged_as", text_value(choice.logged_as)},
          {"why", text_value(choice.why)},
          {"others", texts(choice.others)}};
}

Json run_value(const Run& run, const std::array<double, 2>& steps) {
  return {{"label", text_value(run.label)},
          {"path", text_value(run.path)},
          {"format", text_value(run.format)},
          {"lines", run.lines},
          {"lines_understood", run.lines_understood},
          {"steps", {number_value(steps[0]), number_value(steps[1])}},
          {"config_source", text_value(run.config_source)},
          {"roles", list_of(run.roles, role_value)},
          {"notes", notes_value(run.notes)}};
}

Json runs_value(const std::vector<Run>& runs, const std::vector<std::array<double, 2>>& steps) {
  Json out = Json::array();
  for (std::size_t i = 0; i < runs.size(); ++i)
    out.push_back(run_value(runs[i], i < steps.size() ? steps[i] : std::array<double, 2>{NAN, NAN}));
  return out;
}

Json paired_value(const Pairing& p) {
  return {{"value", p.paired}, {"identical", p.identical}, {"correlation", number_value(p.correlation)}, {"lag", p.lag},
          {"n", p.n},          {"why", text_value(p.why)}};
}

Json inputs_value(const Report& r) {
  return {{"baseline", runs_value(r.baseline, r.baseline_steps)},
          {"experiment", runs_value(r.experiment, r.experiment_steps)},
          {"config_known", r.review.config_known},
          {"config_diff", config_diff_value(r.review.config_diff)},
          {"paired", paired_value(r.review.pairing)}};
}

Json evidence_value(const Evidence& e) {
  return {{"text", text_value(e.text)},
          {"value", estimate_value(e.value)},
          {"supports", e.supports()},
          {"weight", number_value(e.weight)},
          {"strength", number_value(e.strength)},
          {"where", list_of(e.where, place_value)}};
}

Json finding_value(const Finding& f) {
  const bool symptom = !f.symptom_of.empty();
  return {{"id", f.id},
          {"probability", number_value(f.probability)},
          {"log_odds", number_value(f.log_odds)},
          {"completeness", number_value(f.completeness)},
          {"role", symptom ? "symptom" : "root"},
          {"symptom_of", symptom ? Json(f.symptom_of) : Json()},
          {"effect_share", number_value(f.effect_share)},
          {"soul", text_value(f.soul)},
          {"evidence", list_of(f.evidence, evidence_value)},
          {"slots", slots_value(f.slots)}};
}

Json clear_value(const Clear& c) { return {{"id", c.id}, {"looked_at", text_value(c.looked_at)}}; }

Json untestable_value(const Untestable& u) {
  return {{"id", u.id}, {"missing", text_value(u.missing)}, {"log_request", text_value(u.log_request)}};
}

Json diagnosis_value(const Diagnosis& d) {
  return {{"soul", text_value(d.soul)},
          {"headline", d.headline},
          {"headline_probability", number_value(d.headline_probability)},
          {"headline_log_odds", number_value(d.headline_log_odds)},
          {"calibrated_on", d.calibrated_on},
          {"findings", list_of(d.findings, finding_value)},
          {"clear", list_of(d.clear, clear_value)},
          {"untestable", list_of(d.untestable, untestable_value)}};
}

Json claim_value(const ClaimResult& c) {
  return {{"card", text_value(c.card)},
          {"claim", text_value(c.claim)},
          {"text", text_value(c.text)},
          {"status", to_string(c.status)},
          {"statistic", estimate_value(c.statistic)},
          {"expected", text_value(c.expected)},
          {"sentence", text_value(c.sentence)},
          {"log_request", text_value(c.log_request)},
          {"weight", number_value(c.weight)}};
}

Json theory_value(const Theory& t) {
  Json wrong;
  if (t.wrong_assumption)
    wrong = {{"card", text_value(t.wrong_assumption->first)}, {"claim", text_value(t.wrong_assumption->second)}};
  return {{"cards", texts(t.cards)},
          {"verdict", text_value(t.verdict)},
          {"claims", list_of(t.claims, claim_value)},
          {"wrong_assumption", wrong},
          {"update",
           {{"derivation", text_value(t.update.derivation)},
            {"latex", text_value(t.update.latex)},
            {"slots", slots_value(t.update.slots)},
            {"text", text_value(t.update.text)}}}};
}

/// Keys stay exactly as in the experiment's config: launch scripts set them.
Json changes_value(const Config& changes) {
  Json out = Json::object();
  for (const auto& [key, value] : changes) out[key] = config_value(value);
  return out;
}

/// What the changes replace: null where the experiment's config has no such key.
Json replaced_value(const Config& changes, const Config& experiment) {
  Json out = Json::object();
  for (const auto& [key, value] : changes) {
    const auto old = experiment.find(key);
    out[key] = old == experiment.end() ? Json() : config_value(old->second);
  }
  return out;
}

Json path_value(const Path& p, const Config& experiment) {
  return {{"kind", to_string(p.kind)},
          {"move", p.move},
          {"title", text_value(p.title)},
          {"why", text_value(p.why)},
          {"because", texts(p.because)},
          {"changes", changes_value(p.changes)},
          {"replaces", replaced_value(p.changes, experiment)},
          {"is_revert", p.is_revert},
          {"expected",
           {{"difference", estimate_value(p.difference)},
            {"cost", {{"flops_ratio", number_value(p.flops_ratio)}, {"wall_ratio", number_value(p.wall_ratio)}}}}},
          {"kill",
           {{"signal", text_value(p.kill.signal)},
            {"step", number_value(p.kill.step)},
            {"condition", text_value(p.kill.condition)}}},
          {"steps", texts(p.steps)},
          {"risk", text_value(p.risk)}};
}

Json crucial_value(const CrucialExperiment& c) {
  Json predicts = Json::object();
  for (const auto& [id, sees] : c.predicts) predicts[id] = text_value(sees);
  return {{"between", {text_value(c.between[0]), text_value(c.between[1])}},
          {"change", text_value(c.change)},
          {"predicts", predicts}};
}

Json vnext_value(const Report& report) {
  const Recipe& r = report.recipe;
  const Config experiment = report.experiment.empty() ? Config{} : report.experiment.front().config;
  return {{"paths", list_of(r.paths, [&](const Path& p) { return path_value(p, experiment); })},
          {"crucial_experiment", r.crucial ? crucial_value(*r.crucial) : Json()}};
}

}  // namespace

std::string render_json(const Report& report) {
  return to_bytes({{"schema", "expanalyze/report/1"},
                   {"tool", tool_value()},
                   {"inputs", inputs_value(report)},
                   {"review", review_value(report.review)},
                   {"diagnosis", diagnosis_value(report.diagnosis)},
                   {"theory", theory_value(report.theory)},
                   {"vnext", vnext_value(report)}});
}

}  // namespace expanalyze
