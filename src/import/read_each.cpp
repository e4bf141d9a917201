#include "import/read_each.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <iterator>
#include <optional>
#include <thread>

#include "expanalyze/error.hpp"
#include "store/run_builder.hpp"
#include "text/format.hpp"

namespace expanalyze {

void read_each(std::size_t n, ImportOptions options,
               const std::function<void(std::size_t i, const ImportOptions& options)>& read) {
  const unsigned most = usable_threads(options.threads);
  const auto threads = static_cast<unsigned>(std::clamp<std::size_t>(n, 1, most));
  options.threads = most / threads;
  std::vector<std::exception_ptr> trouble(n);
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < n; i = next++) try {
        read(i, options);
      } catch (...) {
        trouble[i] = std::current_exception();
      }
  };
  std::vector<std::thread> others;
  for (unsigned i = 1; i < threads; ++i) others.emplace_back(work);
  work();
  for (auto& thread : others) thread.join();
  for (const auto& each : trouble)
    if (each) std::rethrow_exception(each);
}

std::vector<Run> read_logs(const std::vector<std::filesystem::path>& paths, const ImportOptions& options,
                           const ReadPath& read) {
  std::vector<std::vector<Run>> found(paths.size());
  std::vector<std::optional<Error>> trouble(paths.size());
  read_each(paths.size(), options, [&](std::size_t i, const ImportOptions& own) {
    try {
      found[i] = read(paths[i], own);
    } catch (const Error& e) {
      if (e.kind == Error::Kind::usage) throw;
      trouble[i] = e;
    }
  });
  std::vector<Run> runs;
  for (auto& some : found) std::move(some.begin(), some.end(), std::back_inserter(runs));
  for (const auto& each : trouble) {
    if (!each) continue;
    if (runs.empty()) throw Error(*each);
    add_note(runs.front().notes, "input.not_a_log",
             fmt::format("files that cannot be read are left out, first {}", one_line(each->what(), 300)));
  }
  return runs;
}

}  // namespace expanalyze
