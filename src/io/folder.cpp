#include "io/folder.hpp"

#include <algorithm>

namespace expanalyze {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostEntries = 20000;
/// Names that are looked at before folders further down are left alone: `inspect` of a whole disk must end.
constexpr std::size_t kMostListed = 10 * kMostEntries;

using Names = std::vector<std::string>;

/// The files of one folder, sorted; the folders in it go to `folders`, sorted as well.
Names list(const fs::path& root, const fs::path& below, std::vector<fs::path>& folders) {
  std::error_code error;
  Names files;
  std::vector<fs::path> inner;
  for (fs::directory_iterator it(root / below, fs::directory_options::skip_permission_denied, error), end;
       !error && it != end; it.increment(error)) {
    const fs::path name = it->path().filename();
    if (name.string().substr(0, 1) == ".") continue;
    std::error_code ignored;
    if (it->is_directory(ignored) && !it->is_symlink(ignored)) inner.push_back(below / name);
    if (it->is_regular_file(ignored)) files.push_back((below / name).generic_string());
  }
  std::sort(files.begin(), files.end());
  std::sort(inner.begin(), inner.end());
  folders.insert(folders.end(), inner.begin(), inner.end());
  return files;
}

/// The first of each folder, so many that all folders together have kMostEntries: 20000 pictures in one folder must
/// not hide the metrics in another.
void share_room(std::vector<Names>& of_folder) {
  std::vector<Names*> by_size;
  for (Names& names : of_folder) by_size.push_back(&names);
  std::stable_sort(by_size.begin(), by_size.end(),
                   [](const Names* a, const Names* b) { return a->size() < b->size(); });
  std::size_t room = kMostEntries, left = by_size.size();
  for (Names* names : by_size) {
    names->resize(std::min(names->size(), room / left--));
    room -= names->size();
  }
}

/// Folders nearest to the root first.
Names collect(const fs::path& root, int depth, std::vector<Note>& trouble) {
  std::vector<Names> of_folder;
  std::size_t listed = 0;
  bool all = true;
  std::vector<fs::path> level = {{}};
  for (int deep = 0; deep <= depth && !level.empty(); ++deep) {
    std::vector<fs::path> next;
    for (const fs::path& folder : level) {
      all = listed < kMostListed;
      if (!all) break;
      of_folder.push_back(list(root, folder, next));
      listed += of_folder.back().size();
    }
    level = all ? std::move(next) : std::vector<fs::path>();
  }
  if (listed > kMostEntries) {
    share_room(of_folder);
    trouble.push_back({"input.too_many_files",
                       "the folder holds " + std::string(all ? "" : "more than ") + std::to_string(listed) +
                           " files, of which the first of each folder are looked at, " + std::to_string(kMostEntries) +
                           " together",
                       {},
                       1});
  }
  Names entries;
  for (Names& names : of_folder) entries.insert(entries.end(), names.begin(), names.end());
  std::sort(entries.begin(), entries.end());
  return entries;
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
  folder.entries = collect(path, depth, *folder.trouble);
  return folder;
}

}  // namespace expanalyze
