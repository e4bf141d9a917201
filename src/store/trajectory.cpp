#include "store/trajectory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "store/global_batch.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

void resize(Curve& curve, std::size_t n) {
  curve.step.resize(n);
  curve.value.resize(n);
  curve.line.resize(n);
}

/// The first records, each at a later step than the one before: all of them, unless something was resumed or repeated.
std::size_t rising(const std::vector<double>& step, std::size_t most) {
  double last = -std::numeric_limits<double>::infinity();
  std::size_t n = 0;
  while (n < most && step[n] > last && step[n] < std::numeric_limits<double>::infinity()) last = step[n++];
  return n;
}

/// Linear between two points; NaN when either value is not finite.
double interpolate(double x0, double y0, double x1, double y1, double x) {
  if (!std::isfinite(y0) || !std::isfinite(y1)) return kNan;
  return x1 == x0 ? y1 : y0 + (y1 - y0) * (x - x0) / (x1 - x0);
}

/// A1: a clock that falls starts a new segment, whose offset is the previous segment's end. A fall within the first 20
/// steps or the first 1 % of the run is a timer that restarts after warm-up: what came before is start-up time and left
/// out.
Curve monotone_clock(const Run& run, Curve clock, bool& restarted) {
  double offset = 0;
  std::size_t start = 0;
  double previous = -std::numeric_limits<double>::infinity();
  const double least = find(run, Role::step) == nullptr ? 0 : 20;
  const double warm_up = clock.empty() ? 0 : clock.step.front() + std::max(least, 0.01 * clock.step.back());
  for (std::size_t i = 0; i < clock.size(); ++i) {
    const double logged = clock.value[i];
    if (logged < previous) {
      restarted = true;
      offset = clock.step[i] <= warm_up ? 0 : clock.value[i - 1];
      if (offset == 0) start = i;
    }
    previous = logged;
    clock.value[i] = logged + offset;
  }
  std::fill_n(clock.value.begin(), start, 0.0);
  return clock;
}

/// A clock that falls within one step belongs to the next bar: "100% [00:20" of an epoch and "0% [00:00" of the one
/// behind it show the same update. It goes on where the one before ended.
Curve without_falls_within_a_step(const Run& run, const Series& logged, bool& restarted) {
  const auto& step = run.rows[logged.rows].step;
  if (rising(step, step.size()) == step.size()) return trajectory(run, logged);
  Series clock = logged;
  double offset = 0, previous = kNan;
  for (std::size_t i = 0; i < clock.value.size(); ++i) {
    if (i > 0 && step[i] == step[i - 1] && clock.value[i] < previous) {
      offset += previous;
      restarted = true;
    }
    if (std::isfinite(clock.value[i])) previous = clock.value[i];
    clock.value[i] += offset;
  }
  return trajectory(run, clock);
}

Curve scaled(Curve curve, double factor) {
  for (double& v : curve.value) v *= factor;
  return curve;
}

/// All logged steps of a run, each once, with the step itself as value.
Curve step_axis(const Run& run) {
  Curve axis;
  for (const auto& rows : run.rows) axis.step.insert(axis.step.end(), rows.step.begin(), rows.step.end());
  std::erase_if(axis.step, [](double s) { return !std::isfinite(s); });
  std::sort(axis.step.begin(), axis.step.end());
  axis.step.erase(std::unique(axis.step.begin(), axis.step.end()), axis.step.end());
  axis.value = axis.step;
  axis.line.assign(axis.step.size(), 0);
  return axis;
}

Spent tokens_spent(const Run& run) {
  for (const Role role : {Role::tokens, Role::samples})
    if (const Series* series = find(run, role))
      return {finite(trajectory(run, *series)), "logged as " + code_span(series->logged_as)};
  // Without a step key the rows count epochs or records, and neither a batch nor a plan in steps can be laid against
  // them.
  if (find(run, Role::step) == nullptr) return {};
  static constexpr std::string_view kSeen[] = {"tokens_seen", "samples_seen", "num_input_tokens_seen"};
  if (const auto seen = config_number(run, kSeen); seen && last_step(run) > 0)
    return {scaled(step_axis(run), *seen / last_step(run)),
            fmt::format("{} over the run, spread evenly over {} steps", count(*seen), number(last_step(run)))};
  if (const auto batch = global_batch(run))
    return {scaled(step_axis(run), batch->size), fmt::format("step x {} from the config", batch->said)};
  return {};
}

/// Steps that the first record of a mean over steps stands for: as many as the next ones where it lies on their grid
/// ("iteration 10, 20, 30", counted from 0 "9, 19, 29"), else those since the start, and one where it is the start.
double steps_of_first(const Curve& curve) {
  const double first = curve.step.front();
  std::vector<double> apart;
  for (std::size_t i = 1; i < curve.size(); ++i) apart.push_back(curve.step[i] - curve.step[i - 1]);
  if (apart.empty() || first <= 0) return 1;
  const auto middle = apart.begin() + static_cast<std::ptrdiff_t>(apart.size() / 2);
  std::nth_element(apart.begin(), middle, apart.end());
  const double usual = *middle;
  const bool on_grid = std::fmod(first, usual) == 0 || std::fmod(first + 1, usual) == 0;
  return on_grid ? usual : std::min(first, usual);
}

