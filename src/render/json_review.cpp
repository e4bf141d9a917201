#include "render/json_review.hpp"

namespace expanalyze::render {

namespace {

Json numbers(const std::vector<double>& values) { return list_of(values, number_value); }

/// Totals and rates where 0 means that the logs do not say.
Json known(double value) { return value == 0 ? Json() : number_value(value); }

Json verdict_value(const Review& r) {
  Json out = Json::object();
  for (const Axis axis : kAxes) out[to_string(axis)] = to_string(Verdict::not_assessable);
  for (const AxisVerdict& a : r.axes) out[to_string(a.axis)] = to_string(a.verdict);
  out["overall"] = to_string(r.overall);
  out["primary_axis"] = to_string(r.primary_axis);
  out["modifiers"] = texts(r.modifiers);
  return out;
}

Json axis_value(const AxisVerdict& a) {
  return {{"axis", to_string(a.axis)},
          {"verdict", to_string(a.verdict)},
          {"at", number_value(a.at)},
          {"baseline", estimate_value(a.baseline)},
          {"experiment", estimate_value(a.experiment)},
          {"difference", estimate_value(a.difference)},
          {"ratio", number_value(a.ratio)},
          {"why", text_value(a.why)},
          {"planned",
           {{"verdict", to_string(a.planned)},
            {"difference", estimate_value(a.planned_difference)},
            {"how", text_value(a.planned_how)}}}};
}

Json end_value(const RunEnd& e) {
  return {{"run", e.run},
          {"last_step", number_value(e.last_step)},
          {"planned_steps", known(e.planned_steps)},
          {"first_value", number_value(e.first_value)},
          {"final_value", number_value(e.final_value)},
          {"best_value", number_value(e.best_value)},
          {"best_step", number_value(e.best_step)},
          {"failed", e.failed},
          {"failure", text_value(e.failure)},
          {"first_non_finite", e.first_non_finite ? place_value(*e.first_non_finite) : Json()}};
}

Json seed_sd_value(const FinalQuality& f) {
  return {{"value", number_value(f.seed_sd)},     {"low", number_value(f.seed_sd_low)},
          {"high", number_value(f.seed_sd_high)}, {"source", to_string(f.seed_sd_source)},
          {"df", number_value(f.seed_sd_df)},     {"runs", f.seed_sd_runs},
          {"why", text_value(f.seed_sd_why)}};
}

Json window_value(const FinalWindow& w) {
  return {{"kind", to_string(w.kind)},
          {"from_step", number_value(w.from_step)},
          {"to_step", number_value(w.to_step)},
          {"records", w.records},
          {"se", number_value(w.se)}};
}

Json other_test_value(const OtherTest& t) {
  return {{"name", t.name},
          {"difference", estimate_value(t.difference)},
          {"p", number_value(t.p)},
          {"least_p", number_value(t.least_p)}};
}

Json final_value(const FinalQuality& f) {
  return {{"baseline", estimate_value(f.baseline)},
          {"experiment", estimate_value(f.experiment)},
          {"difference", estimate_value(f.difference)},
          {"relative", estimate_value(f.relative)},
          {"at_ends", estimate_value(f.at_ends)},
          {"at_step", number_value(f.at_step)},
          {"equivalence", {{"low", number_value(f.equivalence_low)}, {"high", number_value(f.equivalence_high)}}},
          {"sesoi", number_value(f.sesoi)},
          {"sesoi_source", text_value(f.sesoi_source)},
          {"seed_sd", seed_sd_value(f)},
          {"seeds_needed", f.seeds_needed},
          {"not_worth_chasing", f.not_worth_chasing},
          {"window", window_value(f.window)},
          {"other_tests", list_of(f.other_tests, other_test_value)},
          {"plateau", text_value(f.plateau)},
          {"sentences", texts(f.sentences)}};
}

Json level_value(const SpeedupLevel& l) {
  return {{"level", number_value(l.level)},
          {"baseline_step", number_value(l.baseline_step)},
          {"experiment_step", number_value(l.experiment_step)},
          {"speedup", number_value(l.speedup)}};
}

Json speedup_value(const SpeedupCurve& c) {
  const auto at = [](const SpeedupCurve::At& l) -> Json {
    return {{"level", number_value(l.level)},
            {"baseline", number_value(l.baseline)},
            {"experiment", number_value(l.experiment)},
            {"speedup", estimate_value(l.speedup)}};
  };
  return {{"axis", to_string(c.axis)}, {"trend", estimate_value(c.trend)}, {"levels", list_of(c.levels, at)}};
}

Json convergence_value(const Convergence& c) {
  return {{"early", to_string(c.early)},
          {"early_gap", estimate_value(c.early_gap)},
          {"from_step", number_value(c.from_step)},
          {"to_step", number_value(c.to_step)},
          {"levels", list_of(c.levels, level_value)},
          {"speedup", list_of(c.speedup, speedup_value)},
          {"sentences", texts(c.sentences)}};
}

Json compute_value(const Compute& c) {
  return {{"flops", {{"baseline", known(c.baseline_flops)}, {"experiment", known(c.experiment_flops)}}},
          {"source", text_value(c.source)},
          {"marginal",
           {{"baseline", estimate_value(c.marginal_baseline)}, {"experiment", estimate_value(c.marginal_experiment)}}},
          {"average",
           {{"baseline", estimate_value(c.average_baseline)}, {"experiment", estimate_value(c.average_experiment)}}},
          {"kappa", estimate_value(c.kappa)},
          {"kappa_source", text_value(c.kappa_source)},
          {"gain", estimate_value(c.gain)},
          {"net_gain", estimate_value(c.net_gain)},
          {"sentences", texts(c.sentences)}};
}

Json pause_value(const Pause& p) {
  return {
      {"kind", text_value(p.kind)},
      {"baseline", {{"seconds", number_value(p.baseline_seconds)}, {"share", number_value(p.baseline_share)}}},
      {"experiment", {{"seconds", number_value(p.experiment_seconds)}, {"share", number_value(p.experiment_share)}}}};
}

Json wall_value(const WallClock& w) {
  return {{"source", text_value(w.source)},
          {"per_sample",
           {{"baseline", estimate_value(w.baseline_sample_seconds)},
            {"experiment", estimate_value(w.experiment_sample_seconds)},
            {"ratio", estimate_value(w.sample_ratio)}}},
          {"pauses", list_of(w.pauses, pause_value)},
          {"step_seconds",
           {{"baseline", estimate_value(w.baseline_step_seconds)},
            {"experiment", estimate_value(w.experiment_step_seconds)}}},
          {"ratio", estimate_value(w.ratio)},
          {"seconds", {{"baseline", known(w.baseline_seconds)}, {"experiment", known(w.experiment_seconds)}}},
          {"break_even", known(w.break_even)},
          {"justified", to_string(w.justified)},
          {"hardware_verified", w.hardware_verified},
          {"sentences", texts(w.sentences)}};
}

Json forecast_value(const Forecast& f) {
  return {{"side", f.of_baseline ? "baseline" : "experiment"},
          {"at_step", number_value(f.at_step)},
          {"value", estimate_value(f.value)},
          {"how", text_value(f.how)}};
}

Json crossing_value(const Crossing& c) {
  return {{"observed_step", known(c.observed_step)},
          {"probability", number_value(c.probability)},
          {"horizon", known(c.horizon)},
          {"step", {{"median", known(c.step)}, {"low", known(c.step_low)}, {"high", known(c.step_high)}}},
          {"why", text_value(c.why)}};
}

Json sketch_value(const Sketch& s) {
  return {{"name", text_value(s.name)},
          {"step", numbers(s.step)},
          {"baseline", numbers(s.baseline)},
          {"experiment", numbers(s.experiment)}};
}

Json secondary_value(const SecondaryMetric& s) {
  return {{"metric", metric_value(s.metric)},
          {"baseline", estimate_value(s.baseline)},
          {"experiment", estimate_value(s.experiment)},
          {"difference", estimate_value(s.difference)},
          {"p", number_value(s.p)},
          {"p_adjusted", number_value(s.p_adjusted)}};
}

}  // namespace

Json review_value(const Review& r) {
  return {{"metric", metric_value(r.metric)},
          {"verdict", verdict_value(r)},
          {"headline", text_value(r.headline)},
          {"axes", list_of(r.axes, axis_value)},
          {"final", final_value(r.final_quality)},
          {"convergence", convergence_value(r.convergence)},
          {"compute", compute_value(r.compute)},
          {"wall_clock", wall_value(r.wall)},
          {"forecasts", list_of(r.forecasts, forecast_value)},
          {"crossing", crossing_value(r.crossing)},
          {"secondary", list_of(r.secondary, secondary_value)},
          {"ends", list_of(r.ends, end_value)},
          {"sketches", list_of(r.sketches, sketch_value)},
          {"notes", notes_value(r.notes)}};
}

}  // namespace expanalyze::render
