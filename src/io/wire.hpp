// The wire format of protocol buffers (protobuf.dev/programming-guides/encoding): a message is a row of numbered
// fields. Only as much of it as logs need; nothing is copied, and every length is checked before it is used.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace expanalyze {

/// The unsigned number in the sizeof(T) bytes at `from`.
template <class T>
T little_endian(const char* from) {
  T value = 0;
  std::memcpy(&value, from, sizeof(T));
  if constexpr (std::endian::native == std::endian::little) return value;
  T swapped = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i, value >>= 8U) swapped = static_cast<T>(swapped << 8U | (value & 0xFFU));
  return swapped;
}

enum class WireType : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

/// One field of a message. Unknown numbers are for the caller to pass over.
struct WireField {
  std::uint64_t number = 0;
  WireType type = WireType::varint;
  std::uint64_t bits = 0;  ///< of varint, fixed64 and fixed32
  std::string_view bytes;  ///< of strings, packed numbers and messages within the message

  [[nodiscard]] bool is(std::uint64_t n, WireType t) const { return number == n && type == t; }
  [[nodiscard]] bool message(std::uint64_t n) const { return is(n, WireType::bytes); }
  [[nodiscard]] double float64() const { return std::bit_cast<double>(bits); }
  [[nodiscard]] double float32() const { return std::bit_cast<float>(static_cast<std::uint32_t>(bits)); }
  [[nodiscard]] std::int64_t int64() const { return static_cast<std::int64_t>(bits); }
};

/// The fields of a message in their order. A message within a message is read by a WireReader of its own.
class WireReader {
 public:
  explicit WireReader(std::string_view message) : at_(message.data()), end_(at_ + message.size()) {}

  /// False at the end, and where the bytes are no field: a length beyond the message, a group, an unknown wire type.
  bool next(WireField& field);
  /// Bytes were left over that are no field.
  [[nodiscard]] bool broken() const { return broken_; }

  /// A bare varint, as packed numbers hold them one behind the other. False at the end or when it is cut.
  bool varint(std::uint64_t& value);
  [[nodiscard]] bool at_end() const { return at_ == end_; }

 private:
  [[nodiscard]] std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  bool give_up() {
    broken_ = true;
    return false;
  }

  const char *at_, *end_;
  bool broken_ = false;
};

inline bool WireReader::varint(std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 64 && at_ != end_; shift += 7) {
    const auto byte = static_cast<unsigned char>(*at_++);
    value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
    if (byte < 0x80U) return true;
  }
  return false;
}

inline bool WireReader::next(WireField& field) {
  if (at_ == end_) return false;
  std::uint64_t key = 0;
  if (!varint(key)) return give_up();
  field.number = key >> 3U;
  field.type = static_cast<WireType>(key & 7U);
  if (field.type == WireType::varint) return varint(field.bits) || give_up();
  if (field.type == WireType::bytes) {
    std::uint64_t length = 0;
    if (!varint(length) || length > left()) return give_up();
    field.bytes = {at_, static_cast<std::size_t>(length)};
    at_ += length;
    return true;
  }
  const bool wide = field.type == WireType::fixed64;
  const std::size_t size = wide ? 8 : 4;
  if ((!wide && field.type != WireType::fixed32) || left() < size) return give_up();
  field.bits = wide ? little_endian<std::uint64_t>(at_) : little_endian<std::uint32_t>(at_);
  at_ += size;
  return true;
}

}  // namespace expanalyze
