// "name=path": a run with a label of the user's choice.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "expanalyze/import.hpp"

namespace expanalyze::cli {

struct NamedPath {
  std::string name;  ///< empty: the run says what it is called
  std::filesystem::path path;
};

/// A path that is really called so goes before a name.
NamedPath named_path(const std::string& typed);

/// read_runs() of the path, under the name; several runs are "name#1", "name#2".
std::vector<Run> read_named(const std::string& typed, const ImportOptions& options);

}  // namespace expanalyze::cli
