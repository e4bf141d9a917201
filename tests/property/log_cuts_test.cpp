// What must hold of every importer of text and every fixture, whatever the log says: a cut costs the line it falls into
// and nothing else, and how the bytes arrive changes nothing.
#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>

#include "expanalyze/error.hpp"
#include "expanalyze/import.hpp"
#include "io/input.hpp"
#include "store/run_builder.hpp"
#include "support/catch.hpp"
#include "support/same_run.hpp"

using namespace expanalyze;
namespace fs = std::filesystem;

namespace {

struct Fixture {
  const Importer* importer = nullptr;
  fs::path file;
  std::string text;
};

/// Files of the importers that read text line by line or as one document.
std::vector<Fixture> fixtures() {
  std::vector<Fixture> all;
  for (const Importer* importer : importers()) {
    const fs::path folder = fs::path(EXPANALYZE_SOURCE_DIR) / "tests/data/import" / std::string(importer->id);
    if (importer->binary || importer->read == nullptr || !fs::is_directory(folder)) continue;
    for (const auto& entry : fs::directory_iterator(folder))
      if (entry.is_regular_file()) all.push_back({importer, entry.path(), read_file(entry.path())});
  }
  return all;
}

/// Nothing when the importer refuses, or finds no number.
std::optional<Run> read(const Importer& importer, Input input, unsigned threads = 1) try {
  input.expect_text();
  RunBuilder builder(threads);
  importer.read(input, builder);
  if (builder.values() == 0) return std::nullopt;
  Run run = builder.finish(input.lines());
  CHECK(broken_invariant(run).empty());
  return run;
} catch (const Error&) {
  return std::nullopt;
}

std::optional<Run> read(const Fixture& fixture, std::string_view text) {
  return read(*fixture.importer, Input::of(text, fixture.file.filename().string()));
}

Input in_pieces(const Fixture& fixture, std::size_t piece) {
  return {[text = std::string_view(fixture.text), piece](char* to, std::size_t at_most) mutable {
            const std::size_t n = text.copy(to, std::min(at_most, piece));
            text.remove_prefix(n);
            return n;
          },
          fixture.file.filename().string()};
}

/// The lines where the values of a series stand.
const std::vector<std::uint32_t>& lines_of(const Run& run, const Series& s) { return run.rows[s.rows].line; }

/// Which series is the axis, and where it starts again, is judged from the whole log: half of one may be judged
/// otherwise.
bool axis(const Series& s) {
  return s.role == Role::step || s.role == Role::epoch || s.role == Role::samples || s.role == Role::timestamp ||
         s.role == Role::wall;
}

/// The line where the record begins that `line` belongs to: a record of a document runs over several.
std::uint32_t record_at(const Run& run, std::uint32_t line) {
  std::uint32_t begin = 0;
  for (const Rows& rows : run.rows)
    for (const auto l : rows.line)
      if (l <= line) begin = std::max(begin, l);
  return begin;
}

bool same_first(const Series& a, const Series& b, std::size_t n) {
  return a.value.size() >= n && b.value.size() >= n &&
         test::same_bits({a.value.begin(), a.value.begin() + static_cast<std::ptrdiff_t>(n)},
                         {b.value.begin(), b.value.begin() + static_cast<std::ptrdiff_t>(n)});
}

/// By its name; a name that was told apart from a later one ("train/loss") by its first values.
const Series* twin_of(const Series& s, std::size_t n, const Run& part) {
  if (const Series* same = test::series(part, s.logged_as, s.labels)) return same;
  for (const Series& other : part.series)
    if (same_first(s, other, n)) return &other;
  return nullptr;
}

/// The first value in `part`, before line `end`, that is not the whole's; or one of the whole's that is missing there.
std::string lost_or_changed(const Run& whole, const Run& part, std::uint32_t end) {
  for (const Series& s : whole.series) {
    const auto& line = lines_of(whole, s);
    const auto n = static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [&](auto l) { return l < end; }));
    const Series* twin = twin_of(s, n, part);
    if (axis(s) || n == 0 || (n < s.value.size() && line[n - 1] > line[n])) continue;
    if (twin == nullptr) return s.logged_as + " is lost";
    if (twin->value.size() < n) return fmt::format("{}: {} values of {}", s.logged_as, twin->value.size(), n);
    if (!same_first(s, *twin, n)) return s.logged_as + ": values change";
  }
  return {};
}

