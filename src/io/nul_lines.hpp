// Blocks of NUL bytes in a text log: file systems leave them where a machine lost power before the data was written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace expanalyze {

struct NulLines {
  std::size_t size = 0;     ///< of the text that is left
  std::uint32_t count = 0;  ///< lines that held NUL bytes
  std::uint32_t first = 0;  ///< 0-based, of them; 0 when there is none
};

/// Empties each line that holds a NUL byte, in place; its newline stays. What stood before or behind the NUL bytes
/// could be half a number. An unfinished last line that ends in NUL bytes is cut before them: the log simply breaks off
/// there.
NulLines empty_nul_lines(std::span<char> text);

}  // namespace expanalyze
