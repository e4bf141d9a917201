// Looking into a Run.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "expanalyze/import.hpp"

namespace test {

inline const expanalyze::Series* series(const expanalyze::Run& run, std::string_view key,
                                        const expanalyze::Labels& labels = {}) {
  for (const auto& s : run.series)
    if (s.logged_as == key && s.labels == labels) return &s;
  return nullptr;
}

inline const expanalyze::Note* noted(const expanalyze::Run& run, std::string_view code) {
  for (const auto& n : run.notes)
    if (n.code == code) return &n;
  return nullptr;
}

/// A file in a folder of its own under the system's temporary directory, removed at the end; of this process, as
/// ctest runs several at once.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(const std::string& name)
      : path_(std::filesystem::temp_directory_path() / ("expanalyze_" + name + "_" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::filesystem::path write(const std::string& name, std::string_view text) const {
    const auto file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    return file;
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace test
