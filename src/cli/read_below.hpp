// The logs below a folder, one unreadable file more or less.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "expanalyze/import.hpp"

namespace expanalyze::cli {

/// Every run below `directory`, in the order of the paths; a file that cannot be read becomes a note with this code.
std::vector<Run> read_below(const std::filesystem::path& directory, const ImportOptions& options,
                            std::string_view unreadable, std::vector<Note>& notes);

}  // namespace expanalyze::cli
