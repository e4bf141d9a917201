// The two forms of a run that was looked into, and the words that they share.
#pragma once

#include <string>

#include "expanalyze/inspection.hpp"

namespace expanalyze::render {

/// A run in full: headings, lists and tables.
std::string run_in_full(const RunFacts& run);
/// Several runs of one path, a line each.
std::string runs_in_short(const InspectedPath& path);
/// What stands below a path and is no log, with the notes on it.
std::string not_read(const Inspection& inspection);

/// "nats", "seconds"; "one" has no unit.
std::string_view unit_name(Unit unit);
/// "examples/run.log", or "examples/run.log#3" of a file that holds several runs.
std::string address(const RunFacts& run);

}  // namespace expanalyze::render
