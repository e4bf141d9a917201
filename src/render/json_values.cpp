#include "render/json_values.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "expanalyze/render.hpp"
#include "text/format.hpp"

namespace expanalyze::render {

namespace {

// Above 2^53 a double no longer holds every whole number: printing digits would claim a precision it has not.
constexpr double kExactWhole = 9007199254740992.0;

struct ToJson {
  Json operator()(std::monostate) const { return nullptr; }
  Json operator()(bool b) const { return b; }
  Json operator()(double d) const { return number_value(d); }
  Json operator()(const std::string& s) const { return text_value(s); }
};

}  // namespace

Json number_value(double value) {
  if (!std::isfinite(value)) return number(value);
  if (value == std::floor(value) && std::abs(value) < kExactWhole) return static_cast<std::int64_t>(value);
  return value;
}

Json text_value(std::string_view text) {
  std::string out;
  while (true) {
    const auto end = text.find('\n');
    out += one_line(text.substr(0, end), std::string_view::npos);
    if (end == std::string_view::npos) return out;
    out += '\n';
    text.remove_prefix(end + 1);
  }
}

Json texts(const std::vector<std::string>& list) {
  return list_of(list, [](const std::string& s) { return text_value(s); });
}

Json estimate_value(const Estimate& e) {
  return {{"value", number_value(e.value)},
          {"low", number_value(e.low)},
          {"high", number_value(e.high)},
          {"confidence", number_value(e.confidence)},
          {"n", e.n},
          {"notes", texts(e.notes)}};
}

Json config_value(const ConfigValue& value) { return std::visit(ToJson{}, value); }

Json slots_value(const Slots& slots) {
  Json out = Json::object();
  for (const auto& [name, value] : slots) out[name] = number_value(value);
  return out;
}

Json place_value(const Place& place) {
  return {{"run", text_value(place.run)},
          {"series", text_value(place.series)},
          {"line", place.line == 0 ? Json() : Json(place.line)},
          {"step", std::isnan(place.step) ? Json() : number_value(place.step)}};
}

Json note_value(const Note& note) {
  const auto last = std::max(note.last_line, note.where.line);
  return {{"code", note.code},
          {"text", text_value(note.text)},
          {"run", text_value(note.where.run)},
          {"line", note.where.line == 0 ? Json() : Json(note.where.line)},
          {"last_line", last == 0 ? Json() : Json(last)},
          {"count", note.count}};
}

Json notes_value(const std::vector<Note>& notes) { return list_of(notes, note_value); }

Json metric_value(const Metric& metric) {
  return {{"name", text_value(metric.name)},
          {"direction", to_string(metric.direction)},
          {"role", to_string(metric.role)},
          {"why", text_value(metric.why)}};
}

Json config_diff_value(const std::vector<ConfigDifference>& differences) {
  return list_of(differences, [](const ConfigDifference& d) {
    return Json{{"key", text_value(d.key)},
                {"baseline", config_value(d.baseline)},
                {"experiment", config_value(d.experiment)},
                {"class", to_string(d.cls)}};
  });
}

Json tool_value() { return {{"name", "expanalyze"}, {"version", version()}}; }

std::string to_bytes(const Json& document) {
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace expanalyze::render

namespace expanalyze {
std::string_view version() { return EXPANALYZE_VERSION; }
}  // namespace expanalyze
