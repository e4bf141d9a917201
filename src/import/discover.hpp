// Which files of a directory are logs.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "expanalyze/import.hpp"

namespace expanalyze {

/// The importer that is surest; nullptr and an empty `why` when none knows the format. Throws Error{input} on a tie.
const Importer* sniff_importer(const Probe& probe, const std::filesystem::path& path, int at_least = 1);

/// The log of the one run that a directory holds; `others` are files that could have been meant as well.
/// Throws Error{input} when there is none, or several with equal right.
std::filesystem::path log_in(const std::filesystem::path& directory, std::vector<std::filesystem::path>& others);

}  // namespace expanalyze
