// expanalyze inspect PATH...
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>

#include "cli/commands.hpp"
#include "cli/named_path.hpp"
#include "cli/output.hpp"
#include "expanalyze/error.hpp"
#include "expanalyze/inspection.hpp"
#include "expanalyze/render.hpp"
#include "import/read_each.hpp"
#include "pipeline/pick_series.hpp"
#include "pipeline/seed_groups.hpp"
#include "text/format.hpp"
#include "text/nearest.hpp"

namespace expanalyze::cli {

namespace {

/// The logs that a path stands for: itself, or all below a folder.
std::vector<std::filesystem::path> logs_of(const std::string& path, std::vector<Note>& notes) {
  std::error_code ignored;
  std::vector<std::filesystem::path> logs;
  if (std::filesystem::is_directory(path, ignored)) logs = find_runs(path, notes);
  if (logs.empty()) logs.emplace_back(path);  // a folder without logs says so when it is read
  return logs;
}

/// What `keep` makes of every run of a path; what is no log is named in `into`, and the others are still read.
template <class Kept, class Keep>
std::vector<Kept> read_path(const Options& options, InspectedPath& into, Keep keep) {
  const auto logs = logs_of(into.path, into.notes);
  std::vector<std::vector<Kept>> read(logs.size());
  std::vector<std::optional<Unread>> unread(logs.size());
  read_each(logs.size(), options.import, [&](std::size_t i, const ImportOptions& import) {
    try {
      for (Run& run : read_named(logs[i].string(), import)) read[i].push_back(keep(std::move(run)));
    } catch (const Error& e) {
      if (e.kind == Error::Kind::usage) throw;
      unread[i] = {logs[i].string(), e.what(), e.hint};
    }
  });
  std::vector<Kept> all;
  for (std::size_t i = 0; i < logs.size(); ++i) {
    if (unread[i]) into.unread.push_back(std::move(*unread[i]));
    std::move(read[i].begin(), read[i].end(), std::back_inserter(all));
  }
  return all;
}

/// A single path that cannot be read fails as in every other command.
void refuse_single(const std::vector<InspectedPath>& paths, bool any) {
  if (any || paths.size() != 1 || paths.front().unread.size() != 1) return;
  const Unread& file = paths.front().unread.front();
  throw Error(Error::Kind::input, file.reason, file.hint);
}

void complain_of(const std::vector<InspectedPath>& paths) {
  for (const InspectedPath& path : paths)
    for (const Unread& file : path.unread) fmt::print(stderr, "expanalyze: {}\n", one_line(file.reason, 500));
}

int show(const Options& options, Output& output) {
  Inspection inspection;
  bool any = false;
  for (const std::string& path : options.paths) {
    InspectedPath& into = inspection.paths.emplace_back();
    into.path = path;
    into.runs = read_path<RunFacts>(options, into, [](const Run& run) { return facts_of(run); });
    any = any || !into.runs.empty();
  }
  refuse_single(inspection.paths, any);
  output.write(options.format == Format::json ? render_json(inspection) : render_markdown(inspection));
  return any ? 0 : 3;
}

std::vector<PickedSeries> pick(const std::vector<Run>& runs, const std::string& name) {
  std::vector<PickedSeries> picked;
  for (const Run& run : runs) {
    auto series = pick_series(run, name);
    if (!series.empty()) picked.push_back({&run, std::move(series)});
  }
  if (picked.empty())
    throw Error(Error::Kind::usage, "no series is called " + one_line(name),
                one_line(did_you_mean(name, series_names(runs)), 600));
  for (const Run& run : runs)
    if (std::none_of(picked.begin(), picked.end(), [&](const PickedSeries& p) { return p.run == &run; }))
      fmt::print(stderr, "expanalyze: {} has no series {}\n", one_line(run.label), one_line(name));
  return picked;
}

int print_series(const Options& options, Output& output) {
  std::vector<Run> runs;
  std::vector<InspectedPath> paths;
  for (const std::string& path : options.paths) {
    paths.emplace_back().path = path;
    auto own = read_path<Run>(options, paths.back(), [](Run&& run) { return std::move(run); });
    std::move(own.begin(), own.end(), std::back_inserter(runs));
  }
  refuse_single(paths, !runs.empty());
  complain_of(paths);
  if (runs.empty()) return 3;
  make_labels_unique(runs);
  output.write(render_csv(pick(runs, options.series), runs.size() > 1));
  return 0;
}

}  // namespace

int inspect(const Options& options) {
  for (const std::string& path : options.paths) refuse_to_replace(path, options.output);
  if (!options.import.config.empty()) refuse_to_replace(options.import.config, options.output);
  Output output(options.output);
  return options.series.empty() ? show(options, output) : print_series(options, output);
}

}  // namespace expanalyze::cli
