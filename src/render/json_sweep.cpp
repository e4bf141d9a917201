// The sweep as one JSON document; docs/reference/sweep.schema.json.
#include "expanalyze/render.hpp"
#include "render/json_values.hpp"
#include "render/sweep_limits.hpp"

namespace expanalyze {

namespace {

using namespace render;

Json ratio_value(double ratio) { return ratio == 0 ? Json() : number_value(ratio); }

Json row_value(const SweepRow& row) {
  return {{"label", text_value(row.label)},
          {"runs", texts(row.runs)},
          {"config", config_diff_value(row.config)},
          {"verdict", to_string(row.verdict)},
          {"baseline", estimate_value(row.baseline)},
          {"final", estimate_value(row.final)},
          {"difference", estimate_value(row.difference)},
          {"shrunk", nullptr},
          {"rank", nullptr},
          {"p_best", nullptr},
          {"headline", row.headline.empty() ? Json() : Json(row.headline)},
          {"headline_probability", number_value(row.headline_probability)},
          {"soul", text_value(row.soul)},
          {"cost", {{"flops_ratio", ratio_value(row.flops_ratio)}, {"wall_ratio", ratio_value(row.wall_ratio)}}},
          {"failure", row.failure.empty() ? Json() : text_value(row.failure)}};
}

}  // namespace

std::string render_json(const SweepReport& sweep) {
  Json notes = notes_value(sweep.notes);
  notes.push_back(note_value(sweep_limits()));
  return to_bytes({{"schema", "expanalyze/sweep/1"},
                   {"tool", tool_value()},
                   {"baseline", text_value(sweep.baseline)},
                   {"metric", metric_value(sweep.metric)},
                   {"groups", list_of(sweep.groups, row_value)},
                   {"pareto", Json::array()},
                   {"importance", Json::array()},
                   {"next", Json::array()},
                   {"notes", notes}});
}

}  // namespace expanalyze