/// Stamps are taken at the end of a step. Where the step times, one a record, add up to what the stamps span, that of
/// the first record says how long before its stamp the clock started.
double before_first_stamp(const Run& run, const Curve& clock) {
  constexpr double kOverhead = 0.05;  // of the time: saving, logging, what runs between two steps
  const Series* series = find(run, Role::step_time);
  if (series == nullptr || clock.size() < 3) return 0;
  const Curve took = finite(trajectory(run, *series));
  if (took.step != clock.step) return 0;
  const double span = clock.value.back() - clock.value.front();
  double sum = 0;
  for (std::size_t i = 1; i < took.size(); ++i) sum += took.value[i] * (took.step[i] - took.step[i - 1]);
  return std::abs(span - sum) <= kOverhead * span ? took.value.front() : 0;
}

Spent wall_spent(const Run& run) {
  if (const Series* series = find(run, Role::wall)) {
    bool restarted = false;
    Curve joined = without_falls_within_a_step(run, *series, restarted);
    Curve clock = monotone_clock(run, finite(std::move(joined)), restarted);
    return {std::move(clock),
            "logged as " + code_span(series->logged_as) + (restarted ? ", which restarts and was joined" : "")};
  }
  if (const Series* series = find(run, Role::timestamp)) {
    Curve clock = finite(trajectory(run, *series));
    const double before = before_first_stamp(run, clock);
    const double start = clock.empty() ? 0 : clock.value.front() - before;
    for (double& v : clock.value) v -= start;
    return {std::move(clock), fmt::format("from {}, counted from {}first record", code_span(series->logged_as),
                                          before > 0 ? "the begin of the step of the " : "the ")};
  }
  // One record without a step says how long a step took, and not how many there were.
  const Series* series = find(run, Role::step_time);
  if (series != nullptr && (series->value.size() > 1 || find(run, Role::step) != nullptr)) {
    Curve clock = finite(trajectory(run, *series));
    double total = 0;
    double before = clock.empty() ? 0 : clock.step.front() - steps_of_first(clock);
    for (std::size_t i = 0; i < clock.size(); ++i) {
      total += clock.value[i] * (clock.step[i] - before);
      before = clock.step[i];
      clock.value[i] = total;
    }
    return {std::move(clock), "sum of " + code_span(series->logged_as)};
  }
  return {};
}

/// A6.2: training FLOPs are 6 N D (Kaplan et al. 2020, arXiv:2001.08361, section 2.1): 2 forward, 4 backward, per
/// parameter and token.
Spent flops_spent(const Run& run) {
  if (const Series* series = find(run, Role::flops))
    return {finite(trajectory(run, *series)), "logged as " + code_span(series->logged_as)};
  static constexpr std::string_view kParameters[] = {"n_params",     "num_params", "n_parameters", "num_parameters",
                                                     "model_params", "params",     "total_params", "active_params"};
  const auto parameters = config_number(run, kParameters);
  Spent tokens = tokens_spent(run);
  if (!parameters || tokens.curve.empty()) return {};
  return {scaled(std::move(tokens.curve), 6 * *parameters),
          fmt::format("6ND with N = {} parameters, D {}", count(*parameters), tokens.source)};
}

std::string_view last_part(std::string_view key) {
  const auto dot = key.find_last_of("./");
  return dot == std::string_view::npos ? key : key.substr(dot + 1);
}

}  // namespace

Curve trajectory(const Run& run, const Series& series) {
  const Rows& rows = run.rows[series.rows];
  Curve out;
  const std::size_t first = rising(rows.step, series.value.size());
  const auto begin_with = [&](const auto& from, auto& to) {
    to.reserve(series.value.size());
    to.assign(from.begin(), from.begin() + static_cast<std::ptrdiff_t>(first));
  };
  begin_with(rows.step, out.step);
  begin_with(series.value, out.value);
  begin_with(rows.line, out.line);
  for (std::size_t i = first; i < series.value.size(); ++i) {
    const double step = rows.step[i];
    if (!std::isfinite(step)) continue;
    if (!out.empty() && step <= out.step.back()) {
      const auto keep =
          static_cast<std::size_t>(std::lower_bound(out.step.begin(), out.step.end(), step) - out.step.begin());
      if (out.step[keep] == step && same(out.value[keep], series.value[i])) {  // printed twice, or replayed exactly
        ++out.repeated;
        continue;
      }
      const bool rewound = step != out.step.back();
      (rewound ? out.superseded : out.same_step) += out.size() - keep;
      resize(out, keep);
      while (!out.breaks.empty() && out.breaks.back() >= step) out.breaks.pop_back();
      if (rewound) out.breaks.push_back(step);
    }
    out.step.push_back(step);
    out.value.push_back(series.value[i]);
    out.line.push_back(rows.line[i]);
  }
  return out;
}

