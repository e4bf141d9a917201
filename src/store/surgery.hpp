// What happened to a log after it was written, or while it was: several runs in one file, resumes, values that stand
// for none. Works on a finished Run, so it knows no formats.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "expanalyze/run_store.hpp"
#include "store/setting.hpp"

namespace expanalyze {

/// The runs that the log holds, in its order, with everything mended that is certain. Each repair is a counted note
/// with its lines; what is only likely is a note and nothing else. `settings`: every change of a setting, in the order
/// of the log; each run gets those stated before or within its own lines.
std::vector<Run> after_surgery(Run run, const std::vector<Setting>& settings = {});

}  // namespace expanalyze
