// Compressed logs, archives, other encodings, crashed machines, pipes and growing files: from the bytes to a Run.
#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>
#include <zlib.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "expanalyze/error.hpp"
#include "expanalyze/import.hpp"
#include "io/archive.hpp"
#include "io/decompress.hpp"
#include "io/nul_lines.hpp"
#include "support/catch.hpp"
#include "support/run.hpp"

using namespace expanalyze;
using test::noted;
namespace fs = std::filesystem;

namespace {

std::string rows(int from, int to) {
  std::string text;
  for (int i = from; i <= to; ++i)
    text += "{\"step\": " + std::to_string(i) + ", \"loss\": " + std::to_string(2.0 / i) + "}\n";
  return text;
}

std::string gzipped(const std::string& text) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string in = text, out(text.size() + 1000, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

struct Member {
  std::string path, text;
  std::string link = {};  ///< a symbolic link to this
};

void write_archive(const fs::path& to, const std::vector<Member>& members, bool zip = false) {
  archive* writer = archive_write_new();
  (zip ? archive_write_set_format_zip : archive_write_set_format_pax)(writer);
  REQUIRE(archive_write_open_filename(writer, to.c_str()) == ARCHIVE_OK);
  for (const Member& member : members) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, member.path.c_str());
    archive_entry_set_filetype(entry, member.link.empty() ? AE_IFREG : AE_IFLNK);
    if (!member.link.empty()) archive_entry_set_symlink(entry, member.link.c_str());
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, static_cast<la_int64_t>(member.text.size()));
    REQUIRE(archive_write_header(writer, entry) == ARCHIVE_OK);
    archive_write_data(writer, member.text.data(), member.text.size());
    archive_entry_free(entry);
  }
  archive_write_close(writer);
  archive_write_free(writer);
}

std::size_t losses(const Run& run) { return find(run, Role::train_loss)->value.size(); }

std::string utf16(const std::string& text, bool big) {
  std::string out = big ? "\xFE\xFF" : "\xFF\xFE";
  for (const char c : text) big ? (out += '\0', out += c) : (out += c, out += '\0');
  return out;
}

std::string error_of(const fs::path& path) {
  try {
    read_runs(path, {});
  } catch (const Error& e) {
    return e.what();
  }
  return {};
}

Input::Read read_of(std::string text) {
  return [text = std::move(text), at = std::size_t{0}](char* to, std::size_t at_most) mutable {
    const std::size_t n = text.copy(to, at_most, at);
    at += n;
    return n;
  };
}

std::string all_of(Input::Read read) {
  std::string text, piece(5000, '\0');
  while (const std::size_t n = read(piece.data(), piece.size())) text.append(piece, 0, n);
  return text;
}

}  // namespace

TEST_CASE("members of a gzip log that was appended to are all read") {
  const test::TemporaryFolder folder("members");
  const Run run = read_run(folder.write("run.jsonl.gz", gzipped(rows(1, 5)) + gzipped(rows(6, 9))), {});
  CHECK(run.label == "run");
  CHECK(losses(run) == 9);
  CHECK(run.notes.empty());
}

TEST_CASE("a compressed log that breaks off is read up to the break") {
  const test::TemporaryFolder folder("breaks_off");
  const std::string text = rows(1, 2000), whole = gzipped(text);
  for (const std::size_t share : {25U, 50U, 75U}) {
    const Run run = read_run(folder.write("run.jsonl.gz", whole.substr(0, whole.size() * share / 100)), {});
    REQUIRE(noted(run, "input.damaged_stream") != nullptr);
    // Deflate has about as many bytes for each line, more at the start: four fifths of the share arrive.
    CHECK(losses(run) > 2000 * share / 100 * 4 / 5);
    CHECK(losses(run) < 2000);
    const auto& loss = find(run, Role::train_loss)->value;
    for (std::size_t i = 0; i < loss.size(); ++i)
      CHECK(loss[i] == std::stod(std::to_string(2.0 / static_cast<double>(i + 1))));
  }
}

TEST_CASE("a damaged compressed log keeps what stands before the damage, and says so") {
  const test::TemporaryFolder folder("damaged");
  std::string bytes = gzipped(rows(1, 300));
  bytes[bytes.size() - 6] ^= 0x55;  // its checksum
  const Run run = read_run(folder.write("run.jsonl.gz", bytes), {});
  CHECK(losses(run) == 300);
  CHECK(noted(run, "input.damaged_stream") != nullptr);
  const Run more = read_run(folder.write("more.jsonl.gz", gzipped(rows(1, 20)) + "trailing rubbish"), {});
  CHECK(losses(more) == 20);
  CHECK(noted(more, "input.damaged_stream") != nullptr);
  CHECK(error_of(folder.write("none.gz", gzipped(rows(1, 9)).substr(0, 10))).find("breaks off") != std::string::npos);
}

