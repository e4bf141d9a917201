#include "import/tfrecord.hpp"

#include "io/crc.hpp"
#include "io/input.hpp"
#include "io/wire.hpp"

namespace expanalyze {

std::uint32_t masked_crc32c(std::string_view bytes) {
  const std::uint32_t c = crc32c(bytes);
  return (c >> 15U | c << 17U) + 0xA282EAD8U;
}

Framed next_record(Input& input, std::string_view& data) {
  std::string_view bytes = input.ahead(kRecordHead);
  if (bytes.empty()) return Framed::end;
  if (bytes.size() < kRecordHead) return Framed::cut;
  const auto length = little_endian<std::uint64_t>(bytes.data());
  const bool sound = little_endian<std::uint32_t>(bytes.data() + 8) == masked_crc32c(bytes.substr(0, 8));
  if (!sound || length >= kLargestRecord) return Framed::lost;
  const std::size_t size = kRecordHead + static_cast<std::size_t>(length) + kRecordTail;
  if (bytes.size() < size) bytes = input.ahead(size);
  if (bytes.size() < size) return Framed::cut;
  data = bytes.substr(kRecordHead, static_cast<std::size_t>(length));
  input.take(size);
  const auto stored = little_endian<std::uint32_t>(data.data() + data.size());
  return stored == masked_crc32c(data) ? Framed::record : Framed::damaged;
}

}  // namespace expanalyze
