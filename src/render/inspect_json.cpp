// What was understood of logs, as one JSON document; docs/reference/inspect.schema.json.
#include "expanalyze/render.hpp"
#include "render/inspect_parts.hpp"
#include "render/json_values.hpp"

namespace expanalyze {

namespace {

using namespace render;

Json point_value(const LoggedPoint& point) {
  if (point.line == 0) return nullptr;
  return {{"step", number_value(point.step)}, {"value", number_value(point.value)}, {"line", point.line}};
}

Json axis_value(const AxisFacts& axis) {
  if (axis.source.empty()) return {{"axis", axis.axis}, {"source", nullptr}};
  return {{"axis", axis.axis},
          {"source", text_value(axis.source)},
          {"first", number_value(axis.first)},
          {"last", number_value(axis.last)},
          {"points", axis.n},
          {"spacing",
           {{"median", number_value(axis.spacing)},
            {"least", number_value(axis.narrowest)},
            {"most", number_value(axis.widest)}}}};
}

Json role_value(const RoleChoice& choice) {
  return {{"role", to_string(choice.role)},
          {"logged_as", text_value(choice.logged_as)},
          {"why", text_value(choice.why)},
          {"others", texts(choice.others)}};
}

Json series_value(const SeriesFacts& s) {
  Json labels = Json::object();
  for (const auto& [key, value] : s.labels) labels[text_value(key).get<std::string>()] = text_value(value);
  return {{"name", text_value(s.name)},
          {"logged_as", text_value(s.logged_as)},
          {"role", to_string(s.role)},
          {"unit", unit_name(s.unit)},
          {"labels", labels},
          {"values", s.n},
          {"non_finite", s.non_finite},
          {"first", point_value(s.first)},
          {"last", point_value(s.last)},
          {"min", point_value(s.min)},
          {"max", point_value(s.max)}};
}

Json gap_value(const Gap& gap) {
  return {{"kind", to_string(gap.kind)},      {"from", number_value(gap.from)},
          {"to", number_value(gap.to)},       {"size", number_value(gap.size)},
          {"usual", number_value(gap.usual)}, {"line", gap.line == 0 ? Json() : Json(gap.line)}};
}

Json config_value_of(const RunFacts& run) {
  Json values = Json::object();
  for (const auto& [key, value] : run.config) values[text_value(key).get<std::string>()] = config_value(value);
  return {{"source", run.config_source.empty() ? Json() : text_value(run.config_source)}, {"values", values}};
}

Json evaluation_value(const RunFacts& run) {
  if (!run.last_evaluation) return nullptr;
  return {{"series", text_value(run.last_evaluation->logged_as)},
          {"last", point_value(run.last_evaluation->last)},
          {"last_finite", point_value(run.last_evaluation->last_finite)}};
}

Json run_value(const RunFacts& run) {
  return {{"label", text_value(run.label)},
          {"path", text_value(run.path)},
          {"format", text_value(run.format)},
          {"format_why", text_value(run.format_why)},
          {"part", run.part},
          {"parts", run.parts},
          {"lines", run.lines},
          {"lines_understood", run.lines_understood},
          {"counted_in", text_value(run.counted_in)},
          {"records", run.rows},
          {"last_step", number_value(run.last_step)},
          {"superseded", run.superseded},
          {"last_evaluation", evaluation_value(run)},
          {"axes", list_of(run.axes, axis_value)},
          {"roles", list_of(run.roles, role_value)},
          {"series", list_of(run.series, series_value)},
          {"step_gaps", run.step_gaps},
          {"clock_gaps", run.clock_gaps},
          {"gaps", list_of(run.gaps, gap_value)},
          {"notes", notes_value(run.notes)},
          {"config", config_value_of(run)}};
}

Json unread_value(const Unread& file) {
  return {{"path", text_value(file.path)}, {"reason", text_value(file.reason)}, {"hint", text_value(file.hint)}};
}

Json path_value(const InspectedPath& path) {
  return {{"path", text_value(path.path)},
          {"runs", list_of(path.runs, run_value)},
          {"unread", list_of(path.unread, unread_value)},
          {"notes", notes_value(path.notes)}};
}

}  // namespace

std::string render_json(const Inspection& inspection) {
  return to_bytes(
      {{"schema", "expanalyze/inspect/1"}, {"tool", tool_value()}, {"paths", list_of(inspection.paths, path_value)}});
}

}  // namespace expanalyze
