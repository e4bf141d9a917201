// Runs inside an archive, read as if it were a folder.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include "expanalyze/run_store.hpp"

namespace expanalyze {

struct InArchive {
  std::filesystem::path archive;
  std::filesystem::path member;  ///< of "runs.zip/sub/log.jsonl": "sub/log.jsonl"; empty: all of it
};

/// Whether a path is an archive or leads into one.
std::optional<InArchive> find_archive(const std::filesystem::path& path);

/// Unpacks, reads with `read` and forgets. An archive of one file or one folder is that file or folder; one whose logs
/// all lie in folders gives each of them. Paths in runs, notes and errors are "runs.zip/sub/log.jsonl".
std::vector<Run> read_archive(const InArchive& in,
                              const std::function<std::vector<Run>(const std::filesystem::path&)>& read);

}  // namespace expanalyze
