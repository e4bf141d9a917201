// JSON Lines, shared by the formats that are a dialect of it.
#pragma once

#include <string_view>

namespace expanalyze {

class Input;
class RunBuilder;

/// Reads one JSON object a line: records, settings and trouble go to the builder.
void read_json_lines(Input& input, RunBuilder& builder);

/// {"type": "config", …}: the key that calls a line settings.
bool is_tag_key(std::string_view key);

}  // namespace expanalyze
