// Layers between the bytes of a file and an Input: decompression, and text that is not UTF-8.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "expanalyze/note.hpp"
#include "io/input.hpp"

namespace expanalyze {

/// The next bytes, up to `n` (fewer only at the end); `read` gives them again first.
std::string look_ahead(Input::Read& read, std::size_t n);

/// What a compressed log may become. Reading takes constant memory, so this bounds time, not memory.
struct UnpackLimits {
  std::uint64_t most_bytes = std::uint64_t{64} << 30U;
  /// Beyond `ratio_from` bytes a stream must not have grown more than `most_ratio` times. A log in which only the step
  /// still moves was measured at 1370:1 (xz; gzip reaches at most 1032:1), a stream of zeros at 7000:1 (xz) to
  /// 30000:1 (zstd).
  std::uint64_t ratio_from = std::uint64_t{1} << 30U;
  std::uint64_t most_ratio = 5000;
};

/// `read` itself where its content is not compressed. All members of a stream that was appended to are read; what
/// stands before a break or damage is kept; `trouble` says so when it comes to that (input.damaged_stream,
/// input.too_large). `name`, where given, loses the ending that names the compression.
Input::Read decompressed(Input::Read read, const Input::Trouble& trouble, std::string* name = nullptr,
                         UnpackLimits limits = {});

/// `read` itself unless it begins with the byte order mark of UTF-16, as PowerShell's redirection writes it.
Input::Read as_utf8(Input::Read read, const Input::Trouble& trouble);

/// "metrics.csv" of "metrics.csv.gz"; other names as they are.
std::string unpacked_name(const std::string& name);

}  // namespace expanalyze
