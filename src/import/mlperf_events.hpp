// Events of MLPerf Training, what they say of their run, and where each of them stands.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "import/json_text.hpp"

namespace expanalyze {

inline constexpr double kNotStated = std::numeric_limits<double>::quiet_NaN();

struct MlperfEvent {
  std::uint32_t line = 0;
  double time = kNotStated;  ///< ms since 1970
  std::string key, type;
  Json value, metadata;
};

/// The object behind the mark of a line; nullopt when it is no event.
std::optional<MlperfEvent> mlperf_event(std::string_view text, std::uint32_t line);
/// A number of an event's value or metadata; NaN: it has none.
double mlperf_number(const Json& object, const char* key);

/// What the events say of the run as a whole, before any of them is written.
struct MlperfFacts {
  std::string benchmark;
  double batch = kNotStated, start = kNotStated, stop = kNotStated;
  std::string status;
  bool step_counts_samples = false;
  bool by_step = false, by_epoch = false;  ///< what some measurement stands at; steps go before epochs
  std::vector<double> accuracy;
};

MlperfFacts mlperf_facts(const std::vector<MlperfEvent>& events);

/// Where an event stands.
struct MlperfPosition {
  double samples = kNotStated, step = kNotStated, epoch = kNotStated;
  [[nodiscard]] bool known() const { return !std::isnan(samples) || !std::isnan(step) || !std::isnan(epoch); }
};

MlperfPosition mlperf_position(const MlperfEvent& e, const MlperfFacts& f);

/// The name of a benchmark begins with one of the list: "llama2_70b_lora".
bool begins_with_any(std::string_view name, std::span<const std::string_view> list);

}  // namespace expanalyze
