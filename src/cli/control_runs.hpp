// --controls PATH…
#pragma once

#include <string>
#include <vector>

#include "expanalyze/import.hpp"

namespace expanalyze::cli {

/// Reads every control, a log or a folder of logs, behind the runs of `store`; what cannot be read is noted.
std::vector<RunId> read_controls(RunStore& store, const std::vector<std::string>& paths, const ImportOptions& options,
                                 std::vector<Note>& notes);

/// Throws Error{input} when the controls came to nothing: `notes` say why.
[[noreturn]] void refuse_controls(const std::vector<Note>& notes);

}  // namespace expanalyze::cli
