#include "import/discover.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "expanalyze/error.hpp"
#include "import/config_file.hpp"
#include "import/lfs_pointer.hpp"
#include "io/archive.hpp"
#include "io/decompress.hpp"
#include "io/folder.hpp"
#include "io/input.hpp"
#include "io/nul_lines.hpp"
#include "store/run_builder.hpp"
#include "text/format.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

namespace fs = std::filesystem;

/// Names that tools give to the one log of a run, most complete first: RLlib's result.json has rows that its
/// progress.csv lost, AlgoPerf's measurements.csv holds the rows of eval_measurements.csv, trainer_state.json those of
/// trainer_log.jsonl.
constexpr auto kUsual = std::to_array<std::string_view>(
    {"metrics.jsonl", "metrics.json", "trainer_state.json", "trainer_log.jsonl", "result.json", "progress.csv",
     "metrics.csv", "measurements.csv", "eval_measurements.csv", "results.csv", "scalars.json", "history.json",
     "log.jsonl", "log.json", "log.csv", "log.txt", "log", "train.log"});
constexpr auto kEndings = std::to_array<std::string_view>({".jsonl", ".csv", ".tsv", ".json", ".log", ".txt"});

/// Endings of files that lie beside logs and are none; they are not even opened.
constexpr auto kForeign = std::to_array<std::string_view>(
    {".py",   ".md",          ".rst",  ".sh",  ".cu",   ".cpp", ".pt",  ".pth",  ".bin",
     ".ckpt", ".safetensors", ".npy",  ".npz", ".pkl",  ".png", ".jpg", ".svg",  ".pdf",
     ".html", ".ipynb",       ".yaml", ".yml", ".toml", ".cfg", ".ini", ".lock", ".db"});

/// What one run writes a file each for.
constexpr auto kPartsOfOneRun =
    std::to_array<std::string_view>({"rank", "worker", "node", "gpu", "device", "proc", "host", "shard", "part"});

/// Sure enough to call a file a log when nobody named it.
constexpr int kSure = 50;
/// A binary file can hold a stretch of text: two rows that agree with a header, or lines of JSON, it does not.
constexpr int kSureDespiteNul = 60;
constexpr int kDeepestFolder = 8;
/// Scripts of 3500 lines and the traces of a launcher come to 200 KB; what has no record in five times that is no log.
constexpr std::size_t kDeepHead = std::size_t{1} << 20U;

template <std::size_t N>
std::size_t index_in(const std::array<std::string_view, N>& list, std::string_view word) {
  return static_cast<std::size_t>(std::find(list.begin(), list.end(), word) - list.begin());
}

/// Smaller is better; usual names before endings, both before names that say nothing.
std::size_t rank(const fs::path& path) {
  const fs::path inner = unpacked_name(path.filename().string());  // compression says nothing about what is inside
  const auto name = index_in(kUsual, lower(inner.string()));
  if (name < kUsual.size()) return name;
  return kUsual.size() + index_in(kEndings, lower(inner.extension().string()));
}

bool has_usual_name(const fs::path& path) { return rank(path) < kUsual.size(); }

/// "train_seed1338.log" beside "train.log": another run of the same program. "train_rank1.log" is the same run.
bool is_numbered(const fs::path& log, const fs::path& usual) {
  const fs::path inner = unpacked_name(log.filename().string()), plain = unpacked_name(usual.filename().string());
  const std::string stem = lower(inner.stem().string()), front = lower(plain.stem().string());
  if (lower(inner.extension().string()) != lower(plain.extension().string())) return false;
  if (stem.size() <= front.size() || stem.compare(0, front.size(), front) != 0) return false;
  const std::string rest = stem.substr(front.size());
  const bool one_run = std::any_of(kPartsOfOneRun.begin(), kPartsOfOneRun.end(),
                                   [&](std::string_view part) { return rest.find(part) != std::string::npos; });
  return !one_run && rest.find_first_of("0123456789") != std::string::npos;
}

/// Of the logs of a folder, best name first, those that are a run each: all with free names; where one has a usual
/// name, it and those that are numbered like it.
bool is_run_of_its_own(const fs::path& log, const std::vector<fs::path>& logs) {
  return &log == &logs.front() || !has_usual_name(logs.front()) || is_numbered(log, logs.front());
}