TEST_CASE("a stream that grows beyond its limits is read up to them") {
  const auto trouble = std::make_shared<std::vector<Note>>();
  const std::string bomb = gzipped(std::string(8U << 20U, 'a'));
  const auto length = [&](UnpackLimits limits) {
    trouble->clear();
    return all_of(decompressed(read_of(bomb), trouble, nullptr, limits)).size();
  };
  CHECK(length({}) == 8U << 20U);
  CHECK(trouble->empty());
  const std::size_t piece = 5000;  // of the reader above: the limit is looked at after each
  CHECK(length({1U << 20U, 1U << 30U, 5000}) <= (1U << 20U) + piece);
  REQUIRE(trouble->size() == 1);
  CHECK(trouble->front().code == "input.too_large");
  CHECK(length({std::uint64_t{64} << 30U, 1U << 20U, 100}) < 8U << 20U);
  CHECK(trouble->size() == 1);
}

TEST_CASE("UTF-16 is read as text") {
  const test::TemporaryFolder folder("utf16");
  for (const bool big : {false, true}) {
    const Run run = read_run(folder.write("run.jsonl", utf16(rows(1, 9), big)), {});
    CHECK(losses(run) == 9);
    CHECK(noted(run, "input.transcoded") != nullptr);
    CHECK(broken_invariant(run).empty());
  }
  using namespace std::string_literals;
  CHECK(all_of(as_utf8(read_of("\xFF\xFE\x3D\xD8\x00\xDE\xE9\x00"s), nullptr)) ==
        "\xEF\xBB\xBF\xF0\x9F\x98\x80\xC3\xA9");
  const auto trouble = std::make_shared<std::vector<Note>>();
  CHECK(all_of(as_utf8(read_of("\xFF\xFE\x00\xDE\x61\x00\x3D\xD8"s), trouble)) ==
        "\xEF\xBB\xBF\xEF\xBF\xBD\x61\xEF\xBF\xBD");
  CHECK(trouble->back().code == "input.broken_characters");
}

TEST_CASE("lines with NUL bytes are left out and counted, whatever is left of them") {
  const test::TemporaryFolder folder("nul");
  const std::string hole(5000, '\0');
  const Run run = read_run(folder.write("run.jsonl", rows(1, 5) + "{\"step\": 6, \"loss\": 0." + hole + "5}\n" +
                                                         rows(7, 9) + "{\"step\": 10, \"loss\": 0.1" + hole),
                           {});
  CHECK(losses(run) == 8);
  REQUIRE(noted(run, "line.nul") != nullptr);
  CHECK(noted(run, "line.nul")->count == 2);
  CHECK(noted(run, "line.nul")->where.line == 6);
  CHECK(noted(run, "line.cut") != nullptr);
  CHECK(broken_invariant(run).empty());
  CHECK(error_of(folder.write("lost.jsonl", hole)).find("NUL") != std::string::npos);

  std::string text = std::string("a\nb\0c\n\0d\ne\0\0", 13);
  const NulLines found = empty_nul_lines(text);
  CHECK(text.substr(0, found.size) == "a\n\n\ne");
  CHECK(found.count == 3);
  CHECK(found.first == 1);
}

TEST_CASE("an archive is read as a folder") {
  const test::TemporaryFolder folder("archive");
  for (const bool zip : {false, true}) {
    const fs::path file = folder.path() / (zip ? "runs.zip" : "runs.tar");
    SECTION(zip ? "zip, one file" : "tar, one file") {
      write_archive(file, {{"deep/er/metrics.jsonl", rows(1, 5)}}, zip);
      const Run run = read_run(file, {});
      CHECK(run.path == (file / "deep/er/metrics.jsonl").string());
      CHECK(run.label == "er");
    }
    SECTION(zip ? "zip, several runs" : "tar, several runs") {
      write_archive(file, {{"a/metrics.jsonl", rows(1, 5)}, {"b/metrics.jsonl", rows(1, 6)}}, zip);
      const auto runs = read_runs(file, {});
      REQUIRE(runs.size() == 2);
      CHECK(runs[1].label == "b");
      CHECK(losses(read_run(file / "b", {})) == 6);
      CHECK(losses(read_run(file / "a/metrics.jsonl", {})) == 5);
      CHECK(error_of(file / "c").find("runs." + std::string(zip ? "zip" : "tar") + "/c: no such file") !=
            std::string::npos);
      std::vector<Note> notes;
      CHECK(find_runs(folder.path(), notes) == std::vector<fs::path>{file});
    }
  }
}

