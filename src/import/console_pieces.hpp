// One physical line of a console holds many: redrawn bars, bars glued together, log lines behind a bar.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace expanalyze {

/// A progress bar as tqdm and its relatives draw it: "desc:  5%|▌ | 100/2000 [00:10<03:10, 9.9it/s, loss=2.3]".
struct ConsoleBar {
  std::string_view description, counter, clocks, postfix;
};

struct ConsolePiece {
  std::string_view text;
  std::optional<ConsoleBar> bar;
};

/// Cuts a line at carriage returns, backspaces and ends of bars; colours are taken out. Views point into `line` or
/// `scratch`.
void console_pieces(std::string_view line, std::string& scratch, std::vector<ConsolePiece>& pieces);

/// When a line was written, as far as its front says so.
struct ConsoleStamp {
  double seconds = 0;
  bool absolute = false;  ///< since 1970; else since the start of a year or a day
  bool of_day = false;    ///< hours only
};

/// Takes date, time, thread and the words before them off the front of a piece.
std::optional<ConsoleStamp> take_stamp(std::string_view& text);

}  // namespace expanalyze
