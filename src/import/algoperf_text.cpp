#include <fmt/format.h>

#include "import/importers.hpp"
#include "import/json_text.hpp"
#include "import/python_literal.hpp"
#include "import/text_log.hpp"
#include "io/input.hpp"
#include "store/roles.hpp"
#include "store/run_builder.hpp"
#include "text/format.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

/// "Time since start: 457.86s, \tStep: 971, \t{'train/loss': …}"
struct Evaluation {
  double seconds = 0, step = 0;
  std::string_view values;
};

std::optional<Evaluation> evaluation(std::string_view line) {
  constexpr std::string_view kStart = "Time since start: ";
  const auto at = line.find(kStart);
  if (at == std::string_view::npos) return std::nullopt;
  auto text = line.substr(at + kStart.size());
  Evaluation out;
  const auto end = text.find(',');
  const auto seconds = number_or_seconds(text.substr(0, end));
  if (end == std::string_view::npos || !seconds) return std::nullopt;
  text = trim(text.substr(end + 1));
  if (!take(text, "Step: ")) return std::nullopt;
  const auto step = take_count(text);
  if (!step || !take(text, ",")) return std::nullopt;
  return Evaluation{*seconds, *step, trim(text)};
}

/// "submission_runner.py:469] " or "logging_writer.py:48] [971] ": who wrote the line.
bool written_by(std::string_view line, std::string_view file) {
  const auto at = line.find(file);
  return at != std::string_view::npos && line.substr(0, at).find(' ') != std::string_view::npos &&
         line.substr(at + file.size()).starts_with(":");
}

class AlgoPerf {
 public:
  explicit AlgoPerf(RunBuilder& builder) : builder_(builder) {
    builder.declare("Step", {Role::step, "step", Unit::steps});
    builder.declare("accumulated_submission_time", {Role::wall, "wall", Unit::seconds});
    builder.declare("score", {Role::mechanism, "", Unit::seconds});
    builder.declare("Time since start", {Role::mechanism, "", Unit::seconds});
  }

  void read(const LogLine& line) {
    if (read_evaluation(line) || read_copy(line) || read_command(line)) return;
    skip_line(line, builder_);
  }

 private:
  bool read_evaluation(const LogLine& line) {
    const auto found = evaluation(line.text);
    if (!found) return false;
    auto text = found->values;
    const auto values = take_python(text);
    if (!values || !values->is_object()) return false;
    builder_.begin_record(line.number);
    builder_.value("Step", found->step);
    builder_.value("Time since start", found->seconds);
    read_values(*values, builder_, line.number);
    return true;
  }

  /// The writer of CSV files and event files prints each evaluation again, with six digits.
  bool read_copy(const LogLine& line) {
    if (line.cut || !written_by(line.text, "logging_writer.py") || line.text.find("] [") == std::string_view::npos)
      return false;
    if (line.text.find('=') == std::string_view::npos) return false;
    builder_.understood(line.number);
    builder_.note("record.repeated", "rounded copies of the same records by logging_writer.py are left out",
                  line.number);
    return true;
  }

  /// "torchrun … submission_runner.py --workload=ogbg --rng_seed=456919344 …", the command that a launcher prints.
  bool read_command(const LogLine& line) {
    if (line.cut || line.text.find("submission_runner.py --") == std::string_view::npos) return false;
    auto text = line.text.substr(line.text.find("submission_runner.py --"));
    for (auto at = text.find(" --"); at != std::string_view::npos; at = text.find(" --", 1)) {
      text.remove_prefix(at);
      const auto word = text.substr(3, text.find(' ', 1) - 3);
      const auto equals = word.find('=');
      if (equals != std::string_view::npos && equals > 0)
        builder_.config(word.substr(0, equals), setting(word.substr(equals + 1)), line.number);
    }
    builder_.understood(line.number);
    return true;
  }

  RunBuilder& builder_;
};

void read(Input& input, RunBuilder& builder) {
  AlgoPerf log(builder);
  each_line(input, [&](const LogLine& line) { log.read(line); });
}

Sniff sniff(const Probe& probe) {
  const auto seen = matching_lines(probe, [](std::string_view text) { return evaluation(text).has_value(); });
  if (seen.count > 0) return {92, fmt::format("line {} is `Time since start: …, Step: …` with values", seen.first)};
  return {};
}

}  // namespace

constinit const Importer algoperf_text{
    "algoperf_text", "AlgoPerf: text log of submission_runner.py", sniff, read,
    R"(Reads the text log of AlgoPerf's `submission_runner.py`: `Time since start: 457.86s, Step: 971, {'train/loss': …}` with a Python
dictionary of all evaluations at that step. `logging_writer.py` prints the same numbers again with six digits: these copies are
counted and left out. The flags of the command, where
a launcher printed it, are the config. Warnings of ranks and launchers are counted.

**Time:** `accumulated_submission_time` is the clock of the benchmark: training only, evaluation and logging excluded. `Time since
start` and `total_duration` include both.

**What it cannot know:** the training losses between evaluations, which stand in `measurements.csv` and in the event files, and the
hyper-parameters, which stand in `hparams.json`.)"};

}  // namespace expanalyze
