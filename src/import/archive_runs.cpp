#include "import/archive_runs.hpp"

#include "expanalyze/error.hpp"
#include "import/discover.hpp"
#include "io/archive.hpp"
#include "store/row_group.hpp"

namespace expanalyze {

namespace {

namespace fs = std::filesystem;

/// The temporary folder must not show: a report says the same each time.
class Shown {
 public:
  Shown(const fs::path& from, const fs::path& to) : from_(from.string()), to_(to.string()) {}
  [[nodiscard]] std::string operator()(std::string text) const {
    for (auto at = text.find(from_); at != std::string::npos; at = text.find(from_, at + to_.size()))
      text.replace(at, from_.size(), to_);
    return text;
  }
  void apply(Run& run) const {
    run.path = (*this)(run.path);
    run.config_source = (*this)(run.config_source);
    for (Note& note : run.notes) note.text = (*this)(note.text);
  }

 private:
  std::string from_, to_;
};

/// Down through folders that hold one folder and nothing else, or to the only file.
fs::path only_content(fs::path path) {
  std::error_code error;
  while (fs::is_directory(path, error)) {
    const fs::directory_iterator first(path, error);
    if (error || first == fs::directory_iterator() ||
        std::next(fs::directory_iterator(path)) != fs::directory_iterator())
      return path;
    path = first->path();
  }
  return path;
}

/// What of the folder to read: itself, or the runs that lie deeper.
std::vector<fs::path> runs_in(const fs::path& root, std::vector<Note>& notes) {
  std::error_code error;
  if (!fs::is_directory(root, error) || has_own_log(root)) return {root};
  auto below = find_runs(root, notes);
  if (below.empty()) below.push_back(root);  // whoever reads it says what is missing
  return below;
}

std::vector<Run> read_unpacked(const Unpacked& unpacked, const fs::path& member, const ImportOptions& options,
                               const ReadPath& read) {
  const fs::path root = member.empty() ? only_content(unpacked.folder()) : unpacked.folder() / member;
  std::vector<Note> notes = unpacked.notes();
  std::vector<Run> runs = read_logs(runs_in(root, notes), options, read);
  for (const Note& n : notes) add_note(runs.front().notes, n.code, n.text, n.where.line, n.where.series, n.count);
  return runs;
}

}  // namespace

std::optional<InArchive> find_archive(const fs::path& path) {
  std::error_code error;
  fs::path member;
  for (fs::path at = path; !at.empty() && at != at.parent_path(); at = at.parent_path()) {
    if (is_archive(at)) return InArchive{at, member};
    if (fs::exists(at, error)) break;
    if (at.has_filename()) member = member.empty() ? at.filename() : at.filename() / member;
  }
  return std::nullopt;
}

std::vector<Run> read_archive(const InArchive& in, const ImportOptions& options, const ReadPath& read) {
  const Unpacked unpacked(in.archive);
  const Shown shown(unpacked.folder(), in.archive);
  try {
    auto runs = read_unpacked(unpacked, in.member, options, read);
    for (Run& run : runs) shown.apply(run);
    return runs;
  } catch (const Error& e) {
    throw Error(e.kind, shown(e.what()), shown(e.hint));
  }
}

}  // namespace expanalyze