/// A tar holds its logs as text between NUL bytes, but is none.
bool is_packed_folder(const fs::path& path) { return has_archive_name(path) && is_archive(path); }

bool could_be_log(const fs::path& path) {
  const std::string ending = lower(fs::path(unpacked_name(path.filename().string())).extension().string());
  return index_in(kForeign, ending) == kForeign.size() && !is_config_name(path);
}

/// Among the importers of folders, of binary files, or of text.
Claim surest_claim(const Probe& probe, const fs::path& path, int at_least, bool binary) {
  const Importer *best = nullptr, *second = nullptr;
  Sniff surest, next;
  const bool folder = !probe.entries.empty();
  for (const auto* importer : importers()) {
    if (folder ? importer->read_folder == nullptr : binary != importer->binary) continue;
    Sniff answer = importer->sniff(probe);
    if (answer.sure < std::max(at_least, 1)) continue;
    if (answer.sure > surest.sure) {
      second = nullptr;
      best = importer;
      surest = std::move(answer);
    } else if (answer.sure == surest.sure) {
      second = importer;
      next = std::move(answer);
    }
  }
  if (second != nullptr)
    throw Error(
        Error::Kind::input,
        fmt::format("{}: could be {} ({}) or {} ({})", path.string(), best->id, surest.why, second->id, next.why),
        fmt::format("say which with --format-in {} or --format-in {}", best->id, second->id));
  return {best, std::move(surest.why)};
}

Claim claim_of_head(const Probe& probe, const fs::path& path, int at_least) {
  if (!is_binary(probe.head)) return surest_claim(probe, path, at_least, false);
  if (auto claim = surest_claim(probe, path, at_least, true)) return claim;
  // A text log with blocks of NUL bytes: what stands around them must speak for itself.
  std::string text(probe.head);
  text.resize(empty_nul_lines(text).size);
  return surest_claim({probe.name, text, {}}, path, std::max(at_least, kSureDespiteNul), false);
}

bool is_log(const fs::path& path) try {
  Input input = open_input(path);
  return claim_of(input, path, kSure).importer != nullptr;
} catch (const Error&) {
  return false;
}

/// Git LFS never writes a pointer of more than 1024 bytes.
constexpr std::uintmax_t kLargestPointer = 1024;

bool is_pointer(const fs::path& path) try {
  std::error_code error;
  if (fs::file_size(path, error) > kLargestPointer || error) return false;
  Input input = open_input(path);
  return is_lfs_pointer(input.head());
} catch (const Error&) {
  return false;
}

