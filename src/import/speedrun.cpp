#include "import/speedrun.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "store/roles.hpp"
#include "store/run_builder.hpp"
#include "text/format.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

constexpr double kMebibyte = 1048576;

/// A number that the end of a log cuts short would be wrong: only a unit behind it proves that it is whole.
bool may_be_cut(const LogLine& line) { return line.cut && !line.text.ends_with("ms") && !line.text.ends_with("MiB"); }

std::string_view up_to(std::string_view text, std::string_view end) { return trim(text.substr(0, text.find(end))); }

/// Behind `mark`, or nothing.
std::string_view behind(std::string_view text, std::string_view mark) {
  const auto at = text.find(mark);
  return at == std::string_view::npos ? std::string_view() : text.substr(at + mark.size());
}

/// The name in "|   0  NVIDIA H100 80GB HBM3          On  | 00000000:61:00.0 Off |", a row of nvidia-smi.
std::string_view smi_device(std::string_view text) {
  if (!take(text, "|")) return {};
  auto cell = trim(up_to(text, "|"));
  if (!take_count(cell) || !cell.starts_with("  ")) return {};
  for (const auto* state : {" On", " Off", " N/A"})
    if (cell.ends_with(state)) return trim(cell.substr(0, cell.size() - std::string_view(state).size()));
  return {};
}

}  // namespace

std::optional<StepLine> step_line(std::string_view text) {
  const bool named = take(text, "step:");
  while (named && take(text, " ")) continue;
  StepLine out;
  const auto step = take_count(text);
  if (!step) return std::nullopt;
  out.step = *step;
  if (take(text, "/")) out.total = take_count(text);
  if ((!named && !out.total) || text.substr(0, 1) != " ") return std::nullopt;
  auto values = key_values(text);
  if (!values) return std::nullopt;
  out.values = std::move(*values);
  return out;
}

Speedrun::Speedrun(RunBuilder& builder) : builder_(builder) {
  builder.declare("train_time", {Role::wall, "wall", Unit::seconds});
  builder.declare("step_avg", {Role::step_time, "step_time", Unit::seconds});
  // Beside val_loss in nats per token, which the training loss is compared with.
  builder.declare("val_bpb", {Role::eval_metric, "eval/bpb", Unit::bits});
  for (const auto* key : {"peak memory allocated", "peak memory reserved"})
    builder.declare(key, {Role::memory, "memory", Unit::bytes, kMebibyte});
}

bool Speedrun::read(const LogLine& line) {
  if (read_record(line)) return true;
  if (line.cut) return false;
  return read_memory(line.text, line.number) || read_machine(line.text, line.number);
}

bool Speedrun::read_record(const LogLine& line) {
  const auto record = step_line(line.text);
  if (!record || may_be_cut(line)) return false;
  const auto clock = std::find_if(record->values.begin(), record->values.end(),
                                  [](const KeyValue& v) { return v.key == "train_time"; });
  const bool timed = clock != record->values.end();
  const double time = timed ? number_or_seconds(clock->value).value_or(0) : 0;
  started_ = true;
  // A clock with milliseconds never shows one record twice: batch scripts print a log again, in full or in part.
  const bool again = time > 0 && !seen_.insert(std::hash<std::string_view>()(line.text)).second;
  if (again) {
    pending_.clear();
    builder_.understood(line.number);
    builder_.note("record.repeated", "records that repeat an earlier one word for word, its time included, count once",
                  line.number);
    return true;
  }
  write_pending();
  if (timed && time == 0) {
    pending_ = line.text;
    pending_line_ = line.number;
    builder_.understood(line.number);
  } else {
    write(*record, line.number);
  }
  return true;
}

void Speedrun::write_pending() {
  if (pending_.empty()) return;
  const std::string text = std::move(pending_);
  pending_.clear();
  if (const auto record = step_line(text)) write(*record, pending_line_);
}

void Speedrun::write(const StepLine& record, std::uint32_t line) {
  for (const auto& [key, s] : settings_) builder_.config(key, s.value, s.line);
  settings_.clear();
  step_ = record.step;
  if (record.total && !total_) total_ = record.total;
  begin_at_last_step(line);
  for (const auto& [key, value, separator] : record.values) {
    const auto v = number_or_seconds(value);
    v ? builder_.value(key, *v) : builder_.text(key, value);
  }
}

void Speedrun::begin_at_last_step(std::uint32_t line) {
  write_pending();
  builder_.begin_record(line);
  builder_.value("step", step_);
}

/// "peak memory allocated: 37653 MiB reserved: 39236 MiB"
bool Speedrun::read_memory(std::string_view text, std::uint32_t line) {
  if (!started_ || !take(text, "peak memory ")) return false;
  const auto allocated = number_from(up_to(behind(text, "allocated:"), "MiB"));
  const auto reserved = number_from(up_to(behind(text, "reserved:"), "MiB"));
  if (!allocated && !reserved) return false;
  begin_at_last_step(line);
  if (allocated) builder_.value("peak memory allocated", *allocated);
  if (reserved) builder_.value("peak memory reserved", *reserved);
  return true;
}

/// "Running PyTorch 2.7.1+cu128 compiled for CUDA 12.8 on NVIDIA H800 with world_size 8"
bool Speedrun::read_machine(std::string_view text, std::uint32_t line) {
  if (const auto device = smi_device(text); !device.empty() && !started_) {
    setting("gpu", device, line);
    ++gpus_;
    builder_.understood(line);
    return true;
  }
  if (!take(text, "Running ")) return false;
  if (take(text, "PyTorch ") || take(text, "pytorch ")) {
    // What came before was a script, but for the version of Python.
    if (!started_) std::erase_if(settings_, [](const auto& s) { return s.first != "python_version"; });
    setting("torch_version", up_to(text, " "), line);
    setting("cuda_version", up_to(behind(text, "compiled for CUDA "), " "), line);
  } else if (take(text, "Python ")) {
    setting("python_version", up_to(text, " "), line);
  }
  if (const auto size = behind(text, "with world_size"); !size.empty()) {
    auto device = up_to(text.starts_with("on ") ? text.substr(3) : behind(text, " on "), "with world_size");
    take(device, "device_name=");
    setting("gpu", device, line);
    setting("world_size", up_to(size.substr(1), " "), line);
  }
  builder_.understood(line);
  return true;
}

void Speedrun::setting(std::string_view key, std::string_view value, std::uint32_t line) {
  if (value.empty()) return;
  if (started_) return builder_.config(key, expanalyze::setting(value), line);
  settings_.emplace_back(std::string(key), Setting{expanalyze::setting(value), line});
}

void Speedrun::preamble(const LogLine& line) {
  if (line.cut || trim(line.text).empty()) return skip_line(line, builder_);
  builder_.understood(line.number);
  builder_.note("log.preamble",
                "lines before the first record that are no settings: the training script, its launcher, nvidia-smi",
                line.number);
}

void Speedrun::finish() {
  write_pending();
  for (const auto& [key, s] : settings_) builder_.config(key, s.value, s.line);
  if (gpus_ > 0) builder_.config("num_gpus", gpus_);
  if (total_) builder_.config("total_steps", *total_);
}

}  // namespace expanalyze
