// Scalars a second from event files: bench_tfevents FILE [ROUNDS]. Files: shared/tools/bench/gen_tfevents.py.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

#include "expanalyze/error.hpp"
#include "import/event.hpp"
#include "import/importers.hpp"
#include "import/tfrecord.hpp"
#include "io/crc.hpp"
#include "io/input.hpp"
#include "store/run_builder.hpp"

using namespace expanalyze;

namespace {

/// Median over `rounds` of the seconds that `work` takes.
template <class Work>
double seconds(int rounds, Work work) {
  std::vector<double> all;
  for (int i = 0; i < rounds; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    all.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::nth_element(all.begin(), all.begin() + rounds / 2, all.end());
  return all[static_cast<std::size_t>(rounds / 2)];
}

std::size_t count_records(const std::string& path) {
  Input input = open_input(path);
  std::string_view data;
  std::size_t records = 0;
  while (next_record(input, data) == Framed::record) ++records;
  return records;
}

std::size_t count_scalars(const std::string& path) {
  Input input = open_input(path);
  std::string_view data;
  std::size_t scalars = 0;
  for (Event event; next_record(input, data) == Framed::record;) {
    read_event(data, event);
    scalars += event.values.size();
  }
  return scalars;
}

void print(const char* what, double s, std::size_t n, double bytes) {
  fmt::print("{:<34} {:8.4f} s {:8.2f} M/s {:7.3f} GB/s\n", what, s, static_cast<double>(n) / s / 1e6, bytes / s / 1e9);
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2) return 2;
  const std::string path = argv[1];
  const int rounds = argc > 2 ? std::max(1, std::atoi(argv[2])) : 5;
  const std::string bytes = read_file(path);
  const auto size = static_cast<double>(bytes.size());
  std::size_t scalars = 0;
  std::uint32_t sum = 0;
  // Records are short: pieces of 50 bytes, as long as the event of one scalar.
  const auto each_piece = [&](auto crc) {
    for (std::size_t at = 0; at + 50 <= bytes.size(); at += 50) sum ^= crc(std::string_view(bytes).substr(at, 50));
  };
  print("crc32c of 50 bytes, table", seconds(rounds, [&] { each_piece(crc32c_by_table); }), bytes.size() / 50, size);
  if (has_crc32c_instruction())
    print("crc32c of 50 bytes, SSE 4.2", seconds(rounds, [&] { each_piece(crc32c_by_instruction); }), bytes.size() / 50,
          size);
  const double framing = seconds(rounds, [&] { scalars = count_records(path); });
  print("records, both checksums", framing, scalars, size);
  const double events = seconds(rounds, [&] { scalars = count_scalars(path); });
  print("events", events, scalars, size);
  const double whole = seconds(rounds, [&] {
    Input input = open_input(path);
    RunBuilder builder;
    tfevents.read(input, builder);
  });
  print("scalars in columns", whole, scalars, size);
  const double store = seconds(rounds, [&] { (void)read_run(path, {}); });
  print("read_run(): the whole store", store, scalars, size);
  return sum == 1 ? 1 : 0;
} catch (const Error& e) {
  fmt::print(stderr, "{}\n{}\n", e.what(), e.hint);
  return 3;
}
