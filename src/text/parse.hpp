// Numbers from text, whatever the locale.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace expanalyze {

std::string_view trim(std::string_view text);
/// ASCII only: bytes above 127 stay as they are.
std::string lower(std::string_view text);

/// The whole text is one number: decimal or scientific, leading '+', nan and inf in any spelling of case, "infinity".
/// Too large becomes ±inf, too small 0: what the writer's own double would have been.
std::optional<double> number_from(std::string_view text);

/// Seconds from "H:MM:SS", "H:MM:SS.ffffff", "MM:SS" or "N day(s), H:MM:SS", as Python prints a timedelta.
std::optional<double> duration_from(std::string_view text);

/// Words that stand for "no value here": "", "null", "none", "na", "n/a", "-".
bool is_blank_word(std::string_view text);

}  // namespace expanalyze