std::vector<fs::path> entries(const fs::path& directory, bool folders) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator it(directory, fs::directory_options::skip_permission_denied, error), end;
       !error && it != end; it.increment(error)) {
    if (it->path().filename().string().substr(0, 1) == ".") continue;
    std::error_code ignored;
    const bool folder = it->is_directory(ignored) && !it->is_symlink(ignored);  // a link could lead back up
    if (folders ? folder : it->is_regular_file(ignored)) found.push_back(it->path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<fs::path> logs_by_rank(const fs::path& directory) {
  std::vector<fs::path> logs;
  for (const auto& path : entries(directory, false))
    if (could_be_log(path) && !is_packed_folder(path) && is_log(path)) logs.push_back(path);
  std::stable_sort(logs.begin(), logs.end(), [](const fs::path& a, const fs::path& b) { return rank(a) < rank(b); });
  return logs;
}

std::vector<fs::path> pointers_in(const fs::path& directory) {
  std::vector<fs::path> pointers;
  for (const auto& path : entries(directory, false))
    if (could_be_log(path) && is_pointer(path)) pointers.push_back(path);
  return pointers;
}

/// The format that has one run in this whole folder, if one is surer of that than `at_least`.
Claim claim_of_folder(const fs::path& directory, int at_least) try {
  const Folder folder = open_folder(directory);
  return surest_claim({folder.name(), {}, folder.entries}, directory, at_least, false);
} catch (const Error&) {
  return {};
}

bool holds(const std::vector<fs::path>& paths, const fs::path& path) {
  return std::find(paths.begin(), paths.end(), path) != paths.end();
}

void collect(const fs::path& directory, int depth, std::vector<fs::path>& runs, std::vector<Note>& notes) {
  if (claim_of_folder(directory, kSureOfFolder)) return runs.push_back(directory);
  const auto pointers = pointers_in(directory), logs = logs_by_rank(directory);
  for (const auto& path : pointers) note_pointer(notes, path);
  for (const auto& path : entries(directory, false)) {
    if (is_packed_folder(path)) runs.push_back(path);
    const std::string ending = lower(path.extension().string());
    const bool claims = ending == ".jsonl" || ending == ".csv" || ending == ".tsv";
    if (claims && could_be_log(path) && !holds(logs, path) && !holds(pointers, path))
      add_note(notes, "input.not_a_log",
               fmt::format("files named like logs hold none, first {}", code_span(path.string(), 200)));
  }
  if (logs.empty() && claim_of_folder(directory, kSure)) return runs.push_back(directory);
  for (const auto& log : logs) {
    if (is_run_of_its_own(log, logs))
      runs.push_back(log);
    else
      add_note(notes, "input.other_logs",
               fmt::format("further logs of the same run are not read, first {}", code_span(log.string(), 200)));
  }
  if (depth >= kDeepestFolder) return;
  for (const auto& folder : entries(directory, true)) collect(folder, depth + 1, runs, notes);
}

}  // namespace

void note_pointer(std::vector<Note>& notes, const fs::path& path) {
  add_note(notes, "input.lfs_pointer",
           fmt::format("files are only there as Git LFS pointers (fetch them with `git lfs pull`), first {}",
                       code_span(path.string(), 200)));
}

bool is_binary(std::string_view head) { return head.substr(0, 64U << 10U).find('\0') != std::string_view::npos; }

bool has_own_log(const fs::path& directory) {
  return !logs_by_rank(directory).empty() || claim_of_folder(directory, kSure);
}

Claim claim_of(Input& input, const fs::path& path, int at_least) {
  if (auto sure = claim_of_head({input.name(), input.head()}, path, kSure)) return sure;
  if (auto sure = claim_of_head({input.name(), input.head(kDeepHead)}, path, kSure)) return sure;
  return at_least < kSure ? claim_of_head({input.name(), input.head()}, path, at_least) : Claim{};
}

Contents contents_of(const fs::path& directory, const std::string& format) {
  Contents found;
  if (format.empty()) found.whole = claim_of_folder(directory, kSureOfFolder);
  if (found.whole) return found;
  found.pointers = pointers_in(directory);
  const auto logs = logs_by_rank(directory);
  if (logs.empty()) found.whole = claim_of_folder(directory, kSure);
  if (found.whole) return found;
  if (logs.empty()) {
    if (!found.pointers.empty())
      throw Error(Error::Kind::input,
                  fmt::format("{}: no log here, only {} Git LFS pointers", directory.string(), found.pointers.size()),
                  "fetch the files with `git lfs pull`");
    std::vector<Note> ignored;
    const auto below = find_runs(directory, ignored);
    std::error_code error;
    if (below.size() == 1 && fs::is_regular_file(below.front(), error)) {
      found.logs = below;
      return found;
    }
    throw Error(Error::Kind::input, fmt::format("{}: no log of a training run in this directory", directory.string()),
                below.empty()
                    ? "name the log file itself"
                    : fmt::format("{} runs lie below it: compare them with `expanalyze sweep {}`, or name one of them",
                                  below.size(), directory.string()));
  }
  for (const auto& log : logs) {
    const bool read = is_run_of_its_own(log, logs) && (has_usual_name(logs.front()) || rank(log) == rank(logs.front()));
    (read ? found.logs : found.others).push_back(log);
  }
  return found;
}

std::vector<fs::path> find_runs(const fs::path& directory, std::vector<Note>& notes) {
  std::error_code error;
  if (is_archive(directory)) return {directory};
  if (!fs::is_directory(directory, error))
    throw Error(Error::Kind::input, fmt::format("{}: no such directory", directory.string()), "check the path");
  std::vector<fs::path> runs;
  collect(directory, 0, runs, notes);
  std::sort(runs.begin(), runs.end());
  return runs;
}

}  // namespace expanalyze