TEST_CASE("nothing leads out of an archive") {
  const test::TemporaryFolder folder("hostile");
  const fs::path file = folder.path() / "runs.tar";
  write_archive(file, {{"../../escaped.jsonl", rows(1, 5)},
                       {"/tmp/expanalyze_absolute.jsonl", rows(1, 5)},
                       {"link.jsonl", "", "/etc/passwd"},
                       {"link.jsonl/inner.jsonl", rows(1, 5)},
                       {std::string(2000, 'x') + ".jsonl", rows(1, 5)},
                       {"good.jsonl", rows(1, 5)}});
  fs::path where;
  {
    const Unpacked unpacked(file);
    where = unpacked.folder();
    CHECK(fs::is_regular_file(where / "good.jsonl"));
    CHECK(fs::is_regular_file(where / "link.jsonl/inner.jsonl"));
    CHECK_FALSE(fs::exists(where.parent_path().parent_path() / "escaped.jsonl"));
    CHECK((fs::status(where.parent_path()).permissions() & fs::perms::group_all) == fs::perms::none);
  }
  CHECK_FALSE(fs::exists(where.parent_path()));
  CHECK_FALSE(fs::exists("/tmp/expanalyze_absolute.jsonl"));
  const auto runs = read_runs(file, {});
  CHECK(noted(runs.front(), "archive.unsafe_path")->count == 3);
  CHECK(noted(runs.front(), "archive.not_a_file") != nullptr);
}

TEST_CASE("an archive has limits") {
  const test::TemporaryFolder folder("limits");
  const fs::path file = folder.path() / "runs.tar";
  write_archive(file, {{"a.jsonl", rows(1, 50)}, {"b.jsonl", rows(1, 50)}, {"c.jsonl", rows(1, 50)}});
  const Unpacked few(file, {2, 1U << 20U, 1024});
  CHECK(fs::exists(few.folder() / "b.jsonl"));
  CHECK_FALSE(fs::exists(few.folder() / "c.jsonl"));
  REQUIRE(few.notes().size() == 1);
  CHECK(few.notes().front().code == "archive.too_large");
  const Unpacked small(file, {100, 1000, 1024});
  CHECK_FALSE(fs::exists(small.folder() / "c.jsonl"));
  CHECK(small.notes().front().code == "archive.too_large");
}

TEST_CASE("a member that turns out to be no log stops nothing") {
  const test::TemporaryFolder folder("one_bad_member");
  const fs::path file = folder.path() / "runs.zip";
  write_archive(file, {{"r1/a.jsonl", rows(1, 50)},
                       {"r2/b.jsonl", rows(1, 60)},
                       {"r3/events.jsonl", "{\"msg\": \"hello\"}\n{\"msg\": \"there\"}\n"}});
  const auto runs = read_runs(file, {});
  REQUIRE(runs.size() == 2);
  CHECK(losses(runs[1]) == 60);
  REQUIRE(noted(runs[0], "input.not_a_log") != nullptr);
  CHECK(noted(runs[0], "input.not_a_log")->text.find("runs.zip/r3/events.jsonl") != std::string::npos);
}

TEST_CASE("an archive that breaks off is read up to the break") {
  const test::TemporaryFolder folder("cut_archive");
  const fs::path file = folder.path() / "runs.tar";
  write_archive(file, {{"a.jsonl", rows(1, 50)}, {"b.jsonl", rows(1, 500)}});
  fs::resize_file(file, 10000);
  const auto runs = read_runs(file, {});
  REQUIRE(runs.size() == 2);
  CHECK(losses(runs[0]) == 50);
  CHECK(losses(runs[1]) > 20);
  CHECK(noted(runs[0], "archive.damaged") != nullptr);
}

TEST_CASE("a pipe is read once, without going back") {
  const test::TemporaryFolder folder("pipe");
  const fs::path pipe = folder.path() / "log";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  std::thread writer([&] { std::ofstream(pipe) << gzipped(rows(1, 100)); });
  const Run run = read_run(pipe, {});
  writer.join();
  CHECK(losses(run) == 100);
}

TEST_CASE("a log that grows while it is read is read to some end, without repeats") {
  const test::TemporaryFolder folder("grows");
  const auto file = folder.write("run.jsonl", rows(1, 10));
  std::thread writer([&] {
    std::ofstream out(file, std::ios::app);
    for (int i = 11; i < 20000; ++i) {
      out << rows(i, i);
      if (i % 7 == 0) out.flush();  // in the middle of a line as well: the buffer has a size of its own
    }
  });
  for (int i = 0; i < 10; ++i) {
    const Run run = read_run(file, {});
    CHECK(broken_invariant(run).empty());
    const auto& step = run.rows[find(run, Role::train_loss)->rows].step;
    for (std::size_t k = 0; k < step.size(); ++k) REQUIRE(step[k] == static_cast<double>(k + 1));
  }
  writer.join();
}
