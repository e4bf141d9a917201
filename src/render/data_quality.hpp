// What the logs needed before they could be compared, and what follows from it.
#pragma once

#include <string>

#include "expanalyze/report.hpp"

namespace expanalyze::render {

/// One row a kind of trouble, equal ones of several runs together, and a sentence for each.
std::string data_quality_box(const Report& report);

/// For the top of the report: only what the verdict rests on; empty where nothing was mended.
std::string data_quality_line(const Report& report);

}  // namespace expanalyze::render
