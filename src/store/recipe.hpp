// What of a config describes the run, and what only names it.
#pragma once

#include "expanalyze/run_store.hpp"

namespace expanalyze {

/// The config without seeds, names and output folders: equal for two seeds of one recipe.
Config recipe_of(const Config& config);

}  // namespace expanalyze
