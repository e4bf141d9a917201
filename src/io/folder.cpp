#include "io/folder.hpp"

#include <algorithm>

namespace expanalyze {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostEntries = 20000;

void collect(const fs::path& root, const fs::path& below, int depth, std::vector<std::string>& entries) {
  std::error_code error;
  std::vector<fs::path> folders;
  for (fs::directory_iterator it(root / below, fs::directory_options::skip_permission_denied, error), end;
       !error && it != end && entries.size() < kMostEntries; it.increment(error)) {
    const fs::path name = it->path().filename();
    if (name.string().substr(0, 1) == ".") continue;
    std::error_code ignored;
    if (it->is_directory(ignored) && !it->is_symlink(ignored)) folders.push_back(below / name);
    if (it->is_regular_file(ignored)) entries.push_back((below / name).generic_string());
  }
  if (depth == 0) return;
  std::sort(folders.begin(), folders.end());
  for (const auto& folder : folders) collect(root, folder, depth - 1, entries);
}

}  // namespace

bool Folder::has(std::string_view entry) const { return std::binary_search(entries.begin(), entries.end(), entry); }

Input Folder::open(std::string_view entry) const { return open_input(path / entry, trouble); }

std::string Folder::name() const {
  std::error_code error;
  const auto whole = fs::weakly_canonical(path, error);
  return (error ? path : whole).filename().string();
}

Folder open_folder(const fs::path& path, int depth) {
  Folder folder{path, {}, std::make_shared<std::vector<Note>>()};
  collect(path, {}, depth, folder.entries);
  std::sort(folder.entries.begin(), folder.entries.end());
  return folder;
}

}  // namespace expanalyze
