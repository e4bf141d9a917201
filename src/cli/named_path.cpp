#include "cli/named_path.hpp"

#include "text/format.hpp"

namespace expanalyze::cli {

NamedPath named_path(const std::string& typed) {
  std::error_code error;
  const auto at = typed.find('=');
  // "lr=0.1/log.csv" is a path whose folder has a value in its name: a name holds no slash.
  const bool named = at != std::string::npos && at > 0 && at + 1 < typed.size() && typed.find('/') > at &&
                     !std::filesystem::exists(typed, error);
  if (!named) return {{}, typed};
  return {typed.substr(0, at), typed.substr(at + 1)};
}

std::vector<Run> read_named(const std::string& typed, const ImportOptions& options) {
  const NamedPath named = named_path(typed);
  std::vector<Run> runs = read_runs(named.path, options);
  if (named.name.empty()) return runs;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    runs[i].label = one_line(named.name);
    if (runs.size() > 1) runs[i].label += "#" + std::to_string(i + 1);
    for (Note& note : runs[i].notes) note.where.run = runs[i].label;
  }
  return runs;
}

}  // namespace expanalyze::cli
