// A path in, a Run out: directory → log → importer → builder → config.
#include "expanalyze/import.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "expanalyze/error.hpp"
#include "import/config_file.hpp"
#include "import/discover.hpp"
#include "io/bytes.hpp"
#include "io/lines.hpp"
#include "store/run_builder.hpp"
#include "text/format.hpp"
#include "text/nearest.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const fs::path& path, std::string_view what, std::string hint) {
  throw Error(Error::Kind::input, fmt::format("{}: {}", path.string(), what), std::move(hint));
}

std::vector<std::string> importer_ids() {
  std::vector<std::string> ids;
  for (const auto* importer : importers()) ids.emplace_back(importer->id);
  return ids;
}

void refuse_foreign(const fs::path& path, std::string_view bytes) {
  if (trim(bytes).empty()) refuse(path, "is empty", "the run may have stopped before its first record");
  if (bytes.substr(0, 8) == "version " && bytes.find("git-lfs.github.com/spec") < 100)
    refuse(path, "is a Git LFS pointer, not the log itself", "fetch the file with `git lfs pull`");
  if (bytes.substr(0, 64U << 10U).find('\0') != std::string_view::npos)
    refuse(path, "is a binary file", fmt::format("text logs are read: {}", join(importer_ids(), ", ")));
}

const Importer& importer_for(const fs::path& path, std::string_view bytes, const std::string& format) {
  if (!format.empty()) {
    for (const auto* importer : importers())
      if (importer->id == format) return *importer;
    throw Error(Error::Kind::usage, fmt::format("--format-in {}: no such format", one_line(format)),
                did_you_mean(format, importer_ids()));
  }
  const std::string name = path.filename().string();
  // 64 KiB, and the first line in full: a document or a config on one line can be longer.
  const auto first_line = std::min(bytes.find('\n'), bytes.size());
  const Importer* importer = sniff_importer({name, bytes.substr(0, first_line + (64U << 10U))}, path);
  if (importer == nullptr)
    refuse(path, "not a format that is known",
           fmt::format("formats: {}; force one with --format-in", join(importer_ids(), ", ")));
  return *importer;
}

/// Names that say what a file is rather than which run it is.
bool generic(std::string_view stem) {
  const std::string word = lower(stem);
  for (const auto* known :
       {"metrics", "trainer_state", "trainer_log", "progress", "result", "results", "log", "history", "scalars",
        "train", "training", "events", "output", "measurements", "eval_measurements", "data"})
    if (word == known) return true;
  return false;
}

std::string label_of(const fs::path& log) {
  const std::string stem = log.stem().string();
  if (!generic(stem)) return one_line(stem);
  std::error_code error;
  const auto parent = fs::weakly_canonical(log, error).parent_path().filename().string();
  return one_line(error || parent.empty() ? stem : parent);
}

/// --config, else the log's own, else a file beside it.
void find_config(Run& run, const fs::path& log, const fs::path& given) {
  if (given.empty() && !run.config_source.empty()) return;
  const auto file = given.empty() ? config_beside(log) : given;
  if (file.empty()) {
    if (!run.config.empty()) run.config_source = "the log itself";
    return;
  }
  try {
    const Config settings = read_config_file(file);
    for (const auto& [key, value] : settings) run.config.insert_or_assign(key, value);
    if (!settings.empty()) run.config_source = one_line(file.string());
  } catch (const Error& e) {
    if (!given.empty()) throw;  // a file that nobody named stops nothing
    add_note(run.notes, "config.unreadable", one_line(e.what()));
  }
}

Run read_log(const fs::path& log, const ImportOptions& options) {
  const std::string bytes = read_file(log);
  refuse_foreign(log, bytes);
  const Importer& importer = importer_for(log, bytes, options.format);
  Lines lines(bytes);
  RunBuilder builder;
  try {
    importer.read(lines, builder);
  } catch (const Error& e) {
    throw Error(e.kind, fmt::format("{}: {}", log.string(), e.what()), e.hint);
  }
  if (builder.values() == 0)
    refuse(log, fmt::format("no numbers found, read as {}", importer.id),
           "check the file, or name another format with --format-in");
  const auto count = lines.count();
  Run run = builder.finish(count, options.map);
  run.format = importer.id;
  return run;
}

}  // namespace

Run read_run(const fs::path& path, const ImportOptions& options) {
  std::error_code error;
  std::vector<fs::path> others;
  const auto log = fs::is_directory(path, error) ? log_in(path, others) : path;
  Run run = read_log(log, options);
  run.path = path.string();
  run.label = label_of(log);
  find_config(run, log, options.config);
  for (const auto& other : others)
    add_note(run.notes, "input.other_logs",
             fmt::format("{} is read; further logs beside it are not, first {}", code_span(log.filename().string()),
                         code_span(other.filename().string())));
  for (auto& note : run.notes) note.where.run = run.label;
  return run;
}

}  // namespace expanalyze
