// Delimited tables, shared by the formats that are a dialect of them.
#pragma once

namespace expanalyze {

class Input;
class RunBuilder;

/// Reads a table whose header names the columns. Throws Error{input} when no line looks like a header.
void read_table(Input& input, RunBuilder& builder);

}  // namespace expanalyze
