#include "io/archive.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <set>

#include "expanalyze/error.hpp"
#include "io/bytes.hpp"
#include "io/decompress.hpp"
#include "io/input.hpp"

namespace expanalyze {

namespace {

namespace fs = std::filesystem;

/// A block of a tar archive; "ustar" stands at 257 in its first one (POSIX.1-2017, pax, "ustar Interchange Format").
constexpr std::size_t kTarBlock = 512, kTarMagic = 257;
constexpr std::size_t kPiece = 256U << 10U;
constexpr const char* kCheck = "check it with `unzip -t` or `tar -t`";

[[noreturn]] void fail(const fs::path& path, std::string_view what, std::string hint) {
  throw Error(Error::Kind::input, fmt::format("{}: {}", path.string(), what), std::move(hint));
}

bool is_zip(std::string_view head) { return head.substr(0, 4) == "PK\x03\x04" || head.substr(0, 4) == "PK\x05\x06"; }

bool is_tar(std::string_view head) { return head.substr(std::min(head.size(), kTarMagic), 5) == "ustar"; }

/// Each kind once, with a count.
void add_note(std::vector<Note>& notes, std::string_view code, std::string text) {
  const auto same = std::find_if(notes.begin(), notes.end(), [&](const Note& n) { return n.code == code; });
  if (same == notes.end()) return notes.push_back({code, std::move(text), {}, 1});
  ++same->count;
}

/// A path that stays inside a folder; empty for one that does not. Backslashes are those of zip archives from Windows.
fs::path safe_path(std::string name, std::size_t longest) {
  std::replace(name.begin(), name.end(), '\\', '/');
  if (name.empty() || name.size() > longest || name.front() == '/' || name.find('\0') != std::string::npos) return {};
  fs::path safe;
  for (const auto& part : fs::path(name)) {
    if (part == ".." || part.string().size() > 255) return {};
    if (!part.empty() && part != ".") safe /= part;
  }
  return safe;
}

/// By the endings that only logs have: settings and notes lie in hidden folders as well.
bool has_log_name(const fs::path& member) {
  const std::string name = unpacked_name(member.filename().string()), ending = fs::path(name).extension().string();
  return ending == ".jsonl" || ending == ".csv" || ending == ".tsv" || ending == ".log" || ending == ".wandb" ||
         name.find("tfevents") != std::string::npos;
}

/// For a note: names of members are foreign text, and may hold anything.
std::string shown(const fs::path& member) {
  std::string name = member.string().substr(0, 100);
  std::replace_if(
      name.begin(), name.end(),
      [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0 && !std::strchr("._-/=", c); }, '?');
  return "`" + name + "`";
}

/// macOS adds a hidden twin to each file: its attributes, under the file's own name behind "._".
bool is_twin(const fs::path& member) { return member.filename().string().substr(0, 2) == "._"; }

/// Hidden, as version control, editors and macOS leave it.
bool is_clutter(const fs::path& member) {
  return std::any_of(member.begin(), member.end(),
                     [](const fs::path& part) { return part == "__MACOSX" || part.string().substr(0, 1) == "."; });
}

/// libarchive over our own layers, so that a tar in a stream that breaks off is read up to the break. zip keeps its
/// table at the end and is opened by name.
class Reader {
 public:
  explicit Reader(const fs::path& path) : reader_(archive_read_new(), archive_read_free) {
    if (!reader_) throw std::bad_alloc();
    archive_read_support_format_zip(reader_.get());
    archive_read_support_format_tar(reader_.get());
    bytes_ = decompressed(open_bytes(path), nullptr);
    const bool zip = is_zip(look_ahead(bytes_, kTarBlock));
    const int said = zip ? archive_read_open_filename(reader_.get(), path.c_str(), kPiece)
                         : archive_read_open(reader_.get(), this, nullptr, give, nullptr);
    if (said != ARCHIVE_OK) fail(path, "cannot be read as an archive", kCheck);
  }
  [[nodiscard]] archive* get() const { return reader_.get(); }

 private:
  static la_ssize_t give(archive* reader, void* self, const void** piece) try {
    auto& own = *static_cast<Reader*>(self);
    *piece = own.piece_.data();
    return static_cast<la_ssize_t>(own.bytes_(own.piece_.data(), own.piece_.size()));
  } catch (const std::exception& e) {  // C stands between here and whoever could catch it
    archive_set_error(reader, EIO, "%s", e.what());
    return ARCHIVE_FATAL;
  }

  Input::Read bytes_;
  std::string piece_ = std::string(kPiece, '\0');
  std::unique_ptr<archive, int (*)(archive*)> reader_;  // last: closing it may still read
};

/// UTF-8 whatever the locale; else the bytes as they are.
std::string name_of(archive_entry* entry) {
  const char* name = archive_entry_pathname_utf8(entry);
  if (name == nullptr) name = archive_entry_pathname(entry);
  return name == nullptr ? "" : name;
}

/// Copies one member. `left`: bytes that may still be unpacked. False when the member breaks off.
bool copy_member(archive* reader, const fs::path& to, std::uint64_t& left) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(to.c_str(), "wb"), std::fclose);
  if (!file) return false;
  const void* block = nullptr;
  std::size_t size = 0;
  la_int64_t at = 0;  // a sparse file has holes before a block
  std::uint64_t end = 0;
  int said = ARCHIVE_OK;
  while ((said = archive_read_data_block(reader, &block, &size, &at)) == ARCHIVE_OK) {
    const std::uint64_t block_end = static_cast<std::uint64_t>(at) + size;
    if (at < 0 || block_end - end > left) {
      left = 0;
      return true;  // the note is that of the limit
    }
    const bool written = ::fseeko(file.get(), at, SEEK_SET) == 0 && std::fwrite(block, 1, size, file.get()) == size;
    if (!written || std::fflush(file.get()) != 0)
      fail(to, "cannot be unpacked: the temporary disk may be full", "set TMPDIR to a larger one");
    left -= block_end - end;
    end = block_end;
  }
  return said == ARCHIVE_EOF;
}

