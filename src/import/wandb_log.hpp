// The framing of W&B's .wandb files: LevelDB's log format with another checksum.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace expanalyze {

class Input;

/// ":W&B", magic 0xBEE1, version 0.
inline constexpr std::string_view kWandbHeader{":W&B\xE1\xBE\0", 7};

/// Takes blocks apart into chunks and puts chunks together to records.
class WandbLog {
 public:
  enum class Found : std::uint8_t {
    record,
    damaged,  ///< a checksum is wrong: the rest of its block is passed over; or a record without end
    cut,      ///< the file ends within a record
    end
  };

  /// Skips the header of the file.
  explicit WandbLog(Input& input);

  /// Reads one record; `data` is valid until the next call.
  Found next(std::string_view& data);

 private:
  enum class Chunk : std::uint8_t { padding = 0, full = 1, first = 2, middle = 3, last = 4, damaged, cut, end };
  Chunk next_chunk(std::string_view& data);
  void take(std::size_t n);

  Input& input_;
  std::uint64_t at_ = 0;   ///< in the file: blocks are counted from its start, header included
  std::string whole_;      ///< of a record in several chunks
  bool begun_ = false;     ///< its first chunk is in whole_
  std::string_view kept_;  ///< a record that was found where another had not ended
};

}  // namespace expanalyze
