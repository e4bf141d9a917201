// JSON as training scripts write it: bare NaN and Infinity, numbers beyond double, bytes that are no UTF-8.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "expanalyze/run_store.hpp"

namespace expanalyze {

class RunBuilder;
using Json = nlohmann::ordered_json;  // in the order of the log

/// Nesting and width beyond these are no log; they would cost a stack or quadratic time.
inline constexpr std::size_t kDeepest = 64;
inline constexpr std::size_t kWidest = 20000;

/// One JSON value, or nullopt when it is none even with lenience.
std::optional<Json> parse_json(std::string_view text);

/// "learner" in "info" → key "info/learner". Numbers become values, null a blank, words text, arrays of numbers labels.
void read_values(const Json& object, RunBuilder& builder, std::uint32_t line, const std::string& prefix = {});
void read_value(const std::string& key, const Json& value, RunBuilder& builder, std::uint32_t line);

/// Nested keys joined with '.', lists as JSON text. W&B's {"lr": {"desc": null, "value": 0.1}} is lr = 0.1.
void read_config(const Json& object, RunBuilder& builder, std::uint32_t line, const std::string& prefix = {});
ConfigValue config_value(const Json& value);

/// A finite or non-finite number: a JSON number, true/false as 1/0, "NaN", "0.5".
std::optional<double> json_number(const Json& value);

/// Lines on which the elements of the array under `key` begin (of the whole document, if key is empty).
std::vector<std::uint32_t> element_lines(std::string_view text, std::string_view key);

}  // namespace expanalyze
