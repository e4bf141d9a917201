#include "recipe/propose.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <numeric>

#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// F1: how often a right diagnosis leads to a change that works, before any feedback.
double success(PathKind kind) {
  switch (kind) {
    case PathKind::hyperparameter:
      return 0.5;
    case PathKind::mathematical:
      return 0.3;
    case PathKind::architectural:
      return 0.25;
    case PathKind::measurement:
      return 0;
  }
  return 0;
}

Curve metric_curve(const Situation& s, const Run& run) {
  for (const auto& series : run.series)
    if (series.labels.empty() && series.logged_as == s.review.metric.name) return finite(trajectory(run, series));
  return finite(trajectory(run, s.review.metric.role));
}

/// Stop when, at a quarter of the run, the new run is still nearer to the experiment than to the baseline.
KillCriterion kill_criterion(const Situation& s) {
  KillCriterion kill;
  kill.signal = s.review.metric.name;
  const Curve e = metric_curve(s, experiment(s));
  const Curve b = s.comparison.baseline.empty() ? e : metric_curve(s, baseline(s));
  if (b.size() < 2) {
    kill.step = std::floor(0.05 * std::max(20.0, length(s)));
    kill.condition = fmt::format("{} is not a number", s.review.metric.name);
    return kill;
  }
  const double quarter = 0.25 * b.step.back();
  const auto at = std::lower_bound(b.step.begin(), b.step.end(), quarter);
  kill.step = at == b.step.end() ? b.step.back() : *at;
  const double base = value_at(b, kill.step);
  const double exp = value_at(e, kill.step);
  const bool lower_better = s.review.metric.direction == Direction::min;
  const bool behind = std::isfinite(exp) && (lower_better ? exp > base : exp < base);
  // Half-way between the two curves; where the experiment is not behind there, 2 % worse than the baseline (of a run
  // alone: than that run).
  const double threshold = behind ? 0.5 * (base + exp) : base * (lower_better ? 1.02 : 0.98);
  kill.condition = fmt::format("{} {} {}", s.review.metric.name, lower_better ? ">" : "<", number(threshold, 3));
  return kill;
}

}  // namespace

const Run& experiment(const Situation& s) { return s.runs.runs[s.comparison.experiment.front()]; }
const Run& baseline(const Situation& s) {
  static const Run none;
  return s.comparison.baseline.empty() ? none : s.runs.runs[s.comparison.baseline.front()];
}

double slot(const Situation& s, std::string_view name) {
  if (!s.finding) return kNan;
  const auto it = s.finding->slots.find(std::string(name));
  return it == s.finding->slots.end() ? kNan : it->second;
}

double theory_slot(const Situation& s, std::string_view name) {
  const auto it = s.theory.update.slots.find(std::string(name));
  return it == s.theory.update.slots.end() ? kNan : it->second;
}

double length(const Situation& s) {
  const double planned = planned_steps(experiment(s));
  return planned > 0 ? planned : std::max(last_step(experiment(s)), last_step(baseline(s)));
}

double peak_lr(const Run& run) {
  const Curve lr = finite(trajectory(run, Role::lr));
  if (!lr.empty()) return *std::max_element(lr.value.begin(), lr.value.end());
  return config_number(run, kLearningRate).value_or(kNan);
}

const AxisVerdict* lost_at_equal_cost(const Situation& s) {
  for (const Axis axis : {Axis::flops, Axis::wall})
    for (const AxisVerdict& a : s.review.axes)
      if (a.axis == axis && a.verdict == Verdict::regressed && a.ratio > 1.02) return &a;
  return nullptr;
}

double ceiling(const Situation& s) {
  const double difference = s.review.final_quality.difference.value;
  const double sign = s.review.metric.direction == Direction::min ? 1 : -1;
  // A change that is not behind at equal steps and lost at equal cost has that distance to win back.
  if (sign * difference <= 0)
    if (const AxisVerdict* lost = lost_at_equal_cost(s)) return std::max(0.0, sign * lost->difference.value);
  const RunEnd& b = s.review.ends.front();
  const RunEnd& e = s.review.ends[s.comparison.baseline.size()];
  const double from_start = std::abs(e.first_value - b.final_value);
  if (!std::isfinite(difference)) return from_start;
  return std::max(0.0, std::isfinite(from_start) ? std::min(sign * difference, std::max(from_start, sign * difference))
                                                 : sign * difference);
}

double between_counts(double from, double to, double wanted) {
  if (!(from >= 1 && to >= 1 && std::max(from, to) < 1e15)) return std::round(wanted);
  const auto unit = static_cast<double>(std::gcd(static_cast<std::int64_t>(from), static_cast<std::int64_t>(to)));
  return std::max(1.0, unit * std::max(1.0, std::round(wanted / unit)));
}

double two_digits(double value) {
  if (!std::isfinite(value) || value == 0) return value;
  // Through text, so that 0.0011 is the double nearest to 0.0011 and not to 11 * 0.0001.
  const std::string text = fmt::format("{:.1e}", value);
  double out = value;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

Path start_path(const Situation& s, const Move& move, std::string title, std::string why, double share,
                double certain) {
  Path path;
  path.move = move.id;
  path.kind = move.kind;
  path.title = std::move(title);
  path.why = std::move(why);
  if (s.finding) path.because.emplace_back(s.finding->id);
  if (s.theory.wrong_assumption)
    path.because.push_back(s.theory.wrong_assumption->first + "." + s.theory.wrong_assumption->second);
  const double whole = share * ceiling(s);
  const double p = std::max(certain, s.finding ? s.finding->probability : 0);
  const double sign = s.review.metric.direction == Direction::min ? -1 : 1;
  // From a tenth of the expected gain to the whole ceiling: the estimate of a gain is good to a factor of three (F1),
  // and a change that goes half-way in its setting can still win everything. Beyond both ends a new run has the luck of
  // its own seed: 80 % of a difference of one run and the mean of n.
  const auto n = static_cast<double>(std::max<std::size_t>(1, s.comparison.experiment.size()));
  const double sd = s.review.final_quality.seed_sd;
  const double luck = std::isfinite(sd) ? 1.2816 * sd * std::sqrt(1 + 1 / n) : 0;
  const double expected = p * success(move.kind) * whole;
  const double most = sign * ((whole > 0 ? ceiling(s) : 0) + luck), least = sign * (0.1 * expected - luck);
  path.difference = {sign * expected, std::min(most, least), std::max(most, least), 0.8, 0, {"ceiling_analysis"}};
  if (s.comparison.baseline.empty()) path.difference = bare(kNan, "no_baseline");
  path.kill = kill_criterion(s);
  return path;
}

void expect_answer(Path& path, std::string_view note) {
  path.difference = bare(0, std::string(note));
  path.difference.confidence = 0.8;
}

void change_setting(const Situation& s, Path& path, const std::string& key, const ConfigValue& value) {
  path.changes[key] = value;
  const Config& base = baseline(s).config;
  path.is_revert = std::all_of(path.changes.begin(), path.changes.end(), [&](const auto& change) {
    const auto there = base.find(change.first);
    return there != base.end() && there->second == change.second;
  });
}

void change_setting(const Situation& s, Path& path, std::span<const std::string_view> names, double value) {
  const std::string key = config_key(experiment(s), names);
  if (!key.empty()) change_setting(s, path, key, ConfigValue{value});
}

}  // namespace expanalyze
