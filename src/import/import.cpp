// A path in, a Run out: directory → log → importer → builder → config.
#include "expanalyze/import.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "expanalyze/error.hpp"
#include "import/archive_runs.hpp"
#include "import/config_file.hpp"
#include "import/discover.hpp"
#include "import/lfs_pointer.hpp"
#include "import/read_each.hpp"
#include "io/decompress.hpp"
#include "io/folder.hpp"
#include "io/input.hpp"
#include "store/key.hpp"
#include "store/run_builder.hpp"
#include "store/surgery.hpp"
#include "text/format.hpp"
#include "text/nearest.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const fs::path& path, std::string_view what, std::string hint) {
  throw Error(Error::Kind::input, fmt::format("{}: {}", path.string(), what), std::move(hint));
}

[[noreturn]] void refuse(const fs::path& path, const Error& why) { refuse(path, why.what(), why.hint); }

std::vector<std::string> importer_ids() {
  std::vector<std::string> ids;
  for (const auto* importer : importers()) ids.emplace_back(importer->id);
  return ids;
}

void refuse_foreign(const fs::path& path, std::string_view head) {
  if (head.find_first_not_of('\0') == std::string_view::npos && !head.empty())
    refuse(path, "begins with nothing but NUL bytes", "the machine may have lost power before the log was on disk");
  if (trim(head).empty()) refuse(path, "is empty", "the run may have stopped before its first record");
  if (is_lfs_pointer(head)) refuse(path, describe_lfs_pointer(head), "fetch the file with `git lfs pull`");
}

const Importer& importer_named(const std::string& format) {
  for (const auto* importer : importers())
    if (importer->id == format) return *importer;
  throw Error(Error::Kind::usage, fmt::format("--format-in {}: no such format", one_line(format)),
              did_you_mean(format, importer_ids()));
}

Claim reader_of(const fs::path& path, Input& input, const std::string& format) {
  if (!format.empty()) return {&importer_named(format), "--format-in says so"};
  Claim claim = claim_of(input, path);
  if (!claim && is_config_name(path)) refuse(path, holds_settings_only());
  if (!claim)
    refuse(path, is_binary(input.head()) ? "is a binary file of no known format" : "not a format that is known",
           "`expanalyze formats` lists what is read; if it is one of them, say which with --format-in");
  return claim;
}

/// Names that say what a file is rather than which run it is.
bool generic(std::string_view stem) {
  const std::string word = lower(stem);
  for (const auto* known : {"metrics", "trainer_state", "trainer_log", "progress", "result", "results", "log",
                            "history", "scalars", "events", "output", "measurements", "data"})
    if (word == known) return true;
  if (side_of_file(word) != DataSide::none) return true;
  return word.find("tfevents") != std::string::npos;  // "events.out.tfevents.1742313447.host"
}

