// From a Report to bytes. Renderers compute nothing: every number they print is in the Report.
#pragma once

#include <string>

#include "expanalyze/report.hpp"

namespace expanalyze {

std::string render_markdown(const Report& report);
std::string render_json(const Report& report);  ///< docs/reference/report.schema.json
std::string render_markdown(const SweepReport& report);
std::string render_json(const SweepReport& report);

std::string_view version();  ///< "0.1.0"

}  // namespace expanalyze