/// Members one after another, within the limits.
class Extraction {
 public:
  Extraction(archive* reader, const fs::path& folder, const ArchiveLimits& limits, std::vector<Note>& notes)
      : reader_(reader), folder_(folder), limits_(limits), notes_(notes), left_(limits.bytes) {}

  [[nodiscard]] std::size_t files() const { return seen_.size(); }

  /// False when a limit is reached.
  bool take(archive_entry* entry) {
    const auto kind = archive_entry_filetype(entry);
    if (kind == AE_IFDIR) return true;
    const fs::path member = safe_path(name_of(entry), limits_.path_length);
    if (kind != AE_IFREG || archive_entry_hardlink(entry) != nullptr)
      add_note(notes_, "archive.not_a_file", "links and devices in the archive are left out");
    else if (member.empty())
      add_note(notes_, "archive.unsafe_path",
               "members whose path leads out of the archive, or is too long, are left out");
    else if (!is_clutter(member))
      return write(member);
    else if (has_log_name(member) && !is_twin(member))
      add_note(notes_, "archive.hidden",
               fmt::format("hidden members that are called like logs are left out, first {}", shown(member)));
    return true;
  }

 private:
  bool write(const fs::path& member) {
    const bool again = seen_.contains(member), full = !again && seen_.size() == limits_.members;
    if (again)
      add_note(notes_, "archive.repeated", "members stand in the archive more than once: the last one is read");
    if (!full) {
      seen_.insert(member);
      std::error_code error;
      fs::create_directories((folder_ / member).parent_path(), error);
      if (error || !copy_member(reader_, folder_ / member, left_))
        add_note(notes_, "archive.damaged", "members cannot be unpacked to their end; what could be is read");
      if (left_ > 0) return true;
    }
    add_note(notes_, "archive.too_large",
             fmt::format("the archive holds more than {} files or {} bytes; the rest is left out", limits_.members,
                         limits_.bytes));
    return false;
  }

  archive* reader_;
  const fs::path& folder_;
  const ArchiveLimits& limits_;
  std::vector<Note>& notes_;
  std::set<fs::path> seen_;
  std::uint64_t left_;
};

}  // namespace

bool is_archive(const fs::path& path) try {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return false;
  auto bytes = decompressed(open_bytes(path), nullptr);
  const std::string head = look_ahead(bytes, kTarBlock);
  return is_zip(head) || is_tar(head);
} catch (const Error&) {
  return false;
}

std::string archive_stem(const fs::path& path) {
  const fs::path name = unpacked_name(path.filename().string());
  return name.stem().string();
}

bool has_archive_name(const fs::path& path) {
  const std::string name = path.filename().string(), ending = fs::path(unpacked_name(name)).extension().string();
  return ending == ".zip" || ending == ".tar" || ending == ".tgz" || ending == ".tzst" || ending == ".txz" ||
         ending == ".tbz2";
}

Unpacked::Unpacked(const fs::path& archive, const ArchiveLimits& limits) {
  std::string root = (fs::temp_directory_path() / "expanalyze-XXXXXX").string();
  if (::mkdtemp(root.data()) == nullptr)  // readable by its owner alone
    fail(archive, "no temporary folder can be made to unpack it", "set TMPDIR to a folder that can be written to");
  root_ = root;
  try {
    const std::string stem = archive_stem(archive);
    folder_ = root_ / (stem.empty() || stem == "." || stem == ".." ? "archive" : stem);
    fs::create_directory(folder_);
    unpack(archive, limits);
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
    throw;
  }
}

Unpacked::~Unpacked() {
  std::error_code ignored;
  fs::remove_all(root_, ignored);
}

void Unpacked::unpack(const fs::path& path, const ArchiveLimits& limits) {
  const Reader reader(path);
  Extraction extraction(reader.get(), folder_, limits, notes_);
  archive_entry* entry = nullptr;
  int said = ARCHIVE_OK;
  const auto more = [&] {
    said = archive_read_next_header(reader.get(), &entry);
    return said == ARCHIVE_OK || said == ARCHIVE_WARN;
  };
  while (more() && extraction.take(entry)) continue;
  if (said != ARCHIVE_EOF && said != ARCHIVE_OK && said != ARCHIVE_WARN)
    add_note(notes_, "archive.damaged", "the archive breaks off or is damaged; what could be unpacked is read");
  if (extraction.files() == 0) fail(path, "is an archive with no file in it that can be read", kCheck);
}

}  // namespace expanalyze
