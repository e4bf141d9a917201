#include "cli/sides.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/control_runs.hpp"
#include "cli/named_path.hpp"
#include "expanalyze/error.hpp"
#include "import/read_each.hpp"
#include "pipeline/controls.hpp"
#include "pipeline/seed_groups.hpp"
#include "store/recipe.hpp"
#include "text/format.hpp"

namespace expanalyze::cli {

namespace {

/// Keys in which two recipes differ, at most four of them.
std::string differing(const Config& a, const Config& b) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : a)
    if (const auto at = b.find(key); at == b.end() || at->second != value) keys.push_back(one_line(key));
  for (const auto& [key, value] : b)
    if (a.find(key) == a.end()) keys.push_back(one_line(key));
  if (keys.size() > 4) {
    keys.resize(4);
    keys.emplace_back("...");
  }
  return join(keys, ", ");
}

/// Several runs at one path are the seeds of one side only if nothing but their names and seeds differs.
void refuse_mixture(const std::vector<Run>& runs, const std::string& path) {
  const Config first = recipe_of(runs.front().config);
  for (const Run& run : runs) {
    const Config other = recipe_of(run.config);
    if (first == other) continue;
    throw Error(Error::Kind::input,
                fmt::format("{}: holds {} runs with different settings: {} and {} differ in {}", path, runs.size(),
                            runs.front().label, run.label, differing(first, other)),
                fmt::format("if they are seeds all the same, name the files after --baseline or --experiment; one of "
                            "them is {}#1; `expanalyze sweep` compares all",
                            path));
  }
}

struct Side {
  const char* name;  ///< of --config
  const std::vector<std::string>& paths;
  std::vector<RunId>& runs;
};

/// Reads the logs of both sides at once, and stores them in the order in which they were named.
void read_logs(RunStore& store, std::initializer_list<Side> sides, const Options& options) {
  struct Log {
    const Side* side;
    const std::string* path;
    std::vector<Run> runs;
  };
  std::vector<Log> logs;
  for (const Side& side : sides)
    for (const std::string& path : side.paths) logs.push_back({&side, &path, {}});
  read_each(logs.size(), options.import, [&](std::size_t i, ImportOptions import) {
    const auto file = options.config.find(logs[i].side->name);
    if (file != options.config.end()) import.config = file->second;
    logs[i].runs = read_named(*logs[i].path, import);
  });
  for (Log& log : logs) {
    refuse_mixture(log.runs, *log.path);
    for (Run& run : log.runs) {
      log.side->runs.push_back(store.runs.size());
      store.runs.push_back(std::move(run));
    }
  }
}

}  // namespace

Sides read_sides(const Options& options) {
  Sides read;
  Comparison& sides = read.comparison;
  read_logs(read.store,
            {{"baseline", options.baseline, sides.baseline}, {"experiment", options.experiment, sides.experiment}},
            options);
  const std::vector<RunId> controls = read_controls(read.store, options.controls, options.import, read.notes);
  make_labels_unique(read.store.runs);
  sides.baseline = without_duplicates(read.store, sides.baseline, read.notes);
  sides.experiment = without_duplicates(read.store, sides.experiment, read.notes);
  sides.controls = control_groups(read.store, controls, sides, read.notes);
  return read;
}

}  // namespace expanalyze::cli
