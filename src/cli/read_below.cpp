#include "cli/read_below.hpp"

#include "expanalyze/error.hpp"
#include "import/read_each.hpp"
#include "text/format.hpp"

namespace expanalyze::cli {

std::vector<Run> read_below(const std::filesystem::path& directory, const ImportOptions& options,
                            std::string_view unreadable, std::vector<Note>& notes) {
  const auto paths = find_runs(directory, notes);
  std::vector<std::vector<Run>> read(paths.size());
  std::vector<std::string> trouble(paths.size());
  read_each(paths.size(), options, [&](std::size_t i, const ImportOptions& import) {
    try {
      read[i] = read_runs(paths[i], import);
    } catch (const Error& e) {
      if (e.kind == Error::Kind::usage) throw;
      trouble[i] = code_span(paths[i].string()) + " is left out: " + one_line(e.what());
    }
  });
  std::vector<Run> out;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (!trouble[i].empty()) notes.push_back({unreadable, trouble[i], {}, 1});
    for (Run& run : read[i]) out.push_back(std::move(run));
  }
  return out;
}

}  // namespace expanalyze::cli
