// What units glued to numbers, and the lines around them, say of the keys of a console log.
#pragma once

#include "import/console_grammar.hpp"

namespace expanalyze {

class RunBuilder;

/// Units that the log glues to its numbers, as meanings in base units.
void declare_console_units(const ConsoleGrammar& grammar, RunBuilder& builder);

}  // namespace expanalyze
