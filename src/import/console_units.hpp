// Units as consoles glue them to numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace expanalyze {

enum class Measure : std::uint8_t { none, time, bytes, percent, scale, rate, time_per, count };

/// Multiply by `factor` to get seconds, bytes, plain numbers (of "12.3k") or seconds per step.
struct ConsoleUnit {
  Measure measure = Measure::none;
  double factor = 1;
};

/// "ms", "GiB", "%", "it/s", "s/it", "k", "tokens"; nullopt for a word that is no unit.
std::optional<ConsoleUnit> console_unit(std::string_view text);

}  // namespace expanalyze
