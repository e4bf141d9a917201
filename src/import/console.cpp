#include <fmt/format.h>

#include <algorithm>

#include "import/console_axis.hpp"
#include "import/console_reader.hpp"
#include "import/console_writer.hpp"
#include "import/importers.hpp"
#include "io/input.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

using Kind = ConsoleField::Kind;

void read(Input& input, RunBuilder& builder) {
  const std::string_view text = input.all();
  const ConsoleLog log = read_console_log(text);
  write_console_log(text, log, builder);
}

struct Seen {
  std::size_t metric = 0;     ///< lines with a loss or metric
  std::size_t named = 0;      ///< lines with several numbers that move under names
  std::size_t recurring = 0;  ///< lines with any
  std::size_t habit = 0;      ///< lines of the kind that most often shows a moving metric beside a counter
  bool counts = false;        ///< a step or an epoch stands in some line
};

Seen look_at(const ConsoleLog& log) {
  const ConsoleAxis axis(log.grammar);
  Seen seen;
  for (std::size_t k = 0; k < log.grammar.templates().size(); ++k) {
    const auto& t = log.grammar.templates()[k];
    if (!t.accepted) continue;
    bool metric = false, measured = false, counted = axis.counter(k).slot >= 0 || axis.counter(k).epoch >= 0;
    std::size_t moving = 0;
    for (const auto& s : t.slots) {
      if (!s.keep || s.kind != Kind::plain) continue;
      metric = metric || console_metric(s);
      measured = measured || (console_metric(s) && s.varies());
      moving += s.varies() ? 1 : 0;
      counted = counted || s.is(Role::step) || s.is(Role::epoch);
    }
    seen.counts = seen.counts || counted;
    if (measured && counted) seen.habit = std::max(seen.habit, t.n);
    seen.metric += metric ? t.n : 0;
    seen.named += moving > 1 ? t.n : 0;
    seen.recurring += moving > 0 ? t.n : 0;
  }
  return seen;
}

bool begins_like_json(std::string_view text) {
  text = trim(text);
  if (text.empty() || (text[0] != '{' && text[0] != '[')) return false;
  const auto next = trim(text.substr(1)).substr(0, 1);
  return next == "\"" || next == "{" || next == "}";
}

/// Sure of nothing above 60: every reader that knows its format goes first. Odd strengths, for a tie stops the user.
Sniff sniff(const Probe& probe) {
  if (begins_like_json(probe.head)) return {};
  const ConsoleLog log = read_console_log(probe.head);
  const Seen seen = look_at(log);
  const auto text = static_cast<std::size_t>(
      std::count_if(log.lines.begin(), log.lines.end(), [](auto l) { return l != ConsoleLog::Line::blank; }));
  // A paper or a program quotes a few lines of a log; a log consists of them, or has many of them behind its warnings.
  const auto enough = [&](std::size_t n) { return n * 10 >= text || n >= 50; };
  const bool program = log.code * 5 >= text;
  // Of prose and programs only what they do again and again is told apart from an example.
  if (!enough(seen.metric + seen.recurring) && seen.habit < 3) return {};
  if (seen.metric + seen.recurring == 0 || (program && seen.habit < 3)) return {};
  if (program) return {9, "a few lines of a program look like a log"};
  const bool in_pieces = seen.metric >= 3 && seen.recurring * 2 >= text;  // one number a line
  if (seen.counts && ((seen.metric >= 5 && enough(seen.metric)) || in_pieces))
    return {58, fmt::format("{} lines name a loss or metric, and steps are counted", seen.metric)};
  if (seen.named >= 5 && enough(seen.named))
    return {41, fmt::format("{} lines have moving numbers under the same names", seen.named)};
  if (seen.metric >= 3 && enough(seen.metric)) return {19, fmt::format("{} lines name a loss or metric", seen.metric)};
  // Prose has no dates in front of its lines.
  if (log.stamped >= 5 && log.stamped * 4 >= text) return {16, "lines begin with a time, and numbers in them recur"};
  return {9, "a few lines look like a log"};
}

}  // namespace

constinit const Importer console{
    "console", "console output of any program: lines with numbers beside names", sniff, read,
    R"(Reads what a training program printed, without knowing the program. The grammar of the lines is learned from the
file: lines whose numbers have the same names in the same order are one kind; a kind that comes at least three times, or names a
loss or a metric, is read. Examples: nanoGPT, torchtitan, nanochat, timm, fairseq, mmcv, Keras, fastai, XGBoost, LightGBM,
examples of PyTorch, bars of tqdm, dictionaries of Hugging Face.

**Names** are the words left of a number, with or without `:` or `=`; the word behind it where none stands in front; the column
under a header; the key of a dictionary. A heading such as `valid |` or `Test:` goes in front of the names that follow. A number in
brackets behind a value is its running mean, `<name>_avg`. Numbers without a name, and numbers in sentences that never move, are
left out.

**Steps** come from a name such as `step` or `iter`, from `n/N`, from the bar, or from a whole number that rises from line to line. A counter
that begins anew with each epoch is combined with the epoch; a note says so. N of `n/N` is `total_steps`.

**Units** glued to numbers (`12.3ms`, `1.2GiB`, `9.9it/s`, `3.4k`, `1,234`, `00:05`) are read in base units; per cent stay as
logged. Dates and times in front of lines are the clock.

**Bars** that are redrawn for the same update count once, as drawn last. A bar that shows no metric is chatter. Where ranks print
the same kind of line, the first rank is read and the others are counted.

**Settings** are read from `Namespace(…)`, a dictionary or a block of `key: value` lines before the first record.

**What it cannot know:** what an unnamed number means; whether a counter of an epoch counts batches or samples; whether a value
stands for one step or is a mean over several. A last line that breaks off loses the number at its end.)"};

}  // namespace expanalyze
