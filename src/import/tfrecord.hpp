// TFRecord: the framing of TensorBoard's event files.
#pragma once

#include <cstdint>
#include <string_view>

namespace expanalyze {

class Input;

/// CRC-32C as TFRecord stores it, rotated and shifted so that a checksum of checksums differs from them.
std::uint32_t masked_crc32c(std::string_view bytes);

/// What stands next in the file.
enum class Framed : std::uint8_t {
  record,
  damaged,  ///< its checksum is wrong, its length is not: the next record can be read
  lost,     ///< the checksum of its length is wrong: nothing behind it can be found
  cut,      ///< the file ends within it
  end
};

/// Protobuf refuses messages of 2 GiB and more, so no writer makes them.
inline constexpr std::uint64_t kLargestRecord = std::uint64_t{1} << 31U;

/// Length and checksum in front of the data, another checksum behind.
inline constexpr std::size_t kRecordHead = 12, kRecordTail = 4;

/// Reads one record; `data` is valid until the next call. After lost, cut and end there is no next.
Framed next_record(Input& input, std::string_view& data);

}  // namespace expanalyze
