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
  unsigned threads = 0;             ///< for one large log; 0: those of the machine, at most 4
};

/// Reads every run that a path holds: a file, a folder that is one run, a folder of seeds; "-" is standard input.
/// A file that several runs were written to gives them in its order.
/// Throws Error{input} when nothing can be read; everything less is a Note in the runs.
std::vector<Run> read_runs(const std::filesystem::path& path, const ImportOptions& options);

/// The run of a path that holds one. Throws Error{input} as well when it holds several.
Run read_run(const std::filesystem::path& path, const ImportOptions& options);

/// Every log below a directory, sorted by path; what looked like a log and was not one goes to `notes`.
std::vector<std::filesystem::path> find_runs(const std::filesystem::path& directory, std::vector<Note>& notes);

/// A sure "no" is 0; 100 leaves no doubt. `why` says what was seen: "line 1 is an object with a key config".
struct Sniff {
  int sure = 0;
  std::string why;
};

/// What an importer may look at before it says whether a file, or a folder, is its own.
struct Probe {
  std::string_view name;                      ///< of the file or folder, without the folders above
  std::string_view head;                      ///< of a file: the first line in full and 64 KiB; empty for a folder
  std::span<const std::string> entries = {};  ///< of a folder: its files by relative path, sorted; empty for a file
};

class RunBuilder;  // src/store/run_builder.hpp
class Input;       // src/io/input.hpp
struct Folder;     // src/io/folder.hpp

/// One format. A file in src/import ends in one constant of this type; importers.cpp lists them.
struct Importer {
  std::string_view id;
  std::string_view summary;
  /// From kSureOfFolder on a folder is read as one run even where log files of other formats lie in it.
  Sniff (*sniff)(const Probe&);
  void (*read)(Input&, RunBuilder&);  ///< a file
  std::string_view doc;               ///< Markdown: what it reads, from which tools, what it cannot know
  void (*read_folder)(const Folder&, RunBuilder&) = nullptr;  ///< of formats that spread one run over a folder
  bool binary = false;                                        ///< claims files with NUL bytes; others never see them
};
inline constexpr int kSureOfFolder = 90;

std::span<const Importer* const> importers();

}  // namespace expanalyze
