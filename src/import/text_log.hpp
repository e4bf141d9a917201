// Line by line through a text log, and the pieces that its records are made of.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "expanalyze/import.hpp"

namespace expanalyze {

/// One line without its end.
struct LogLine {
  std::string_view text;
  std::uint32_t number = 0;  ///< 1-based
  bool cut = false;          ///< the last of the log, and no line end behind it: the writer may have been killed in it
};

/// Every line from front to back; memory is that of one block.
void each_line(Input& input, const std::function<void(const LogLine&)>& visit);

/// A line that is no record: blank ones are understood, an unfinished last one and all others are counted.
void skip_line(const LogLine& line, RunBuilder& builder);

/// How many of the lines in the head of a file `match`, and which is the first.
struct Matches {
  std::size_t count = 0;
  std::uint32_t first = 0;
};
Matches matching_lines(const Probe& probe, const std::function<bool(std::string_view)>& match);

/// "key:value", "key: value" or "key=value" somewhere in a line.
struct KeyValue {
  std::string_view key, value;
  char separator = ':';
};

/// The pairs of a line that holds nothing else, split at blanks outside of brackets; nullopt for all other lines.
std::optional<std::vector<KeyValue>> key_values(std::string_view text);

/// The number of a value with or without a unit of time behind it, in seconds if there is one: "36885ms" → 36.885,
/// "0.8m" → 48, "nanms" → NaN, "3.28" → 3.28.
std::optional<double> number_or_seconds(std::string_view text);

/// "8" → 8, "False" → false, "[7, 8]" and other words as they are.
ConfigValue setting(std::string_view text);

/// Takes `prefix` off the front.
bool take(std::string_view& text, std::string_view prefix);
/// Takes a run of digits off the front; nullopt without digits.
std::optional<double> take_count(std::string_view& text);

}  // namespace expanalyze
