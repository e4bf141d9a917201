// Several runs that were written to one file, told apart (science handbook A4).
#pragma once

#include <vector>

#include "expanalyze/run_store.hpp"

namespace expanalyze {

/// The runs in the order of the file; one if nothing speaks for several. `part` and `parts` are set.
std::vector<Run> split_runs(Run run);

}  // namespace expanalyze
