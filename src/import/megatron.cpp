#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "import/importers.hpp"
#include "import/text_log.hpp"
#include "io/input.hpp"
#include "store/roles.hpp"
#include "store/run_builder.hpp"
#include "text/format.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

/// " iteration       10/    1000 | consumed samples: …", without what stands in front.
struct Iteration {
  double number = 0, total = 0;
  std::size_t begin = 0;  ///< of the word, in the line
  std::string_view rest;  ///< behind the first bar
};

constexpr std::string_view kIteration = "iteration ";

/// The next one at or behind `from`: output of several processes can share a line.
std::optional<Iteration> next_iteration(std::string_view line, std::size_t from) {
  for (auto at = line.find(kIteration, from); at != std::string_view::npos; at = line.find(kIteration, at + 1)) {
    auto text = trim(line.substr(at + kIteration.size()));
    const auto number = take_count(text);
    if (!number || !take(text, "/")) continue;
    text = trim(text);
    const auto total = take_count(text);
    text = trim(text);
    if (total && take(text, "|")) return Iteration{*number, *total, at, text};
  }
  return std::nullopt;
}

/// "lm loss: 1.2E+01" off the front of "lm loss: 1.2E+01 | grad norm: …"; false where the fields end.
bool take_field(std::string_view& text, std::string_view& key, double& value) {
  const auto bar = text.find('|');
  if (bar == std::string_view::npos) return false;
  const auto field = text.substr(0, bar);
  const auto colon = field.rfind(':');
  if (colon == std::string_view::npos) return false;
  const auto v = number_from(field.substr(colon + 1));
  if (!v) return false;
  key = trim(field.substr(0, colon));
  value = *v;
  text.remove_prefix(bar + 1);
  return !key.empty();
}

