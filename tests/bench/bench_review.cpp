// What step 1 costs beside reading its logs: the first half of the files is the baseline.
//   bench_review B1 … E1 …
#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>
#include <functional>

#include "expanalyze/error.hpp"
#include "expanalyze/import.hpp"
#include "expanalyze/report.hpp"

using namespace expanalyze;

namespace {

double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

double timed(const std::function<void()>& work) {
  const double before = cpu_seconds();
  work();
  return cpu_seconds() - before;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 3) return 2;
  RunStore runs;
  Comparison comparison;
  ImportOptions options;
  options.threads = 1;
  const double reading = timed([&] {
    for (int i = 1; i < argc; ++i) {
      (2 * i < argc ? comparison.baseline : comparison.experiment).push_back(runs.runs.size());
      runs.runs.push_back(read_run(argv[i], options));
    }
  });
  Review review;
  const double reviewing = timed([&] { review = review_runs(runs, comparison); });
  fmt::print("{} runs: reading {:.3f} s cpu, review {:.3f} s cpu, ratio {:.2f}; {}\n", runs.runs.size(), reading,
             reviewing, reviewing / reading, review.headline);
} catch (const Error& e) {
  fmt::print(stderr, "{}\n", e.what());
  return 1;
}
