// The two 32-bit checksums of binary logs.
#pragma once

#include <cstdint>
#include <string_view>

namespace expanalyze {

/// CRC-32 of IEEE 802.3, as zlib computes it: polynomial 0x04C11DB7, reflected.
std::uint32_t crc32_ieee(std::string_view bytes);

/// CRC-32C of Castagnoli: polynomial 0x1EDC6F41, reflected. Takes the processor's instruction where there is one.
std::uint32_t crc32c(std::string_view bytes);

/// The two ways to the same value, apart for tests and benchmarks. `by_instruction` needs has_crc32c_instruction().
bool has_crc32c_instruction();
std::uint32_t crc32c_by_instruction(std::string_view bytes);
std::uint32_t crc32c_by_table(std::string_view bytes);

}  // namespace expanalyze