/// A value of the cut line that the whole log does not have there: half a number.
std::string half_a_number(const Run& whole, const Run& part, std::uint32_t cut_line) {
  for (const Series& s : part.series) {
    const auto& line = lines_of(part, s);
    if (axis(s) || s.value.empty() || line.back() != cut_line) continue;
    const Series* twin = test::series(whole, s.logged_as, s.labels);
    if (twin == nullptr) twin = twin_of(s, s.value.size(), whole);
    if (twin == nullptr) return s.logged_as + " stands nowhere in the whole log";
    const auto& all = lines_of(whole, *twin);
    const auto at = std::find(all.begin(), all.end(), cut_line) - all.begin();
    if (static_cast<std::size_t>(at) == all.size()) return s.logged_as + " has no value in that line";
    const bool same = std::any_of(all.begin() + at, all.end(), [&, i = at](auto l) mutable {
      const double v = twin->value[static_cast<std::size_t>(i++)];
      return l == cut_line && test::same_bits({v}, {s.value.back()});
    });
    if (!same) return fmt::format("{}: {} is not what the whole line says", s.logged_as, s.value.back());
  }
  return {};
}

/// Curves that lie in a document one behind the other cannot all be there when it is cut. DAWNBench's last line usually
/// has no newline, and its importer says that it takes it as whole.
bool line_by_line(const Fixture& fixture, const Run& whole) {
  if (fixture.importer->id == "json_document" || fixture.importer->id == "dawnbench") return false;
  const auto lines = std::count(fixture.text.begin(), fixture.text.end(), '\n');
  const auto half = fixture.text.rfind('\n', fixture.text.size() * 3 / 4);
  return lines > 3 && half != std::string::npos && whole.lines > 3 && read(fixture, fixture.text.substr(0, half + 1));
}

std::string packed(const std::string& name, const std::string& text, int (*filter)(archive*), int (*format)(archive*)) {
  std::string bytes(text.size() * 2 + 65536, '\0');
  std::size_t used = 0;
  archive* writer = archive_write_new();
  archive_entry* entry = archive_entry_new();
  archive_entry_set_pathname(entry, ("sub/" + name).c_str());
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_perm(entry, 0644);
  archive_entry_set_size(entry, static_cast<la_int64_t>(text.size()));
  const bool ok = format(writer) == ARCHIVE_OK && filter(writer) == ARCHIVE_OK &&
                  archive_write_open_memory(writer, bytes.data(), bytes.size(), &used) == ARCHIVE_OK &&
                  archive_write_header(writer, entry) == ARCHIVE_OK &&
                  archive_write_data(writer, text.data(), text.size()) == static_cast<la_ssize_t>(text.size()) &&
                  archive_write_close(writer) == ARCHIVE_OK;
  archive_entry_free(entry);
  archive_write_free(writer);
  REQUIRE(ok);
  bytes.resize(used);
  return bytes;
}

}  // namespace

TEST_CASE("a cut at any byte loses that line and nothing else") {
  for (const Fixture& fixture : fixtures()) {
    const auto whole = read(fixture, fixture.text);
    REQUIRE(whole.has_value());
    if (!line_by_line(fixture, *whole)) continue;
    const std::size_t step = std::max<std::size_t>(1, fixture.text.size() / 1500);  // all bytes of a small fixture
    for (std::size_t at = fixture.text.find('\n') + 1; at < fixture.text.size(); at += step) {
      const std::string_view text = std::string_view(fixture.text).substr(0, at);
      const auto part = read(fixture, text);
      if (!part) continue;  // before the first number
      const auto cut_line = static_cast<std::uint32_t>(std::count(text.begin(), text.end(), '\n') + 1);
      const std::string lost = lost_or_changed(*whole, *part, record_at(*whole, cut_line));
      const std::string half = half_a_number(*whole, *part, cut_line);
      if (!lost.empty() || !half.empty())
        FAIL_CHECK(fixture.importer->id << " " << fixture.file.filename().string() << " cut at byte " << at << ", line "
                                        << cut_line << ": " << lost << (lost.empty() ? "" : "; ") << half);
    }
  }
}

