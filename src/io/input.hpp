// The bytes of one log, from front to back, once: a file, standard input, a buffer of a test.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "expanalyze/note.hpp"

namespace expanalyze {

/// Whole lines of a log, and where they stand.
struct Block {
  std::vector<char> bytes;  ///< reused from block to block; only the first `size` count, and a NUL stands behind them
  std::size_t size = 0;
  std::uint32_t first_line = 1;  ///< 1-based number of its first line
  [[nodiscard]] std::string_view text() const { return {bytes.data(), size}; }
};

class Input {
 public:
  /// Fills up to `at_most` bytes, answers how many; 0 only at the end. May give a byte at a time, as pipes do.
  using Read = std::function<std::size_t(char* to, std::size_t at_most)>;

  /// What the layers below an Input tell of the bytes: a damaged stream, another encoding. Never null in an Input.
  using Trouble = std::shared_ptr<std::vector<Note>>;

  /// A line longer than this is no record of a training run: it is emptied and counted.
  static constexpr std::size_t kLongestLine = 16U << 20U;
  /// all() refuses more than this: a document of that size is a mistake.
  static constexpr std::size_t kLargestDocument = std::size_t{4} << 30U;

  /// Large enough that a block costs little beside its bytes, small enough to stay in a second-level cache.
  static constexpr std::size_t kBlock = std::size_t{1} << 20U;

  /// `name`: of the file without folders; `size`: in bytes as far as it is known, else 0.
  Input(Read read, std::string name, std::uint64_t size = 0, Trouble trouble = nullptr);
  /// A text that outlives the input; nothing is copied by all().
  static Input of(std::string_view text, std::string name = {});

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }

  /// Complete when everything has been read.
  [[nodiscard]] const std::vector<Note>& trouble() const { return *trouble_; }

  /// From here on lines that hold NUL bytes, as a machine that lost power leaves them, are emptied and counted; NUL
  /// bytes at the end of the log are left out. For importers of text, before anything is handed out.
  void expect_text();
  [[nodiscard]] std::uint32_t with_nul() const { return with_nul_; }
  [[nodiscard]] std::uint32_t first_with_nul() const { return first_with_nul_; }

  /// The first line in full (up to kLongestLine) and `about` bytes; reading goes on from the start.
  std::string_view head(std::size_t about = std::size_t{64} << 10U);

  /// The next whole lines, about `about` bytes of them; the last line of the log may lack its end. False at the end.
  bool next_block(Block& block, std::size_t about = kBlock);

  /// What stands from `from` on in the block that came last begins the next one: a row that is not whole yet.
  void put_back(Block& block, std::size_t from);

  /// For formats without lines: what comes next, at least `want` bytes of it unless the log ends before; valid until
  /// the next call. take() hands out the first `n` of them. Memory holds what is wanted at once, not the log.
  std::string_view ahead(std::size_t want);
  void take(std::size_t n);

  /// Everything that has not been handed out yet. Throws Error{input} beyond kLargestDocument.
  std::string_view all();

  /// The share of the log that was handed out, in (0, 1]; 0 where the size is not known.
  [[nodiscard]] double share() const;
  /// Lines handed out so far; an unfinished last one counts.
  [[nodiscard]] std::uint32_t lines() const { return lines_; }
  /// Lines that were emptied because they are longer than kLongestLine, and the first of them.
  [[nodiscard]] std::uint32_t too_long() const { return too_long_; }
  [[nodiscard]] std::uint32_t first_too_long() const { return first_too_long_; }

 private:
  std::string_view cleaned_head(std::string_view head);
  bool fill(std::size_t at_least);
  std::size_t without_nul(char* text, std::size_t size);
  void clean_whole();
  bool next_of_whole(Block& block, std::size_t about);
  bool next_of_read(Block& block, std::size_t about);
  std::size_t read_on(Block& block, std::size_t have, std::size_t want);
  std::size_t skip_line(Block& block);
  void hand_out(Block& block, std::size_t size);
  std::size_t pending() const { return ahead_.size() - at_; }

  Read read_;
  std::string name_;
  std::uint64_t size_ = 0;
  std::string ahead_;       ///< read but not handed out: [at_, end)
  std::string clean_head_;  ///< what head() gave, without lines of NUL bytes
  std::size_t at_ = 0;
  std::string_view whole_;  ///< of Input::of()
  bool end_ = false, started_ = false;
  std::uint64_t handed_out_ = 0;  ///< bytes
  std::uint32_t lines_ = 0, too_long_ = 0, first_too_long_ = 0;
  Trouble trouble_;
  bool text_ = false;
  std::uint32_t with_nul_ = 0, first_with_nul_ = 0;
};

/// Opens a log, once and without going back: a pipe will do. "-" is standard input. What is compressed or UTF-16 comes
/// out as plain UTF-8 (io/decompress.hpp); `trouble`, where given, is shared with the Input.
/// Throws Error{input} for what is missing, a directory, an archive or not readable.
Input open_input(const std::filesystem::path& path, Input::Trouble trouble = nullptr);

/// The whole of a small file, such as a config. Throws Error{input}.
std::string read_file(const std::filesystem::path& path);

}  // namespace expanalyze
