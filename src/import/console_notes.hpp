// What was learned of a console log, told to its reader: kinds of lines, numbers without a name, how steps were found.
#pragma once

#include "import/console_axis.hpp"

namespace expanalyze {

class RunBuilder;

void note_console_grammar(const ConsoleGrammar& grammar, const ConsoleAxis& axis, RunBuilder& builder);

}  // namespace expanalyze
