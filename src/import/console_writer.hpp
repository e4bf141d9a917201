// What was learned of a console log, as records, settings and notes.
#pragma once

#include <string_view>

#include "import/console_reader.hpp"

namespace expanalyze {

class RunBuilder;

/// `text`: what the log was read from.
void write_console_log(std::string_view text, const ConsoleLog& log, RunBuilder& builder);

}  // namespace expanalyze
