#include "import/mlperf_events.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "text/parse.hpp"

namespace expanalyze {

namespace {

/// Language models count samples where the rules speak of epochs.
constexpr auto kCountSamples = std::to_array<std::string_view>({"bert", "llama", "gpt", "mixtral", "deepseek"});

std::string word_at(const Json& object, const char* key) {
  const auto at = object.find(key);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

/// In logs with samples_count, `step` counts samples where it takes the same values. A log that has only begun may not
/// have come to them yet: three steps that are no sample counts are optimizer steps, fewer are not enough to say so.
bool step_counts_samples(const std::vector<MlperfEvent>& events) {
  std::set<double> samples;
  bool named = false;
  for (const auto& e : events) {
    named = named || e.metadata.contains("samples_count");
    // A NaN has no place in an ordered set.
    if (const double n = mlperf_number(e.metadata, "samples_count"); !std::isnan(n)) samples.insert(n);
  }
  std::size_t others = 0;
  for (const auto& e : events) {
    const double step = mlperf_number(e.metadata, "step");
    if (step > 0 && samples.count(step) != 0) return true;
    others += step > 0 ? 1 : 0;
  }
  return named && others < 3;
}

/// Logs state the samples of the moment: a step that has begun counts, as their own `step` says where both are stated.
double step_of(double samples, double batch) {
  constexpr double kRounding = 1e-9;  // of the division
  return batch > 0 ? std::ceil(samples / batch * (1 - kRounding)) : samples;
}

}  // namespace

bool begins_with_any(std::string_view name, std::span<const std::string_view> list) {
  return std::any_of(list.begin(), list.end(), [&](auto word) { return name.starts_with(word); });
}

double mlperf_number(const Json& object, const char* key) {
  const auto at = object.find(key);
  if (at == object.end()) return kNotStated;
  // metadata.step can be a list, [epoch, step]: the last of it counts on.
  const Json& value = at->is_array() && !at->empty() ? at->back() : *at;
  return json_number(value).value_or(kNotStated);
}

std::optional<MlperfEvent> mlperf_event(std::string_view text, std::uint32_t line) {
  // Another process may have written behind the object.
  auto json = parse_json(text);
  if (!json) json = parse_json(text.substr(0, text.rfind('}') + 1));
  if (!json || !json->is_object() || word_at(*json, "key").empty()) return std::nullopt;
  MlperfEvent event{line, mlperf_number(*json, "time_ms"), word_at(*json, "key"), word_at(*json, "event_type"), {}, {}};
  event.value = json->value("value", Json());
  event.metadata = json->value("metadata", Json::object());
  if (!event.metadata.is_object()) event.metadata = Json::object();
  return event;
}

MlperfFacts mlperf_facts(const std::vector<MlperfEvent>& events) {
  MlperfFacts f;
  for (const auto& e : events) {
    if (e.key == "submission_benchmark" && e.value.is_string()) f.benchmark = lower(e.value.get<std::string>());
    if (e.key == "global_batch_size" && std::isnan(f.batch)) f.batch = json_number(e.value).value_or(kNotStated);
    if (e.key == "run_start" && std::isnan(f.start)) f.start = e.time;
    if (e.key == "run_stop") f.stop = e.time;
    if (e.key == "run_stop") f.status = word_at(e.metadata, "status");
    if (e.key == "eval_accuracy")
      if (const auto v = json_number(e.value)) f.accuracy.push_back(*v);
  }
  f.step_counts_samples = step_counts_samples(events);
  return f;
}

MlperfPosition mlperf_position(const MlperfEvent& e, const MlperfFacts& f) {
  MlperfPosition p;
  p.samples = mlperf_number(e.metadata, "samples_count");
  p.step = mlperf_number(e.metadata, "step_num");
  p.epoch = mlperf_number(e.metadata, "epoch_num");
  if (std::isnan(p.epoch) && e.value.is_object()) p.epoch = mlperf_number(e.value, "epoch_num");
  if (!std::isnan(p.epoch) && begins_with_any(f.benchmark, kCountSamples)) {
    if (std::isnan(p.samples)) p.samples = p.epoch;
    p.epoch = kNotStated;
  }
  const double step = mlperf_number(e.metadata, "step");
  const bool counts_samples = f.step_counts_samples && step != 0;  // 0 is 0 of either
  if (std::isnan(p.samples) && counts_samples) p.samples = step;
  if (std::isnan(p.step) && !std::isnan(p.samples)) p.step = step_of(p.samples, f.batch);
  if (std::isnan(p.step) && !counts_samples) p.step = step;
  return p;
}

}  // namespace expanalyze
