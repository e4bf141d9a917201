// Work on several threads at once.
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <thread>
#include <vector>

namespace expanalyze {

/// work(0) on this thread and work(i) for each other i < n on one of its own, as far as the system gives threads: with
/// fewer, those that run must do it all. Returns when all have ended.
inline void on_threads(std::size_t n, const std::function<void(std::size_t i)>& work) {
  std::vector<std::jthread> others;
  try {
    for (std::size_t i = 1; i < n; ++i) others.emplace_back([&work, i] { work(i); });
  } catch (const std::exception&) {  // a container's limit of processes, or of memory
  }
  work(0);
}

}  // namespace expanalyze
