// JSON Lines, shared by the formats that are a dialect of it.
#pragma once

namespace expanalyze {

class Input;
class RunBuilder;

/// Reads one JSON object a line: records, settings and trouble go to the builder.
void read_json_lines(Input& input, RunBuilder& builder);

}  // namespace expanalyze
