#include "cli/control_runs.hpp"

#include <filesystem>

#include "cli/named_path.hpp"
#include "cli/read_below.hpp"
#include "expanalyze/error.hpp"
#include "text/format.hpp"

namespace expanalyze::cli {

namespace {

std::vector<Run> read_control(const std::string& typed, const ImportOptions& options, std::vector<Note>& notes) {
  const std::filesystem::path path = named_path(typed).path;
  if (std::filesystem::is_directory(path)) return read_below(path, options, "controls.unreadable", notes);
  return read_named(typed, options);
}

}  // namespace

std::vector<RunId> read_controls(RunStore& store, const std::vector<std::string>& paths, const ImportOptions& options,
                                 std::vector<Note>& notes) {
  std::vector<RunId> ids;
  for (const std::string& path : paths)
    for (Run& run : read_control(path, options, notes)) {
      ids.push_back(store.runs.size());
      store.runs.push_back(std::move(run));
    }
  return ids;
}

void refuse_controls(const std::vector<Note>& notes) {
  std::string why;
  for (const Note& note : notes) {
    if (!note.code.starts_with("controls.") && note.code != "input.duplicate") continue;
    why += "; " + note.text;
    if (why.ends_with('.')) why.pop_back();
  }
  throw Error(Error::Kind::input, "no control tells how much a seed moves the metric" + why,
              "--controls wants at least two finished runs of one recipe that log the metric and are not among the "
              "compared ones, e.g. --controls control_s1.csv control_s2.csv");
}

}  // namespace expanalyze::cli
