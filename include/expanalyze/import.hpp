// From a path to a Run.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "expanalyze/run_store.hpp"

namespace expanalyze {

struct ImportOptions {
  std::map<Role, std::string> map;  ///< --map role=key
  std::string format;               ///< --format-in; empty: by content
  std::filesystem::path config;     ///< --config side=FILE; empty: in the log or beside it
};

/// Reads one run: a file, or a directory that holds one run's log.
/// Throws Error{input} when nothing can be read; everything less is a Note in the run.
Run read_run(const std::filesystem::path& path, const ImportOptions& options);

/// Every run below a directory, sorted by path; what looked like a log and was not one goes to `notes`.
std::vector<std::filesystem::path> find_runs(const std::filesystem::path& directory, std::vector<Note>& notes);

/// A sure "no" is 0; 100 leaves no doubt. `why` says what was seen: "line 1 is an object with a key config".
struct Sniff {
  int sure = 0;
  std::string why;
};

/// What an importer may look at before it says whether a file is its own.
struct Probe {
  std::string_view name;  ///< file name without folders
  std::string_view head;  ///< the first 64 KiB at least, and the first line in full
};

class RunBuilder;  // src/store/run_builder.hpp
class Lines;       // src/io/lines.hpp

/// One format. A file in src/import ends in one constant of this type; importers.cpp lists them.
struct Importer {
  std::string_view id;
  std::string_view summary;
  Sniff (*sniff)(const Probe&);
  void (*read)(Lines&, RunBuilder&);
  std::string_view doc;  ///< Markdown: what it reads, from which tools, what it cannot know
};

std::span<const Importer* const> importers();

}  // namespace expanalyze
