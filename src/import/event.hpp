// TensorBoard's Event and Summary messages, as far as they hold numbers and settings.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "expanalyze/run_store.hpp"

namespace expanalyze {

/// One value of a Summary. The texts point into the record.
struct SummaryValue {
  std::string_view tag;
  std::string_view plugin;   ///< "scalars", "histograms", …; may be stated with the first value of a tag only
  std::string_view content;  ///< of the plugin
  double number = 0;
  bool has_number = false;  ///< one number, as simple_value or as a tensor with one element
  bool simple = false;      ///< as simple_value, which nothing but scalars is stored as
};

struct Event {
  double wall_time = 0;   ///< seconds since 1970
  std::int64_t step = 0;  ///< not stored when it is 0
  std::string_view version;
  std::vector<SummaryValue> values;
  bool broken = false;  ///< a part of the record is no message; what stands before it is kept
};

/// Fills `event` anew; its vector is reused.
void read_event(std::string_view data, Event& event);

/// What the plugin `hparams` keeps of a run's settings in SummaryValue::content.
std::vector<std::pair<std::string_view, ConfigValue>> session_settings(std::string_view content);

}  // namespace expanalyze