TEST_CASE("how the bytes arrive changes nothing") {
  for (const Fixture& fixture : fixtures()) {
    INFO(fixture.importer->id << " " << fixture.file.filename().string());
    const auto whole = read(fixture, fixture.text);
    REQUIRE(whole.has_value());
    for (const std::size_t piece : {1, 7, 4096}) {
      const auto again = read(*fixture.importer, in_pieces(fixture, piece));
      REQUIRE(again.has_value());
      CHECK(test::difference(*whole, *again) == "");
    }
    for (const unsigned threads : {2U, 3U}) {
      const auto again = read(*fixture.importer, in_pieces(fixture, 1U << 20U), threads);
      REQUIRE(again.has_value());
      CHECK(test::difference(*whole, *again) == "");
    }
  }
}

TEST_CASE("line ends and a trailing blank line change nothing") {
  for (const Fixture& fixture : fixtures()) {
    INFO(fixture.importer->id << " " << fixture.file.filename().string());
    const auto whole = read(fixture, fixture.text);
    REQUIRE(whole.has_value());
    if (fixture.text.find('\r') == std::string::npos) {
      std::string dos;
      for (const char c : fixture.text) dos += c == '\n' ? std::string("\r\n") : std::string(1, c);
      const auto again = read(fixture, dos);
      REQUIRE(again.has_value());
      CHECK(test::difference(*whole, *again) == "");
    }
    if (fixture.importer->id == "json_document") continue;  // its curves stand at the last line, whatever it holds
    const bool ended = fixture.text.back() == '\n';
    auto again = read(fixture, fixture.text + (ended ? "\n" : "\n\n"));
    REQUIRE(again.has_value());
    again->lines = whole->lines;
    again->lines_understood = whole->lines_understood;
    again->notes = whole->notes;  // they count the lines, and the last one may have been cut
    CHECK(test::difference(*whole, *again) == "");
  }
}

TEST_CASE("a compressed or archived log gives the same store") {
  const test::TemporaryFolder folder("packed");
  struct Way {
    const char* ending;
    int (*filter)(archive*);
    int (*format)(archive*);
  };
  for (const Fixture& fixture : fixtures()) {
    const std::string name = fixture.file.filename().string();
    const Run plain = read_runs(fixture.file, {{}, std::string(fixture.importer->id), {}}).front();
    for (const Way& way : {Way{".gz", archive_write_add_filter_gzip, archive_write_set_format_raw},
                           Way{".zst", archive_write_add_filter_zstd, archive_write_set_format_raw},
                           Way{".xz", archive_write_add_filter_xz, archive_write_set_format_raw},
                           Way{".bz2", archive_write_add_filter_bzip2, archive_write_set_format_raw},
                           Way{".lz4", archive_write_add_filter_lz4, archive_write_set_format_raw},
                           Way{".zip", archive_write_add_filter_none, archive_write_set_format_zip},
                           Way{".tgz", archive_write_add_filter_gzip, archive_write_set_format_pax}}) {
      INFO(fixture.importer->id << " " << name << way.ending);
      const auto file = folder.write(name + way.ending, packed(name, fixture.text, way.filter, way.format));
      Run run = read_runs(file, {{}, std::string(fixture.importer->id), {}}).front();
      run.config_source = plain.config_source;
      run.config = plain.config;  // the fixture's folder may hold a config file
      CHECK(test::difference(plain, run) == "");
    }
  }
}
