// Blocks of a log, parsed by several threads and handed on in the order of the log.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "io/input.hpp"
#include "store/row_group.hpp"

namespace expanalyze {

/// What one thread needs to turn a block into rows. Which thread gets which block must not show in the rows.
class BlockParser {
 public:
  BlockParser() = default;
  BlockParser(const BlockParser&) = delete;
  BlockParser& operator=(const BlockParser&) = delete;
  virtual ~BlockParser() = default;
  virtual void parse(const Block& block) = 0;
  /// The rows have been handed on.
  virtual void clear() { rows.clear(); }

  RowGroup rows;
};

/// Gives the next block; false at the end. One thread at a time calls it.
using NextBlock = std::function<bool(Block&)>;
/// Takes the rows of each block, in the order of the log, one thread at a time; they are gone afterwards. The builder
/// is one such place; a store on disk can be another.
using TakeRows = std::function<void(const RowGroup& rows, double share)>;

/// How many of `most` threads are worth starting for what is left of the log.
unsigned worthwhile_threads(const Input& input, unsigned most);

/// Runs one thread for each parser; the first works in the caller's. Throws what a parser or the reading threw first in
/// the order of the log.
void read_blocks(Input& input, const NextBlock& next, const std::vector<std::unique_ptr<BlockParser>>& parsers,
                 const TakeRows& take);

}  // namespace expanalyze
