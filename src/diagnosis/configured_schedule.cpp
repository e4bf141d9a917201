#include "diagnosis/configured_schedule.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>
#include <utility>

#include "diagnosis/readings.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

using Names = std::span<const std::string_view>;
constexpr std::array<std::string_view, 10> kKind{"schedule", "lr_schedule",   "lr_scheduler",      "scheduler",
                                                 "sched",    "schedule_type", "lr_scheduler_type", "lr_decay_style",
                                                 "decay",    "scheduler_type"};
constexpr std::array<std::string_view, 5> kPeak{"lr", "learning_rate", "max_lr", "peak_lr", "base_lr"};
constexpr std::array<std::string_view, 7> kWarmUp{
    "warmup", "warmup_steps", "num_warmup_steps", "warmup_iters", "lr_warmup_steps", "lr_warmup_iters", "n_warmup"};
constexpr std::array<std::string_view, 3> kWarmUpShare{"warmup_ratio", "warmup_frac", "warmup_fraction"};
constexpr std::array<std::string_view, 8> kEnd{"decay_steps", "lr_decay_steps", "lr_decay_iters", "decay_iters",
                                               "T_max",       "t_max",          "cosine_steps",   "anneal_steps"};
constexpr std::array<std::string_view, 6> kFloor{"min_lr", "lr_min",   "eta_min",
                                                 "end_lr", "final_lr", "min_learning_rate"};
constexpr std::array<std::string_view, 6> kFloorShare{"min_lr_frac",   "min_lr_ratio",   "lr_min_ratio",
                                                      "final_lr_frac", "final_lr_ratio", "min_lr_factor"};

std::optional<ConfiguredSchedule::Kind> kind_of(const Run& run) {
  const std::string* text = config_text(run, kKind);
  if (!text) return std::nullopt;
  const std::string word = lower(*text);
  const auto has = [&](std::string_view part) { return word.find(part) != std::string::npos; };
  // Rates that rise again by plan, or fall by events.
  for (const auto* other : {"restart", "cycl", "plateau", "multi", "exp", "poly", "step", "wsd", "stable", "sqrt"})
    if (has(other)) return std::nullopt;
  if (has("cos")) return ConfiguredSchedule::Kind::cosine;
  if (has("constant") || word == "const") return ConfiguredSchedule::Kind::constant;
  if (has("linear")) return ConfiguredSchedule::Kind::linear;
  return std::nullopt;
}

}  // namespace

std::string_view to_string(ConfiguredSchedule::Kind kind) {
  static constexpr std::array<std::string_view, 3> names{"constant", "linear", "cosine"};
  return names[static_cast<std::size_t>(kind)];
}

double ConfiguredSchedule::share(double step, const ScheduleReading& reading) const {
  const double rise = warm_up > 0 ? std::clamp(step / warm_up, 0.0, 1.0) : 1;
  const double from = reading.decay_from_zero ? 0 : warm_up;
  if (kind == Kind::constant || step < from) return rise;
  const double progress = std::clamp((step - from) / std::max(1.0, end - from), 0.0, 1.0);
  const double left = kind == Kind::linear ? 1 - progress : 0.5 * (1 + std::cos(std::numbers::pi * progress));
  const double low = floor.value_or(reading.floor);
  return rise * (low + (1 - low) * left);
}

double ConfiguredSchedule::distance(double logged_share, double step, const ScheduleReading& reading) const {
  const double a = share(step - 1, reading), b = share(step, reading), c = share(step + 1, reading);
  return std::max({0.0, std::min({a, b, c}) - logged_share, logged_share - std::max({a, b, c})});
}

std::optional<ConfiguredSchedule> configured_schedule(const Run& run) {
  const auto kind = kind_of(run);
  if (!kind) return std::nullopt;
  ConfiguredSchedule out;
  out.kind = *kind;
  out.peak = config_number(run, kPeak);
  const double planned = planned_steps(run);
  const auto decay = config_number(run, kEnd);
  out.end = decay && *decay > 0 ? *decay : planned;
  if (out.kind == ConfiguredSchedule::Kind::constant) out.end = std::numeric_limits<double>::infinity();
  if (!(out.end > 0)) return std::nullopt;
  if (const auto steps = config_number(run, kWarmUp))
    out.warm_up = *steps >= 1 || planned <= 0 ? *steps : *steps * planned;  // "warmup: 0.02" is a share
  else if (const auto ratio = config_number(run, kWarmUpShare); ratio && planned > 0)
    out.warm_up = *ratio * planned;
  if (const auto share = config_number(run, kFloorShare))
    out.floor = *share;
  else if (const auto low = config_number(run, kFloor); low && out.peak && *out.peak > 0)
    out.floor = *low / *out.peak;
  return out;
}

double share_off(const Curve& rate, const ConfiguredSchedule& schedule, const ScheduleReading& reading, double peak,
                 double tolerance) {
  std::size_t off = 0;
  for (std::size_t i = 0; i < rate.size(); ++i)
    if (!(schedule.distance(rate.value[i] / peak, rate.step[i], reading) <= tolerance)) ++off;
  return rate.empty() ? 1 : static_cast<double>(off) / static_cast<double>(rate.size());
}

ScheduleReading best_reading(const Curve& rate, const ConfiguredSchedule& schedule, double tolerance) {
  ScheduleReading best;
  if (rate.empty()) return best;
  const double peak = *std::max_element(rate.value.begin(), rate.value.end());
  std::pair<double, double> least{2, 0};
  for (const bool from_zero : {false, true})
    for (const double floor : {0.0, 0.1, 0.01}) {
      const ScheduleReading reading{floor, from_zero};
      double sum = 0;
      for (std::size_t i = 0; i < rate.size(); ++i)
        sum += schedule.distance(rate.value[i] / peak, rate.step[i], reading);
      const std::pair distance{share_off(rate, schedule, reading, peak, tolerance), sum};
      if (distance < least) best = reading, least = distance;
    }
  return best;
}

}  // namespace expanalyze
