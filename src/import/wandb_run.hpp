// What the records of a .wandb file say of a run.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "import/json_text.hpp"
#include "io/wire.hpp"

namespace expanalyze {

class Input;
class RunBuilder;

class WandbRun {
 public:
  explicit WandbRun(RunBuilder& builder) : builder_(builder) {}

  /// Every record of the file.
  void read(Input& input);

  /// A setting that stands beside the file; what its records say goes first.
  void setting(const std::string& key, ConfigValue value);

  [[nodiscard]] double last_step() const { return last_step_; }

  /// Settings, the way the run ended. Throws Error{input} when nothing was logged.
  void finish();

 private:
  void read_record(std::string_view data);
  void read_history(std::string_view history);
  void read_run_record(std::string_view run);
  void read_config(std::string_view config);
  void read_exit(std::string_view exit);
  void read_output(std::string_view output);
  void read_metric(std::string_view metric);
  void add_value(const std::string& key, std::string_view json);
  void note_end();
  [[nodiscard]] std::string error_line() const;

  RunBuilder& builder_;
  std::uint32_t records_ = 0;
  double next_step_ = 0, last_step_ = 0;
  std::size_t rows_ = 0, logged_ = 0;  ///< of history; values besides axes
  std::map<std::string, Json> config_;
  std::size_t other_settings_ = 0;
  std::optional<std::int64_t> exit_code_;
  std::string errors_;  ///< the end of what the run wrote to its standard error
};

}  // namespace expanalyze
