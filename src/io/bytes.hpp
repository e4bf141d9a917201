// Whole files in memory: a log is read once, from front to back.
#pragma once

#include <filesystem>
#include <string>

namespace expanalyze {

/// All bytes of a file. Throws Error{input} for what is missing, a directory, or not readable.
std::string read_file(const std::filesystem::path& path);

}  // namespace expanalyze
