// A folder as the importers see it: names first, bytes on demand.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "io/input.hpp"

namespace expanalyze {

/// A log can be spread over a folder: W&B, MLflow, event files.
struct Folder {
  std::filesystem::path path;
  std::vector<std::string> entries;  ///< files by relative path ("train/events.out"), sorted bytewise
  /// Of all its inputs.
  Input::Trouble trouble = std::make_shared<std::vector<Note>>();

  [[nodiscard]] bool has(std::string_view entry) const;
  /// Throws Error{input} as open_input() does.
  [[nodiscard]] Input open(std::string_view entry) const;
  [[nodiscard]] std::string name() const;
};

/// Files down to `depth` folders below; hidden ones and links to folders are left out. Of more than 20000 files each
/// folder gives its first ones, with a note in `trouble`.
Folder open_folder(const std::filesystem::path& path, int depth = 4);

}  // namespace expanalyze
