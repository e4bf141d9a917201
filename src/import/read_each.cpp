#include "import/read_each.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>
#include <vector>

#include "store/run_builder.hpp"

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

}  // namespace expanalyze