Curve trajectory(const Run& run, Role role) {
  const Series* series = find(run, role);
  return series ? trajectory(run, *series) : Curve{};
}

Curve finite(const Curve& curve) { return finite(Curve(curve)); }

Curve finite(Curve&& curve) {
  Curve out = std::move(curve);
  out.repeated = 0;
  const auto known = [](double v) { return std::isfinite(v); };
  const auto gap = std::find_if_not(out.value.begin(), out.value.end(), known);
  if (gap == out.value.end()) return out;
  auto kept = static_cast<std::size_t>(gap - out.value.begin());
  const auto ahead = std::lower_bound(out.breaks.begin(), out.breaks.end(), out.step[kept]);
  const std::vector<double> later(ahead, out.breaks.end());
  out.breaks.erase(ahead, out.breaks.end());
  bool broken = false;
  for (std::size_t i = kept, b = 0; i < out.size(); ++i) {
    for (; b < later.size() && later[b] <= out.step[i]; ++b) broken = true;
    if (!known(out.value[i])) {
      broken = true;
      continue;
    }
    if (broken) out.breaks.push_back(out.step[i]);
    broken = false;
    out.step[kept] = out.step[i];
    out.value[kept] = out.value[i];
    out.line[kept++] = out.line[i];
  }
  resize(out, kept);
  return out;
}

Curve between(const Curve& curve, double from, double to) {
  const auto first = std::lower_bound(curve.step.begin(), curve.step.end(), from) - curve.step.begin();
  const auto last = std::upper_bound(curve.step.begin(), curve.step.end(), to) - curve.step.begin();
  Curve out;
  if (first >= last) return out;
  out.step.assign(curve.step.begin() + first, curve.step.begin() + last);
  out.value.assign(curve.value.begin() + first, curve.value.begin() + last);
  out.line.assign(curve.line.begin() + first, curve.line.begin() + last);
  for (const double step : curve.breaks)
    if (step > out.step.front() && step <= out.step.back()) out.breaks.push_back(step);
  return out;
}

double value_at(const Curve& curve, double step) {
  if (curve.empty() || step < curve.step.front() || step > curve.step.back()) return kNan;
  const auto at =
      static_cast<std::size_t>(std::lower_bound(curve.step.begin(), curve.step.end(), step) - curve.step.begin());
  if (curve.step[at] == step) return curve.value[at];
  return interpolate(curve.step[at - 1], curve.value[at - 1], curve.step[at], curve.value[at], step);
}

Common common_steps(const Curve& a, const Curve& b, double from, double to) {
  const auto within = [&](const Curve& curve) {
    const auto first = std::lower_bound(curve.step.begin(), curve.step.end(), from);
    const auto last = std::upper_bound(first, curve.step.end(), to);
    return std::pair(static_cast<std::size_t>(first - curve.step.begin()),
                     static_cast<std::size_t>(last - curve.step.begin()));
  };
  auto [i, a_end] = within(a);
  auto [k, b_end] = within(b);
  Common out;
  for (auto* column : {&out.step, &out.a, &out.b}) column->reserve(std::min(a_end - i, b_end - k));
  while (i < a_end && k < b_end) {
    if (a.step[i] < b.step[k])
      ++i;
    else if (b.step[k] < a.step[i])
      ++k;
    else {
      out.step.push_back(a.step[i]);
      out.a.push_back(a.value[i++]);
      out.b.push_back(b.value[k++]);
    }
  }
  return out;
}

Spent spent(const Run& run, Axis axis) {
  switch (axis) {
    case Axis::step:
      return {step_axis(run), "optimizer steps"};
    case Axis::tokens:
      return tokens_spent(run);
    case Axis::wall:
      return wall_spent(run);
    case Axis::flops:
      return flops_spent(run);
  }
  return {};
}

double last_step(const Run& run) {
  double last = 0;
  for (const auto& rows : run.rows)
    for (const double step : rows.step)
      if (std::isfinite(step)) last = std::max(last, step);
  return last;
}

double planned_steps(const Run& run) {
  if (find(run, Role::step) == nullptr) return 0;
  static constexpr std::string_view kPlanned[] = {
      "max_steps",   "total_steps",        "steps",     "num_steps",      "n_steps",
      "train_steps", "num_training_steps", "max_iters", "num_iterations", "iterations"};
  return config_number(run, kPlanned).value_or(0);
}

std::string config_key(const Run& run, std::span<const std::string_view> names) {
  for (const auto name : names)
    if (const auto it = run.config.find(std::string(name));
        it != run.config.end() && std::holds_alternative<double>(it->second))
      return it->first;
  for (const auto name : names)
    for (const auto& [key, value] : run.config)
      if (last_part(key) == name && std::holds_alternative<double>(value)) return key;
  return {};
}

std::optional<double> config_number(const Run& run, std::span<const std::string_view> names) {
  const std::string key = config_key(run, names);
  if (key.empty()) return std::nullopt;
  return std::get<double>(run.config.at(key));
}

}  // namespace expanalyze
