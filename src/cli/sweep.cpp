// expanalyze sweep DIR --baseline NAME
#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "expanalyze/error.hpp"
#include "expanalyze/render.hpp"
#include "pipeline/seed_groups.hpp"
#include "store/run_builder.hpp"
#include "text/format.hpp"

namespace expanalyze::cli {

namespace {

struct Reading {
  std::vector<Run> runs;
  std::exception_ptr trouble;
};

/// Files are independent: each thread takes the next one, and the results stay in the order of the paths.
std::vector<Reading> read_files(const std::vector<std::filesystem::path>& paths, ImportOptions options) {
  const std::size_t threads = std::min<std::size_t>(paths.size(), usable_threads(options.threads));
  if (threads > 1) options.threads = 1;
  std::vector<Reading> readings(paths.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < paths.size(); i = next++) try {
        readings[i].runs = read_runs(paths[i], options);
      } catch (...) {
        readings[i].trouble = std::current_exception();
      }
  };
  std::vector<std::thread> others;
  for (std::size_t i = 1; i < threads; ++i) others.emplace_back(work);
  work();
  for (auto& thread : others) thread.join();
  return readings;
}

/// A file that cannot be read is a note, not the end of the sweep.
RunStore read_all(const Options& options, std::vector<Note>& notes) {
  RunStore store;
  const auto paths = find_runs(options.directory, notes);
  auto readings = read_files(paths, options.import);
  for (std::size_t i = 0; i < paths.size(); ++i) try {
      if (readings[i].trouble) std::rethrow_exception(readings[i].trouble);
      for (Run& run : readings[i].runs) store.runs.push_back(std::move(run));
    } catch (const Error& e) {
      if (e.kind == Error::Kind::usage) throw;
      notes.push_back(
          {"sweep.unreadable", code_span(paths[i].string()) + " is left out: " + one_line(e.what()), {}, 1});
    }
  if (store.runs.empty())
    throw Error(Error::Kind::input, "no run was found below " + one_line(options.directory),
                "a sweep wants a folder of logs; name the format with --format-in if it was not recognised");
  make_labels_unique(store.runs);
  return store;
}

bool matches(const SweepReport& sweep, const std::vector<std::string>& words) {
  return std::any_of(sweep.groups.begin(), sweep.groups.end(), [&](const SweepRow& row) {
    return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
      return word == to_string(row.verdict) ||
             std::find(row.modifiers.begin(), row.modifiers.end(), word) != row.modifiers.end();
    });
  });
}

}  // namespace

int sweep(const Options& options) {
  Output output(options.output);
  const std::vector<TheoryCard> cards = theory_cards(options.theory);
  std::vector<Note> notes;
  const RunStore store = read_all(options, notes);
  SweepReport report = analyze_sweep(store, options.sweep_baseline, options.review, cards);
  report.notes.insert(report.notes.begin(), notes.begin(), notes.end());
  output.write(options.format == Format::json ? render_json(report) : render_markdown(report));
  return matches(report, options.fail_on) ? 1 : 0;
}

}  // namespace expanalyze::cli
