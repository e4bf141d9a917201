#include "verify/tried_path.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "expanalyze/error.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

bool holds(const Config& config, const Config& changes) {
  return !changes.empty() && std::all_of(changes.begin(), changes.end(), [&](const auto& change) {
    const auto there = config.find(change.first);
    return there != config.end() && there->second == change.second;
  });
}

/// From 1; 0: none.
std::size_t path_of(const EarlierReport& earlier, const Run& run) {
  for (std::size_t i = 0; i < earlier.paths.size(); ++i)
    if (holds(run.config, earlier.paths[i].changes)) return i + 1;
  return 0;
}

std::string settings_text(const Config& changes) {
  std::vector<std::string> out;
  for (const auto& [key, value] : changes)
    out.push_back(fmt::format("{} = {}", code_span(key), code_span(to_text(value))));
  return join(out, ", ");
}

/// Where the settings of a run deny the changes of a path.
std::string denial(const Config& config, const Config& changes) {
  for (const auto& [key, value] : changes) {
    const auto there = config.find(key);
    if (there == config.end() || there->second == value) continue;
    return fmt::format("{} is {} there, not {}", code_span(key), code_span(to_text(there->second)),
                       code_span(to_text(value)));
  }
  return {};
}

}  // namespace

TriedPath tried_path(const EarlierReport& earlier, const RunStore& runs, std::optional<std::size_t> asked) {
  if (asked) {
    if (*asked == 0 || *asked > earlier.paths.size())
      throw Error(Error::Kind::usage, fmt::format("the report has no path {}", *asked),
                  fmt::format("it has {}", earlier.paths.size()));
    return {*asked, "named by --path", true};
  }
  const std::size_t path = path_of(earlier, runs.runs.front());
  for (const Run& run : runs.runs)
    if (const std::size_t other = path_of(earlier, run); other != path)
      throw Error(
          Error::Kind::input,
          fmt::format("{} and {} did not try the same path", one_line(runs.runs.front().label), one_line(run.label)),
          "verify them one at a time, or name the path: --path N");
  if (path > 0)
    return {path, fmt::format("the new settings hold its change, {}", settings_text(earlier.paths[path - 1].changes)),
            true};
  const Config& config = runs.runs.front().config;
  if (config.empty()) return {1, "taken for granted, as the new run logs no settings; --path names another", true};
  const std::string denied = denial(config, earlier.paths.front().changes);
  if (denied.empty()) return {1, "taken for granted, as no setting of the new run tells; --path names another", true};
  return {1, "scored although the new settings hold no path's change: " + denied, false};
}

}  // namespace expanalyze
