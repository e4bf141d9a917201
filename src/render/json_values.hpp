// The small values that every part of the JSON documents is made of.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "expanalyze/estimate.hpp"
#include "expanalyze/note.hpp"
#include "expanalyze/recipe.hpp"
#include "expanalyze/review.hpp"

namespace expanalyze::render {

using Json = nlohmann::ordered_json;  ///< keeps the order of the contract

/// JSON has no NaN and no infinity: "nan", "inf", "-inf". Whole numbers print without a fraction.
Json number_value(double value);
/// Paragraphs stay; terminal codes, bidirectional overrides and bytes that are not UTF-8 do not.
Json text_value(std::string_view text);
Json texts(const std::vector<std::string>& list);
Json estimate_value(const Estimate& estimate);
Json config_value(const ConfigValue& value);
Json slots_value(const Slots& slots);
/// Line 0 and a NaN step are null: not one spot.
Json place_value(const Place& place);
Json note_value(const Note& note);
Json notes_value(const std::vector<Note>& notes);
Json metric_value(const Metric& metric);
Json config_diff_value(const std::vector<ConfigDifference>& differences);
Json tool_value();
/// The document as bytes: two spaces, a newline at the end.
std::string to_bytes(const Json& document);

template <class List, class Say>
Json list_of(const List& list, Say say) {
  Json out = Json::array();
  for (const auto& item : list) out.push_back(say(item));
  return out;
}

}  // namespace expanalyze::render
