#include "fuzz/targets.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "expanalyze/error.hpp"
#include "expanalyze/import.hpp"
#include "import/config_file.hpp"
#include "io/archive.hpp"
#include "io/decompress.hpp"
#include "io/folder.hpp"
#include "io/input.hpp"
#include "store/run_builder.hpp"
#include "store/surgery.hpp"

namespace fuzz {

using namespace expanalyze;
namespace fs = std::filesystem;

namespace {

constexpr std::string_view kFileMark = "--- ";
constexpr std::size_t kMostFiles = 32;

/// One folder of this process, in memory where the system has such a place, emptied for each input.
class Scratch {
 public:
  Scratch() {
    std::error_code error;
    const fs::path base = fs::is_directory("/dev/shm", error) ? "/dev/shm" : fs::temp_directory_path();
    path_ = base / ("expanalyze_fuzz_" + std::to_string(::getpid()));
  }
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const fs::path& emptied() {
    fs::remove_all(path_);
    fs::create_directories(path_);
    return path_;
  }

 private:
  fs::path path_;
};

const fs::path& scratch() {
  static Scratch folder;
  return folder.emptied();
}

void write(const fs::path& file, std::string_view bytes) {
  std::error_code ignored;
  fs::create_directories(file.parent_path(), ignored);
  std::ofstream(file, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

bool stays_inside(const fs::path& path) {
  return !path.empty() && path.is_relative() && path.string().size() < 200 && path.has_filename() &&
         path.string().find('\0') == std::string::npos && std::find(path.begin(), path.end(), "..") == path.end();
}

void unpack_folder(std::string_view bytes, const fs::path& folder) {
  for (std::size_t n = 0; n < kMostFiles && bytes.substr(0, kFileMark.size()) == kFileMark; ++n) {
    const auto line = std::min(bytes.find('\n'), bytes.size());
    const fs::path name = std::string(bytes.substr(kFileMark.size(), line - kFileMark.size()));
    bytes.remove_prefix(std::min(line + 1, bytes.size()));
    const auto end = std::min(bytes.find("\n" + std::string(kFileMark)), bytes.size());
    if (stays_inside(name)) write(folder / name, bytes.substr(0, end));
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
  }
}

void must_hold(const Run& run) {
  const std::string breach = broken_invariant(run);
  if (breach.empty()) return;
  std::fprintf(stderr, "broken invariant: %s\n", breach.c_str());
  std::abort();
}

void finish(RunBuilder& builder, std::size_t lines) {
  if (builder.values() == 0) return;
  Run run = builder.finish(lines);
  must_hold(run);
  for (const Run& each : after_surgery(std::move(run), builder.stated())) must_hold(each);
}

void import_file(const Importer& importer, std::string_view bytes) try {
  Input input = Input::of(bytes, "log");
  importer.sniff({"log", input.head(), {}});
  if (!importer.binary) input.expect_text();
  RunBuilder builder;
  importer.read(input, builder);
  for (std::uint32_t i = 0; i < input.with_nul(); ++i) builder.note("line.nul", "", input.first_with_nul());
  finish(builder, input.lines());
} catch (const Error&) {
}

void import_folder(const Importer& importer, std::string_view bytes) try {
  const fs::path& path = scratch();
  unpack_folder(bytes, path);
  const Folder folder = open_folder(path);
  importer.sniff({"run", {}, folder.entries});
  RunBuilder builder;
  importer.read_folder(folder, builder);
  finish(builder, 0);
} catch (const Error&) {
}

Target of(const Importer& importer) {
  const auto run = [&importer](std::string_view bytes) {
    if (importer.read_folder != nullptr && bytes.substr(0, kFileMark.size()) == kFileMark)
      import_folder(importer, bytes);
    else if (importer.read != nullptr)
      import_file(importer, bytes);
  };
  return {std::string(importer.id), run, importer.read_folder != nullptr};
}

Input::Read read_of(std::string_view bytes) {
  return [bytes](char* to, std::size_t at_most) mutable {
    const std::size_t n = bytes.copy(to, at_most);
    bytes.remove_prefix(n);
    return n;
  };
}

/// The limit is what makes a bomb cheap to fuzz; that it holds is part of the test.
void decompress(std::string_view bytes) {
  constexpr std::uint64_t kMost = 4U << 20U;
  const auto trouble = std::make_shared<std::vector<Note>>();
  auto read = as_utf8(decompressed(read_of(bytes), trouble, nullptr, {kMost, kMost, 5000}), trouble);
  std::string piece(64U << 10U, '\0');
  std::uint64_t total = 0;
  while (const std::size_t n = read(piece.data(), piece.size())) total += n;
  if (total > 4 * kMost + 3 * bytes.size()) std::abort();
}

void unpack(std::string_view bytes) try {
  const fs::path file = scratch() / "runs.zip";
  write(file, bytes);
  ::setenv("TMPDIR", file.parent_path().c_str(), 1);
  if (!is_archive(file)) return;
  const expanalyze::Unpacked unpacked(file, {100, 4U << 20U, 1024});
  for (const auto& entry : fs::recursive_directory_iterator(unpacked.folder()))
    if (entry.is_symlink()) std::abort();
} catch (const Error&) {
}

void config(const char* name, std::string_view bytes) try {
  parse_config(std::string(bytes), name);
} catch (const Error&) {
}

}  // namespace

std::vector<Target> targets() {
  std::vector<Target> all;
  for (const Importer* importer : importers()) all.push_back(of(*importer));
  for (const char* ending : {"gz", "zst", "xz", "bz2", "lz4", "utf16"})
    all.push_back({std::string("input_") + ending, decompress});
  for (const char* ending : {"zip", "tar"}) all.push_back({std::string("input_") + ending, unpack});
  for (const char* kind : {"yaml", "toml", "json"}) {
    const std::string name = std::string("c.") + kind;
    all.push_back({std::string("config_") + kind, [name](std::string_view bytes) { config(name.c_str(), bytes); }});
  }
  return all;
}

Target target_named(std::string_view name) {
  for (Target& target : targets())
    if (target.name == name) return target;
  std::fprintf(stderr, "no fuzz target is called %.*s\n", static_cast<int>(name.size()), name.data());
  std::exit(2);
}

std::string pack_folder(const fs::path& folder) {
  std::string packed;
  for (const std::string& entry : open_folder(folder).entries) {
    std::ifstream in(folder / entry, std::ios::binary);
    packed += std::string(kFileMark) + entry + "\n";
    packed.append(std::istreambuf_iterator<char>(in), {});
    packed += "\n";
  }
  return packed;
}

}  // namespace fuzz
