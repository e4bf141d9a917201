// How long a log takes from file to finished Run: all columns kept, roles assigned.
//   bench_import FILE [THREADS] [TIMES]
#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "expanalyze/error.hpp"
#include "expanalyze/import.hpp"

using namespace expanalyze;

namespace {

double seconds(const timeval& t) { return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec); }

rusage usage() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return used;
}

void time_once(const std::filesystem::path& file, const ImportOptions& options) {
  const auto begin = std::chrono::steady_clock::now();
  const rusage before = usage();
  const Run run = read_run(file, options);
  const rusage after = usage();
  const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const double cpu =
      seconds(after.ru_utime) + seconds(after.ru_stime) - seconds(before.ru_utime) - seconds(before.ru_stime);
  std::size_t values = 0, rows = 0;
  for (const auto& series : run.series) values += series.value.size();
  for (const auto& r : run.rows) rows += r.line.size();
  const double bytes = static_cast<double>(std::filesystem::file_size(file));
  // A row costs 8 bytes of step and 4 of line number, a value 8 bytes.
  const double kept = static_cast<double>(values * 8 + rows * 12) / 0x1p20;
  const double peak = static_cast<double>(after.ru_maxrss) / 1024;
  fmt::print(
      "{:.3f} s wall, {:.3f} s cpu, {:.3f} GB/s; {} values in {} series of {} lines; peak {:.0f} MiB, {:.0f} beyond "
      "the columns\n",
      wall, cpu, bytes / 1e9 / wall, values, run.series.size(), run.lines, peak, peak - kept);
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2) return 2;
  ImportOptions options;
  options.threads = argc > 2 ? static_cast<unsigned>(std::atoi(argv[2])) : 1;
  const int times = argc > 3 ? std::atoi(argv[3]) : 1;
  for (int i = 0; i < times; ++i) time_once(argv[1], options);
} catch (const Error& e) {
  fmt::print(stderr, "{}\n", e.what());
  return 1;
}
