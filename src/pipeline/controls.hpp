// Repeated runs that show what a seed does: which of them are one recipe.
#pragma once

#include <vector>

#include "expanalyze/run_store.hpp"

namespace expanalyze {

/// The runs of `ids` by recipe: equal settings but for seeds and names; where no settings are logged, equal names but
/// for a seed. A log that is a copy of another one, or of a run of either side, is left out and noted.
std::vector<std::vector<RunId>> control_groups(const RunStore& runs, const std::vector<RunId>& ids,
                                               const Comparison& compared, std::vector<Note>& notes);

}  // namespace expanalyze
