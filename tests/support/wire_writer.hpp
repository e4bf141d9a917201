// Protobuf messages, event files and .wandb files for tests: what the readers in src/import must take apart.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "import/tfrecord.hpp"
#include "import/wandb_log.hpp"
#include "io/crc.hpp"

namespace test {

template <class T>
std::string little(T value) {
  std::string out;
  for (std::size_t i = 0; i < sizeof(T); ++i) out += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i));
  return out;
}

inline std::string varint(std::uint64_t n) {
  std::string out;
  for (; n > 127; n >>= 7U) out += static_cast<char>(n | 128U);
  return out + static_cast<char>(n);
}

inline std::string number(std::uint64_t field, std::int64_t n) {
  return varint(field << 3U) + varint(static_cast<std::uint64_t>(n));
}
inline std::string real(std::uint64_t field, double v) {
  return varint(field << 3U | 1U) + little(std::bit_cast<std::uint64_t>(v));
}
inline std::string single(std::uint64_t field, float v) {
  return varint(field << 3U | 5U) + little(std::bit_cast<std::uint32_t>(v));
}
inline std::string message(std::uint64_t field, std::string_view bytes) {
  return varint(field << 3U | 2U) + varint(bytes.size()) + std::string(bytes);
}

inline std::string tfrecord(std::string_view data) {
  const std::string length = little(static_cast<std::uint64_t>(data.size()));
  return length + little(expanalyze::masked_crc32c(length)) + std::string(data) +
         little(expanalyze::masked_crc32c(data));
}

/// An event with one value; a step of 0 is not stored.
inline std::string event(std::int64_t step, double wall_time, std::string_view value) {
  return tfrecord(real(1, wall_time) + (step == 0 ? "" : number(2, step)) + message(5, message(1, value)));
}
inline std::string scalar(std::string_view tag, float v) { return message(1, tag) + single(2, v); }
inline std::string version() { return tfrecord(real(1, 9e8) + message(3, "brain.Event:2")); }

inline std::string chunk(char type, std::string_view data) {
  const std::string checked = type + std::string(data);
  return little(expanalyze::crc32_ieee(checked)) + little(static_cast<std::uint16_t>(data.size())) + checked;
}

/// Records that fit into a block each.
inline std::string wandb(const std::vector<std::string>& records) {
  std::string out(expanalyze::kWandbHeader);
  for (const auto& record : records) {
    const std::size_t left = 32768 - out.size() % 32768;
    if (left < record.size() + 7) out.append(left, '\0');
    out += chunk(1, record);
  }
  return out;
}

/// A history, config or summary item.
inline std::string item(std::string_view key, std::string_view json) {
  return message(1, message(1, key) + message(16, json));
}

}  // namespace test