std::string label_of(const fs::path& log) {
  if (log == "-") return "standard input";
  const std::string stem = fs::path(unpacked_name(log.filename().string())).stem().string();
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

bool has_axis(const Run& run) {
  return std::any_of(run.roles.begin(), run.roles.end(),
                     [](const RoleChoice& choice) { return choice.role >= Role::step && choice.role <= Role::flops; });
}

std::vector<Run> finish(RunBuilder& builder, const Claim& claim, const fs::path& log, std::size_t lines,
                        const ImportOptions& options) {
  const std::string_view format = claim.importer->id;
  if (builder.values() == 0 && (builder.states_settings() || is_config_name(log))) refuse(log, holds_settings_only());
  if (builder.values() == 0)
    refuse(log, fmt::format("no numbers found, read as {}", format),
           "check the file, or name another format with --format-in");
  Run run = builder.finish(lines, options.map);
  if (builder.records() == 1 && !has_axis(run))
    refuse(log, fmt::format("holds one record, which stands at no step, read as {}", format),
           "name the log that it sums up; a run is told by records that are counted or timed");
  run.format = format;
  run.path = log.string();
  run.label = run.label.empty() ? label_of(log) : one_line(run.label);
  // Settings lie beside a file, and within a folder.
  std::error_code error;
  const fs::path beside = fs::is_directory(log, error) ? log / "" : log;
  std::vector<Run> runs = after_surgery(std::move(run), builder.stated());
  for (Run& each : runs) {
    each.format_why = claim.why;
    find_config(each, beside, options.config);
  }
  return runs;
}

/// What an importer says of a damaged document, with the name of the file.
template <class Work>
void reading(const fs::path& log, Work work) {
  try {
    work();
  } catch (const Error& e) {
    throw Error(e.kind, fmt::format("{}: {}", log.string(), e.what()), e.hint);
  }
}

void note_trouble(const std::vector<Note>& trouble, RunBuilder& builder, std::uint32_t line) {
  for (const Note& note : trouble)
    builder.note(note.code, note.text, note.code == std::string_view("input.transcoded") ? 0 : line);
}

std::vector<Run> read_log(const fs::path& log, const ImportOptions& options) {
  Input input = open_input(log);
  if (input.head().empty() && !input.trouble().empty())
    refuse(log, input.trouble().front().text + ", but no block of it is whole", "copy or compress the log again");
  refuse_foreign(log, input.head());
  const Claim claim = reader_of(log, input, options.format);
  RunBuilder builder(options.threads);
  builder.side(side_of_file(input.name()));
  if (!claim.importer->binary) input.expect_text();
  reading(log, [&] { claim.importer->read(input, builder); });
  note_trouble(input.trouble(), builder, input.lines());
  for (std::uint32_t i = 0; i < input.with_nul(); ++i)
    builder.note("line.nul", "lines that hold NUL bytes, as a crash of the machine leaves them, are left out",
                 input.first_with_nul());
  for (std::uint32_t i = 0; i < input.too_long(); ++i)
    builder.note("line.too_long", "lines of more than 16 MiB are left out", input.first_too_long());
  return finish(builder, claim, log, input.lines(), options);
}

std::vector<Run> read_folder(const Folder& folder, const Claim& claim, const ImportOptions& options) {
  RunBuilder builder(options.threads);
  reading(folder.path, [&] { claim.importer->read_folder(folder, builder); });
  note_trouble(*folder.trouble, builder, 0);
  return finish(builder, claim, folder.path, 0, options);
}

std::vector<Run> read_directory(const fs::path& path, const ImportOptions& options) {
  const Contents contents = contents_of(path, options.format);
  if (contents.whole) return read_folder(open_folder(path), contents.whole, options);
  std::vector<Run> runs = read_logs(contents.logs, options, read_log);
  for (const auto& pointer : contents.pointers) note_pointer(runs.front().notes, pointer);
  for (const auto& other : contents.others)
    add_note(
        runs.front().notes, "input.other_logs",
        fmt::format("{} is read; further logs beside it are not, first {}",
                    code_span(fs::path(runs.front().path).filename().string()), code_span(other.filename().string())));
  if (contents.logs.size() == 1)
    for (Run& run : runs) run.path = path.string();
  return runs;
}

/// "runs.log#3" is the third run of runs.log, unless a file is really called so. 0: all runs.
std::size_t take_part(fs::path& path) {
  std::error_code error;
  const std::string text = path.string();
  const auto at = text.rfind('#');
  if (at == std::string::npos || fs::exists(path, error)) return 0;
  const auto n = number_from(std::string_view(text).substr(at + 1));
  if (!n || !(*n >= 1) || *n > 1e6) return 0;
  path = text.substr(0, at);
  return static_cast<std::size_t>(*n);
}

void keep_part(std::vector<Run>& runs, std::size_t part, const fs::path& path) {
  if (part == 0) return;
  if (part > runs.size())
    refuse(path, fmt::format("holds {} runs, not {}", runs.size(), part), "runs are counted from 1");
  runs = {std::move(runs[part - 1])};
}

std::vector<Run> read_path(const fs::path& path, const ImportOptions& options) {
  std::error_code error;
  return fs::is_directory(path, error) ? read_directory(path, options) : read_log(path, options);
}

}  // namespace

std::vector<Run> read_runs(const fs::path& given, const ImportOptions& options) {
  fs::path path = given;
  const std::size_t part = take_part(path);
  const auto packed = find_archive(path);
  auto runs = packed ? read_archive(*packed, options, read_path) : read_path(path, options);
  keep_part(runs, part, path);
  for (Run& run : runs) {
    if (run.parts > 1) run.label += fmt::format("#{}", run.part);
    for (auto& note : run.notes) note.where.run = run.label;
  }
  return runs;
}

Run read_run(const fs::path& path, const ImportOptions& options) {
  auto runs = read_runs(path, options);
  if (runs.size() > 1)
    refuse(path, fmt::format("holds {} runs, where one is wanted", runs.size()),
           fmt::format("name one of them, e.g. {}#1, or compare all with `expanalyze sweep`", path.string()));
  return std::move(runs.front());
}

}  // namespace expanalyze
