#include "import/discover.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>

#include "expanalyze/error.hpp"
#include "import/config_file.hpp"
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

/// Sure enough to call a file a log when nobody named it.
constexpr int kSure = 50;
constexpr std::size_t kHead = 64U << 10U;
constexpr std::size_t kLongestLine = 16U << 20U;
constexpr int kDeepestFolder = 8;

std::string head_of(const fs::path& path) {
  const auto close = [](std::FILE* f) { std::fclose(f); };
  const std::unique_ptr<std::FILE, decltype(close)> file(std::fopen(path.c_str(), "rb"), close);
  std::string head;
  std::array<char, kHead> piece;
  // A document on one line is read in full, up to the longest line that is read at all.
  while (file && (head.empty() || (head.find('\n') == std::string::npos && head.size() < kLongestLine))) {
    const std::size_t n = std::fread(piece.data(), 1, piece.size(), file.get());
    if (n == 0) break;
    head.append(piece.data(), n);
  }
  return head;
}

template <std::size_t N>
std::size_t index_in(const std::array<std::string_view, N>& list, std::string_view word) {
  return static_cast<std::size_t>(std::find(list.begin(), list.end(), word) - list.begin());
}

/// Smaller is better; usual names before endings.
std::size_t rank(const fs::path& path) {
  const auto name = index_in(kUsual, lower(path.filename().string()));
  if (name < kUsual.size()) return name;
  return kUsual.size() + index_in(kEndings, lower(path.extension().string()));
}

bool could_be_log(const fs::path& path) {
  return rank(path) < kUsual.size() + kEndings.size() && !is_config_name(path);
}

bool is_log(const fs::path& path) {
  const std::string head = head_of(path);
  if (head.empty() || head.find('\0') != std::string::npos) return false;
  const std::string name = path.filename().string();
  try {
    return sniff_importer({name, head}, path, kSure) != nullptr;
  } catch (const Error&) {
    return false;
  }
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
    if (could_be_log(path) && is_log(path)) logs.push_back(path);
  std::stable_sort(logs.begin(), logs.end(), [](const fs::path& a, const fs::path& b) { return rank(a) < rank(b); });
  return logs;
}

void collect(const fs::path& directory, int depth, std::vector<fs::path>& runs, std::vector<Note>& notes) {
  for (const auto& path : entries(directory, false)) {
    const std::string ending = lower(path.extension().string());
    const bool claims = ending == ".jsonl" || ending == ".csv" || ending == ".tsv";
    if (claims && could_be_log(path) && !is_log(path))
      add_note(notes, "input.not_a_log",
               fmt::format("files named like logs hold none, first {}", code_span(path.string(), 200)));
  }
  const auto logs = logs_by_rank(directory);
  const bool usual = !logs.empty() && rank(logs.front()) < kUsual.size();
  for (std::size_t i = 0; i < logs.size(); ++i) {
    if (!usual || i == 0)
      runs.push_back(logs[i]);
    else
      add_note(notes, "input.other_logs",
               fmt::format("further logs of the same run are not read, first {}", code_span(logs[i].string(), 200)));
  }
  if (depth >= kDeepestFolder) return;
  for (const auto& folder : entries(directory, true)) collect(folder, depth + 1, runs, notes);
}

}  // namespace

const Importer* sniff_importer(const Probe& probe, const fs::path& path, int at_least) {
  const Importer *best = nullptr, *second = nullptr;
  Sniff surest, next;
  for (const auto* importer : importers()) {
    Sniff answer = importer->sniff(probe);
    if (answer.sure < at_least) continue;
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
  return best;
}

fs::path log_in(const fs::path& directory, std::vector<fs::path>& others) {
  auto logs = logs_by_rank(directory);
  if (logs.empty()) {
    std::vector<Note> ignored;
    const auto below = find_runs(directory, ignored);
    throw Error(Error::Kind::input, fmt::format("{}: no log of a training run in this directory", directory.string()),
                below.empty()
                    ? "name the log file itself"
                    : fmt::format("{} runs lie below it: compare them with `expanalyze sweep {}`, or name one of them",
                                  below.size(), directory.string()));
  }
  if (logs.size() > 1 && rank(logs[0]) >= kUsual.size() && rank(logs[0]) == rank(logs[1]))
    throw Error(Error::Kind::input,
                fmt::format("{}: holds several logs, among them {} and {}", directory.string(),
                            logs[0].filename().string(), logs[1].filename().string()),
                fmt::format("name one of them, or compare all with `expanalyze sweep {}`", directory.string()));
  others.assign(logs.begin() + 1, logs.end());
  return logs.front();
}

std::vector<fs::path> find_runs(const fs::path& directory, std::vector<Note>& notes) {
  std::error_code error;
  if (!fs::is_directory(directory, error))
    throw Error(Error::Kind::input, fmt::format("{}: no such directory", directory.string()), "check the path");
  std::vector<fs::path> runs;
  collect(directory, 0, runs, notes);
  std::sort(runs.begin(), runs.end());
  return runs;
}

}  // namespace expanalyze
