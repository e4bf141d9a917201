// What is fuzzed: every importer of the table, every layer below an Input, every syntax of a config file.
//
// An input of a target that reads folders is the folder's files one after another, each behind a line "--- its/path";
// pack_folder() writes this form.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace fuzz {

struct Target {
  std::string name;                                 ///< "csv", "input_gz", "config_yaml"
  std::function<void(std::string_view bytes)> run;  ///< aborts on a broken invariant
  bool folders = false;
};

std::vector<Target> targets();
/// Exits with a message when there is none of that name.
Target target_named(std::string_view name);

std::string pack_folder(const std::filesystem::path& folder);

}  // namespace fuzz
