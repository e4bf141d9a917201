// Several runs that were written to one file, told apart (science handbook A4).
#pragma once

#include <vector>

#include "expanalyze/run_store.hpp"
#include "store/surgery.hpp"

namespace expanalyze {

/// The runs in the order of the file; one if nothing speaks for several. `part` and `parts` are set. A counter that
/// starts again although the run goes on is joined to what came before.
std::vector<Run> split_runs(Run run, const std::vector<Setting>& settings = {});

}  // namespace expanalyze
