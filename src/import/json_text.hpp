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

class RowGroup;
using Json = nlohmann::ordered_json;  // in the order of the log

/// Nesting and width beyond these are no log; they would cost a stack or quadratic time.
inline constexpr std::size_t kDeepest = 64;
inline constexpr std::size_t kWidest = 20000;

/// One JSON value, or nullopt when it is none even with lenience. A key that stands twice in an object has its later
/// value in its first place; `repeated` is told of it.
std::optional<Json> parse_json(std::string_view text, std::vector<std::string>* repeated = nullptr);

/// "learner" in "info" → key "info/learner". Numbers become values, null a blank, words text, arrays of numbers labels.
void read_values(const Json& object, RowGroup& rows, std::uint32_t line, const std::string& prefix = {});
void read_value(const std::string& key, const Json& value, RowGroup& rows, std::uint32_t line);

/// "config", "hparams", … as a key: the object behind it holds settings.
bool is_config_word(std::string_view word);

/// "null in place of a number".
void note_null(RowGroup& rows, std::string_view key, std::uint32_t line);

/// Nested keys joined with '.', lists as JSON text. W&B's {"lr": {"desc": null, "value": 0.1}} is lr = 0.1.
void read_config(const Json& object, RowGroup& rows, std::uint32_t line, const std::string& prefix = {});
ConfigValue config_value(const Json& value);

/// A finite or non-finite number: a JSON number, true/false as 1/0, "NaN", "0.5".
std::optional<double> json_number(const Json& value);

/// Lines on which the elements of each array under `key` begin, in the order of the document and of at most `most`
/// arrays. An empty key stands for the document itself.
std::vector<std::vector<std::uint32_t>> array_lines(std::string_view text, std::string_view key,
                                                    std::size_t most = ~std::size_t{0});
/// The same of the first such array.
std::vector<std::uint32_t> element_lines(std::string_view text, std::string_view key);

}  // namespace expanalyze