/// Days since 1970-01-01 of a date in the Gregorian calendar. H. Hinnant, "chrono-compatible low-level date
/// algorithms".
double days_from_civil(double year, double month, double day) {
  const auto y = static_cast<int>(year) - (month <= 2 ? 1 : 0);
  const int era = y / 400, of_era = y - era * 400;
  const int of_year = (153 * (static_cast<int>(month) + (month > 2 ? -3 : 9)) + 2) / 5 + static_cast<int>(day) - 1;
  return era * 146097.0 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/// Seconds of "[2024-05-23 08:45:57]" at the end of `text`: local time read as if it were UTC, for differences.
std::optional<double> date_at_end(std::string_view text) {
  text = trim(text);
  const auto open = text.rfind('[');
  if (open == std::string_view::npos || !text.ends_with(']')) return std::nullopt;
  text = text.substr(open + 1, text.size() - open - 2);
  std::array<double, 3> date{};
  for (std::size_t i = 0; i < date.size(); ++i) {
    const auto part = i > 0 && !take(text, "-") ? std::nullopt : take_count(text);
    if (!part || *part > 9999) return std::nullopt;
    date[i] = *part;
  }
  const auto time = duration_from(text.substr(0, text.find(',')));
  if (!time) return std::nullopt;
  return days_from_civil(date[0], date[1], date[2]) * 86400 + *time;
}

class Megatron {
 public:
  explicit Megatron(RunBuilder& builder) : builder_(builder) {
    builder.declare("iteration", {Role::step, "step", Unit::steps});
    for (const auto* key : {"lm loss", "lm-loss"}) builder.declare(key, {Role::train_loss, "train/loss", Unit::nats});
    builder.declare("elapsed time per iteration (ms)", {Role::step_time, "step_time", Unit::seconds, 1e-3});
    for (const auto* key : {"elapsed time per iteration (s)", "elapsed time per iteration"})
      builder.declare(key, {Role::step_time, "step_time", Unit::seconds});
    builder.declare(kFlops, {Role::throughput, "", Unit::one});
  }

  void read(const LogLine& line) {
    if (read_iterations(line) || read_evaluation(line) || read_flops(line) || read_deepspeed(line) ||
        read_argument(line))
      return;
    if (line.text.find(" CANCELLED AT ") != std::string_view::npos) {
      builder_.understood(line.number);
      return builder_.note("run.cancelled", fmt::format("the scheduler ended the job: {}", code_span(line.text, 120)),
                           line.number);
    }
    if (line.cut || !is_side_line(line.text)) return skip_line(line, builder_);
    builder_.understood(line.number);
    builder_.note("log.side_lines", "timers, memory and DeepSpeed's own step lines are left out", line.number);
  }

  void finish() {
    if (total_ > 0) builder_.config("total_steps", total_);
  }

 private:
  static constexpr const char* kFlops = "Effective Tera Flops per GPU";

  bool read_iterations(const LogLine& line) {
    auto at = next_iteration(line.text, 0);
    if (!at) return false;
    std::size_t front = 0;
    // Only a bar at its end shows that the last record of an unfinished line is whole.
    if (line.cut && !trim(line.text).ends_with('|')) return false;
    for (; at; at = next_iteration(line.text, front)) {
      const auto date = date_at_end(line.text.substr(front, at->begin - front));
      front = line.text.size() - write(*at, date, line.number).size();
    }
    return true;
  }

  /// What stands behind the record.
  std::string_view write(const Iteration& it, std::optional<double> date, std::uint32_t line) {
    builder_.begin_record(line);
    builder_.value("iteration", it.number);
    if (date) builder_.value("timestamp", *date);
    iteration_ = it.number;
    total_ = std::max(total_, it.total);
    std::string_view text = it.rest, key;
    double value = 0;
    bool scaled = true;
    while (take_field(text, key, value)) {
      // DeepSpeed keeps both for itself: -1 and 0 stand for "not told".
      const bool unknown = (key == "loss scale" && value == -1) || (key == "grad norm" && value == 0 && !scaled);
      if (key == "loss scale") scaled = value != -1;
      unknown ? builder_.note(
                    "value.unknown",
                    fmt::format("{} stands for a value that is not known, first {}", number(value), code_span(key)),
                    line, key)
              : builder_.value(key, value);
    }
    return text;
  }

  /// " validation loss at iteration 1000 | lm loss value: 2.1E+00 | lm loss PPL: 8.2E+00 |"
  bool read_evaluation(const LogLine& line) {
    const auto at = line.text.find(" loss at ");
    const auto bar = line.text.find('|');
    if (at == std::string_view::npos || bar == std::string_view::npos || bar < at) return false;
    if (line.cut && !trim(line.text).ends_with('|')) return false;
    auto set = line.text.substr(0, at);
    set.remove_prefix(std::min(set.find_last_of(" \t]") + 1, set.size()));
    auto title = line.text.substr(at, bar - at);
    if (take(title, " loss at iteration "))
      iteration_ = take_count(title).value_or(iteration_);
    else if (title.find("test") != std::string_view::npos)
      set = "test";
    builder_.begin_record(line.number);
    builder_.value("iteration", iteration_);
    auto text = trim(line.text.substr(bar + 1));
    std::string_view key;
    double value = 0;
    while (take_field(text, key, value)) {
      const std::string name = fmt::format("{}/{}", set, key);
      const bool perplexity = lower(key).find("ppl") != std::string::npos;
      if (perplexity) builder_.declare(name, {Role::eval_metric, name, Unit::one});
      if (key == "lm loss value" && set != "test") builder_.declare(name, {Role::eval_loss, "eval/loss", Unit::nats});
      builder_.value(name, value);
    }
    return true;
  }

  /// "Effective Tera Flops per GPU: 41.26 and total parameters 52.005 B"
  bool read_flops(const LogLine& line) {
    const auto at = line.text.find(kFlops);
    if (at == std::string_view::npos || line.cut || iteration_ == 0) return false;
    auto text = line.text.substr(at + std::string_view(kFlops).size());
    if (!take(text, ":")) return false;
    text = trim(text);
    const auto v = number_from(text.substr(0, text.find(' ')));
    if (!v) return false;
    builder_.begin_record(line.number);
    builder_.value("iteration", iteration_);
    builder_.value(kFlops, *v);
    constexpr std::string_view kParameters = "total parameters ";
    if (const auto p = text.find(kParameters); p != std::string_view::npos) {
      text = text.substr(p + kParameters.size());
      const auto n = number_from(text.substr(0, text.find(' ')));
      if (n && text.ends_with(" B")) builder_.config("num_parameters", *n * 1e9, line.number);
    }
    return true;
  }

  /// "[2021-05-25 22:30:04,196] [INFO] [config.py:752:print]   train_batch_size ............. 768", DeepSpeed's own
  /// list: its `world_size` counts replicas, so its words stand apart from Megatron's.
  bool read_deepspeed(const LogLine& line) {
    constexpr std::string_view kPrint = ":print]  ";
    const auto at = line.text.find(kPrint);
    if (at == std::string_view::npos || line.cut) return false;
    const auto text = trim(line.text.substr(at + kPrint.size()));
    const auto key = text.substr(0, text.find(' '));
    auto value = trim(text.substr(key.size()));
    value.remove_prefix(std::min(value.find_first_not_of('.'), value.size()));
    value = trim(value);
    if (key.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789") != std::string_view::npos) return false;
    // "json = {" and "amp_params {" open a block.
    if (key.empty() || value.empty() || value.front() == '{' || value.front() == '=') return false;
    builder_.config("deepspeed." + std::string(key), setting(value), line.number);
    builder_.understood(line.number);
    return true;
  }

  /// "  adam_beta1 ...................................... 0.9", the list of arguments.
  bool read_argument(const LogLine& line) {
    const auto dots = line.text.find(" ...");
    if (dots == std::string_view::npos || line.cut) return false;
    auto key = line.text.substr(0, dots);
    if (const auto prefix = key.find("]:"); prefix != std::string_view::npos) key.remove_prefix(prefix + 2);
    key = trim(key);
    auto value = line.text.substr(dots + 1);
    value.remove_prefix(std::min(value.find_first_not_of('.'), value.size()));
    if (key.empty() || key.find_first_of(" []:") != std::string_view::npos || !value.starts_with(" ")) return false;
    builder_.config(key, setting(trim(value)), line.number);
    builder_.config_source("the arguments in the log");
    builder_.understood(line.number);
    return true;
  }

  static bool is_side_line(std::string_view text) {
    for (const auto* mark : {"time (ms)", "memory (MB) | allocated:", "[Rank 0] step=",
                             "saving checkpoint at iteration", "successfully saved checkpoint"})
      if (text.find(mark) != std::string_view::npos) return true;
    return false;
  }

  RunBuilder& builder_;
  double iteration_ = 0, total_ = 0;
};

void read(Input& input, RunBuilder& builder) {
  Megatron log(builder);
  each_line(input, [&](const LogLine& line) { log.read(line); });
  log.finish();
}

Sniff sniff(const Probe& probe) {
  const auto seen = matching_lines(probe, [](std::string_view text) { return next_iteration(text, 0).has_value(); });
  if (seen.count > 0) return {90, fmt::format("line {} is `iteration <i>/ <N> |` with fields of Megatron", seen.first)};
  return {};
}

}  // namespace

constinit const Importer megatron{
    "megatron", "Megatron-LM and Megatron-DeepSpeed: iteration <i>/ <N> | lm loss: <f> |", sniff, read,
    R"(Reads the standard output of Megatron-LM and Megatron-DeepSpeed: ` iteration 10/ 1000 | consumed samples: 40 | elapsed time per
iteration (ms): 2152.2 | lm loss: 1.2E+01 | … |` with whatever fields the version writes, `lm loss` or `lm-loss`, behind any
prefix (`[default0]:`, a date), several on one line. Fields end where text of other processes begins. `validation loss at iteration
…` and `… at the end of training` are evaluations, `Effective Tera Flops per GPU` a throughput; the list of arguments
(`adam_beta1 ..... 0.9`) is the config, N is `total_steps`.

**Time:** `elapsed time per iteration` is the mean since the line before, in ms or s; a date in front of the iteration is read as a
clock with a resolution of a second.

**Not known:** a loss scale of -1, and a gradient norm of 0 beside it, are DeepSpeed's way to say nothing; they are left out and
counted. `lm loss` is missing where every step of the interval was skipped.

**What it cannot know:** the time zone of dates, and the step times within an interval. Timers, memory and all other lines are counted.)"};

}  // namespace expanalyze
