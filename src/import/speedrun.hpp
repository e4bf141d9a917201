// What the logs of modded-nanogpt and its descendants share: the script and nvidia-smi in front, then step lines.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "expanalyze/run_store.hpp"
#include "import/text_log.hpp"

namespace expanalyze {

/// "step:125/3250 val_loss:4.5 train_time:77.4s", "500/20000 train_loss: 2.9 train_time: 0.8m".
struct StepLine {
  double step = 0;
  std::optional<double> total;
  std::vector<KeyValue> values;
};
std::optional<StepLine> step_line(std::string_view text);

/// Writes step lines and what stands around them.
class Speedrun {
 public:
  explicit Speedrun(RunBuilder& builder);

  /// False when the line is none of a record, "peak memory" and the machine that PyTorch and nvidia-smi name.
  bool read(const LogLine& line);
  /// A setting; those that were found in a printed script are forgotten when "Running PyTorch" follows.
  void setting(std::string_view key, std::string_view value, std::uint32_t line);
  /// What finish() must know of a result or event: it stands at the last step.
  void begin_at_last_step(std::uint32_t line);
  [[nodiscard]] bool started() const { return started_; }
  [[nodiscard]] double last_step() const { return step_; }
  /// Where training stopped on purpose: this, not the schedule, is the planned total.
  void stopped_at(double step) { total_ = step; }
  /// A line before the first record that says nothing we know.
  void preamble(const LogLine& line);
  void finish();

 private:
  bool read_record(const LogLine& line);
  bool read_memory(std::string_view text, std::uint32_t line);
  bool read_machine(std::string_view text, std::uint32_t line);
  void write(const StepLine& record, std::uint32_t line);
  void write_pending();

  struct Setting {
    ConfigValue value;
    std::uint32_t line = 0;
  };
  RunBuilder& builder_;
  std::vector<std::pair<std::string, Setting>> settings_;
  std::unordered_set<std::size_t> seen_;  ///< hashes of the records whose clock runs
  std::string pending_;                   ///< a record at time 0: if the next one repeats, so does this one
  std::uint32_t pending_line_ = 0;
  std::optional<double> total_;
  double step_ = 0, gpus_ = 0;
  bool started_ = false;
};

}  // namespace expanalyze
