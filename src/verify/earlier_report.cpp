// The JSON of an earlier report, as far as its predictions can be scored.
#include <cmath>

#include "expanalyze/error.hpp"
#include "expanalyze/verify.hpp"
#include "import/json_text.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr std::string_view kSchema = "expanalyze/report/1";
constexpr double kEvidenceGate = 0.33;  // F1.1: below it a finding is no rival

[[noreturn]] void refuse(const std::string& name, const std::string& what) {
  throw Error(Error::Kind::input, one_line(name) + ": " + what,
              "give the file that `expanalyze BASELINE EXPERIMENT --format json -o FILE` wrote");
}

/// A member, or null: an older report may lack it.
const Json& at(const Json& object, const char* key) {
  static const Json none;
  if (!object.is_object()) return none;
  const auto found = object.find(key);
  return found == object.end() ? none : *found;
}

double number_at(const Json& object, const char* key) { return json_number(at(object, key)).value_or(std::nan("")); }

std::string text_at(const Json& object, const char* key) {
  const Json& value = at(object, key);
  return value.is_string() ? value.get<std::string>() : std::string{};
}

Estimate estimate_at(const Json& object, const char* key) {
  const Json& value = at(object, key);
  Estimate out;
  out.value = number_at(value, "value");
  out.low = json_number(at(value, "low")).value_or(out.low);
  out.high = json_number(at(value, "high")).value_or(out.high);
  out.confidence = json_number(at(value, "confidence")).value_or(out.confidence);
  const double n = number_at(value, "n");
  out.n = n > 0 && n < 1e9 ? static_cast<std::size_t>(n) : 0;
  for (const Json& note : at(value, "notes"))
    if (note.is_string()) out.notes.push_back(note.get<std::string>());
  return out;
}

std::vector<std::string> texts_at(const Json& object, const char* key) {
  std::vector<std::string> out;
  for (const Json& item : at(object, key))
    if (item.is_string()) out.push_back(item.get<std::string>());
  return out;
}

Config config_at(const Json& object, const char* key) {
  Config out;
  const Json& settings = at(object, key);
  if (settings.is_object())
    for (const auto& [name, value] : settings.items()) out[name] = config_value(value);
  return out;
}

EarlierPath path_from(const Json& path) {
  const Json& kill = at(path, "kill");
  return {text_at(path, "title"),
          texts_at(path, "because"),
          config_at(path, "changes"),
          config_at(path, "replaces"),
          estimate_at(at(path, "expected"), "difference"),
          {text_at(kill, "signal"), number_at(kill, "step"), text_at(kill, "condition")}};
}

std::vector<EarlierFinding> roots_of(const Json& diagnosis) {
  const std::string headline = text_at(diagnosis, "headline");
  std::vector<EarlierFinding> out;
  for (const Json& finding : at(diagnosis, "findings")) {
    const std::string id = text_at(finding, "id");
    const double p = number_at(finding, "probability");
    if (id == headline)
      out.insert(out.begin(), {id, number_at(diagnosis, "headline_probability")});
    else if (text_at(finding, "role") == "root" && p >= kEvidenceGate)
      out.push_back({id, p});
  }
  return out;
}

}  // namespace

EarlierReport read_earlier_report(const std::string& text, const std::string& name) {
  const auto parsed = parse_json(text);
  if (!parsed || !parsed->is_object()) refuse(name, "is no JSON report");
  const std::string schema = text_at(*parsed, "schema");
  if (schema.empty()) refuse(name, "is JSON, and no report of expanalyze: it names no schema");
  if (schema != kSchema)
    refuse(name, "follows " + one_line(schema) + "; only " + std::string(kSchema) + " can be verified");
  const Json& review = at(*parsed, "review");
  const Json& final = at(review, "final");
  const Json& metric = at(review, "metric");
  EarlierReport out;
  out.metric.name = text_at(metric, "name");
  out.metric.direction = text_at(metric, "direction") == "max" ? Direction::max : Direction::min;
  out.metric.role = role_from(text_at(metric, "role")).value_or(Role::none);
  out.at_step = number_at(final, "at_step");
  out.baseline = estimate_at(final, "baseline");
  out.experiment = estimate_at(final, "experiment");
  out.seed_sd = number_at(at(final, "seed_sd"), "value");
  out.seed_sd_df = number_at(at(final, "seed_sd"), "df");
  out.roots = roots_of(at(*parsed, "diagnosis"));
  const Json& vnext = at(*parsed, "vnext");
  for (const Json& path : at(vnext, "paths")) out.paths.push_back(path_from(path));
  out.crucial = texts_at(at(vnext, "crucial_experiment"), "between");
  if (out.metric.name.empty() || out.paths.empty()) refuse(name, "holds no metric or no path to verify");
  return out;
}

}  // namespace expanalyze
