#include "import/wandb_log.hpp"

#include <algorithm>
#include <utility>

#include "io/crc.hpp"
#include "io/input.hpp"
#include "io/wire.hpp"

namespace expanalyze {

namespace {

constexpr std::size_t kBlock = 32768;
constexpr std::size_t kChunkHead = 7;  ///< 4 checksum, 2 length, 1 type

}  // namespace

WandbLog::WandbLog(Input& input) : input_(input) {
  take(std::min(input_.ahead(kWandbHeader.size()).size(), kWandbHeader.size()));
}

void WandbLog::take(std::size_t n) {
  input_.take(n);
  at_ += n;
}

WandbLog::Chunk WandbLog::next_chunk(std::string_view& data) {
  const std::size_t left = kBlock - static_cast<std::size_t>(at_ % kBlock);
  const std::string_view block = input_.ahead(left).substr(0, left);
  if (block.empty()) return Chunk::end;
  if (left < kChunkHead) {
    take(block.size());
    return Chunk::padding;
  }
  if (block.size() < kChunkHead) {
    take(block.size());
    return Chunk::cut;
  }
  const std::size_t size = kChunkHead + little_endian<std::uint16_t>(block.data() + 4);
  const auto type = static_cast<unsigned char>(block[6]);
  // A length that runs beyond its block was damaged; one that runs beyond the file was cut.
  if (size > block.size()) {
    take(block.size());
    return size > left ? Chunk::damaged : Chunk::cut;
  }
  // The checksum is of the type and the data behind it.
  const bool sound = crc32_ieee(block.substr(6, size - 6)) == little_endian<std::uint32_t>(block.data());
  if (!sound || type < 1 || type > 4) {
    take(block.size());
    return Chunk::damaged;
  }
  data = block.substr(kChunkHead, size - kChunkHead);
  take(size);
  return static_cast<Chunk>(type);
}

WandbLog::Found WandbLog::next(std::string_view& data) {
  if (!kept_.empty()) {
    data = std::exchange(kept_, {});
    return Found::record;
  }
  while (true) {
    const Chunk chunk = next_chunk(data);
    const bool unfinished = begun_;
    begun_ = chunk == Chunk::first || (begun_ && (chunk == Chunk::middle || chunk == Chunk::padding));
    if (chunk == Chunk::end) return unfinished ? Found::cut : Found::end;
    if (chunk == Chunk::cut) return Found::cut;
    if (chunk == Chunk::damaged) return Found::damaged;
    if (chunk == Chunk::full && !unfinished) return Found::record;
    if (chunk == Chunk::full) {
      kept_ = data;
      return Found::damaged;
    }
    if (chunk == Chunk::first) whole_ = data;
    if (chunk == Chunk::first && unfinished) return Found::damaged;
    // The beginning of a chunk that nothing was begun for was in a damaged block, which is told already.
    if (unfinished && (chunk == Chunk::middle || chunk == Chunk::last)) whole_ += data;
    if (unfinished && chunk == Chunk::last) {
      data = whole_;
      return Found::record;
    }
  }
}

}  // namespace expanalyze
