// Dictionaries in the cells of a table, as Ray Tune writes them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace expanalyze {

class RowGroup;

/// A cell that is a dictionary, as Python or JSON prints it: numbers become values `<key>/<inner key>`, a dictionary of
/// settings goes to the config. False: it is none, and nothing was read.
bool read_dictionary(const std::string& key, std::string_view cell, RowGroup& rows, std::uint32_t line);

}  // namespace expanalyze
