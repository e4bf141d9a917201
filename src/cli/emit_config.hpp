// --emit-config FILE: the experiment's settings with the first path that changes one applied.
#pragma once

#include <string>

#include "cli/output.hpp"
#include "expanalyze/report.hpp"

namespace expanalyze::cli {

/// Throws Error{usage} for an ending that names no config format.
void refuse_config_name(const std::string& path);
/// Throws Error{input} when the experiment has no settings that a change could be applied to.
void refuse_unknown_settings(const Run& experiment);
/// Nothing is written, and a line on standard error says so, when no path changes a setting.
void emit_config(const Report& report, const std::string& path, Output& output);

}  // namespace expanalyze::cli
