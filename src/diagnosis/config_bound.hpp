// Which setting bounds a signal, found by value first and by words second: names are nobody's standard.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "expanalyze/run_store.hpp"

namespace expanalyze {

/// The settings that equal the lowest or highest of these finite values. Inside the range a number of the config is met
/// by chance.
std::vector<double> settings_at_ends(const Config& config, std::span<const double> values);
/// The key of the setting that equals `bound`; of several the one that sounds most like a bound of this signal; empty:
/// none.
std::string setting_of_bound(const Config& config, double bound, std::string_view signal);
/// Two names that have a word in common: "ns_steps" and "ns_adaptive".
bool share_a_word(std::string_view a, std::string_view b);

}  // namespace expanalyze
