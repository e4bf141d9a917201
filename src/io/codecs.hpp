// The formats in which a single log is compressed, decoded piece by piece.
//
// The libraries are called directly: libarchive's filters hand out 64 KiB and more at once and drop what they hold when
// a stream breaks off, which for the log of a crashed run is most of it.
#pragma once

#include <memory>
#include <span>
#include <string_view>

namespace expanalyze {

enum class Decoded { more, end, damaged };

class Codec {
 public:
  Codec() = default;
  Codec(const Codec&) = delete;
  Codec& operator=(const Codec&) = delete;
  virtual ~Codec() = default;
  /// Takes bytes from the front of `in` and fills the front of `out`; both shrink to what is left of them.
  /// `end`: of one stream, another may follow. Bytes put out before `damaged` are what the stream says so far.
  virtual Decoded decode(std::string_view& in, std::span<char>& out) = 0;
};

struct Compression {
  std::string_view name;                  ///< "gzip", as a sentence says it
  bool (*begins)(std::string_view head);  ///< enough to see: kMagicBytes
  std::unique_ptr<Codec> (*codec)();
};
inline constexpr std::size_t kMagicBytes = 10;

/// By content; nullptr when `head` is not compressed.
const Compression* compression_of(std::string_view head);

}  // namespace expanalyze
