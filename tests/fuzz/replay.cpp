// Runs the seeds of a target once, without libFuzzer: fuzz_replay TARGET PATH...
// Packs folders into seeds for libFuzzer:             fuzz_replay --pack FOLDER FILE
// Lists the targets:                                  fuzz_replay --list
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "fuzz/targets.hpp"

namespace {

namespace fs = std::filesystem;

/// Of other people's logs the small ones: replaying is no benchmark.
constexpr std::uintmax_t kLargestSeed = 64U << 10U;

std::string bytes_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::size_t replay(const fuzz::Target& target, const fs::path& path) {
  std::size_t seeds = 0;
  std::vector<fs::path> found;
  if (fs::is_regular_file(path)) found.push_back(path);
  if (fs::is_directory(path)) {
    for (const auto& entry : fs::recursive_directory_iterator(path)) found.push_back(entry.path());
    std::sort(found.begin(), found.end());
  }
  for (const fs::path& seed : found) {
    const bool file = fs::is_regular_file(seed) && fs::file_size(seed) <= kLargestSeed;
    const bool folder = fs::is_directory(seed) && target.folders;
    if (!file && !folder) continue;
    const std::string bytes = file ? bytes_of(seed) : fuzz::pack_folder(seed);
    if (bytes.size() > kLargestSeed) continue;
    target.run(bytes);
    ++seeds;
  }
  return seeds;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--list") == 0) {
    for (const auto& target : fuzz::targets()) std::puts(target.name.c_str());
    return 0;
  }
  if (argc == 4 && std::strcmp(argv[1], "--pack") == 0) {
    std::ofstream(argv[3], std::ios::binary) << fuzz::pack_folder(argv[2]);
    return 0;
  }
  if (argc < 3) {
    std::fputs("fuzz_replay TARGET PATH...\n", stderr);
    return 2;
  }
  const fuzz::Target target = fuzz::target_named(argv[1]);
  std::size_t seeds = 0;
  for (int i = 2; i < argc; ++i) seeds += replay(target, argv[i]);
  std::printf("%s: %zu seeds\n", argv[1], seeds);
  return seeds == 0 ? 1 : 0;
}
