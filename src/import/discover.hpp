// Which files of a directory are logs.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "expanalyze/import.hpp"

namespace expanalyze {

class Input;

bool is_binary(std::string_view head);

/// Who reads a file or a folder, and what it saw there.
struct Claim {
  const Importer* importer = nullptr;  ///< nullptr: nobody knows the format
  std::string why;
  explicit operator bool() const { return importer != nullptr; }
};

/// The importer that is surest of a file. Its head is looked at further down when its first part says nothing:
/// launchers and printed scripts can fill it. Throws Error{input} on a tie.
Claim claim_of(Input& input, const std::filesystem::path& path, int at_least = 1);
/// Counts a file of which only the Git LFS pointer is there.
void note_pointer(std::vector<Note>& notes, const std::filesystem::path& path);
/// The directory itself holds a log, whatever lies below it.
bool has_own_log(const std::filesystem::path& directory);

/// What a directory holds for one side of a comparison.
struct Contents {
  Claim whole;                                  ///< the directory is one run
  std::vector<std::filesystem::path> logs;      ///< one, or one per seed
  std::vector<std::filesystem::path> others;    ///< could have been meant as well: further logs of the same run
  std::vector<std::filesystem::path> pointers;  ///< files that were not fetched from Git LFS: could be logs
};
/// Throws Error{input} when there is no log. `format`: forced, or empty.
Contents contents_of(const std::filesystem::path& directory, const std::string& format);

}  // namespace expanalyze
