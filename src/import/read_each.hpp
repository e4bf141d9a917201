// Several logs at once.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <vector>

#include "expanalyze/import.hpp"

namespace expanalyze {

/// Calls read(i, options) for each i < n, on options.threads threads that each take the next one; the options it gets
/// say how many threads are left for a log of its own. Files are independent: what `read` writes to a place of its own
/// is the same for any number of threads. Throws what the lowest i threw, after all are done.
void read_each(std::size_t n, ImportOptions options,
               const std::function<void(std::size_t i, const ImportOptions& options)>& read);

using ReadPath = std::function<std::vector<Run>(const std::filesystem::path&, const ImportOptions&)>;

/// The runs of several logs, in the order of `paths`. What is no log after all becomes a note of the first run; throws
/// what the first one threw when no other can be read.
std::vector<Run> read_logs(const std::vector<std::filesystem::path>& paths, const ImportOptions& options,
                           const ReadPath& read);

}  // namespace expanalyze
