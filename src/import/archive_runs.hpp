// Runs inside an archive, read as if it were a folder.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "import/read_each.hpp"

namespace expanalyze {

struct InArchive {
  std::filesystem::path archive;
  std::filesystem::path member;  ///< of "runs.zip/sub/log.jsonl": "sub/log.jsonl"; empty: all of it
};

/// Whether a path is an archive or leads into one.
std::optional<InArchive> find_archive(const std::filesystem::path& path);

/// Unpacks, reads with `read` and forgets. An archive of one file or one folder is that file or folder; one whose logs
/// all lie in folders gives each of them. Paths in runs, notes and errors are "runs.zip/sub/log.jsonl".
std::vector<Run> read_archive(const InArchive& in, const ImportOptions& options, const ReadPath& read);

}  // namespace expanalyze
