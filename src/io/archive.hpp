// zip and tar: an archive as a folder that is there as long as somebody looks into it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "expanalyze/note.hpp"

namespace expanalyze {

/// By content: zip, tar, and tar in any compression of io/codecs.hpp. False for what is no regular file: a pipe cannot
/// be looked at twice.
bool is_archive(const std::filesystem::path& path);

/// "runs" of "runs.tar.gz".
std::string archive_stem(const std::filesystem::path& path);

/// Names of archives that a folder of runs is searched for; others hold checkpoints and packages more often than logs.
bool has_archive_name(const std::filesystem::path& path);

struct ArchiveLimits {
  std::size_t members = 20000;                     ///< as many as a folder is looked through for
  std::uint64_t bytes = std::uint64_t{16} << 30U;  ///< of all members, unpacked: it lands on the temporary disk
  std::size_t path_length = 1024;                  ///< of a member, in bytes
};

/// The members of an archive in a private folder, which goes with this object. Only regular files are unpacked, and
/// none by an absolute path, a path with "..", or through a link.
class Unpacked {
 public:
  /// Throws Error{input} when not one member can be read, or the temporary disk is full.
  explicit Unpacked(const std::filesystem::path& archive, const ArchiveLimits& limits = {});
  ~Unpacked();
  Unpacked(const Unpacked&) = delete;
  Unpacked& operator=(const Unpacked&) = delete;

  /// Called as the archive without its ending: labels of runs are taken from names of folders.
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] const std::vector<Note>& notes() const { return notes_; }

 private:
  void unpack(const std::filesystem::path& archive, const ArchiveLimits& limits);

  std::filesystem::path root_, folder_;
  std::vector<Note> notes_;
};

}  // namespace expanalyze
