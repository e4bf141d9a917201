// A record of the training loss is one batch's; the value of the run is that of its tail. How long the tail may be is a
// matter of the trend inside it, and how well its mean is known one of neighbouring records that are correlated
// (Politis & Romano 1994, JASA 89:1303).
#include "review/final_value.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "stats/bootstrap.hpp"
#include "stats/descriptive.hpp"
#include "stats/trend.hpp"
#include "store/alignment.hpp"

namespace expanalyze {

namespace {

using Kind = FinalWindow::Kind;

// Shares of the run at its end (B3.2): where the learning rate or the loss falls; where the share holds too few points;
// where the learning rate stays as it is, at most and at least.
constexpr double kDecayShare = 0.05;
constexpr double kFewShare = 0.10;
constexpr double kLevelShare = 0.25;
constexpr double kLeastShare = 0.02;
constexpr std::size_t kLeastPoints = 30;
constexpr std::size_t kLeastBatches = 8;      // below this there is no tail
constexpr std::size_t kLeastEvaluations = 3;  // B3.1
constexpr double kShorten = 0.7;              // of the tail's length, until its trend is small
constexpr double kSmallTrend = 0.5;           // standard errors (B3.2c)
constexpr double kLonger = 3;                 // the trend is read off a window this many times as long
constexpr double kSpike = 6;                  // robust s.d. from the neighbourhood: masked (B3.2d)
constexpr double kSameRate = 1e-6;            // of the highest learning rate (A5)

struct Tail {
  std::vector<double> x, y;
};

std::size_t records_before(const Curve& curve, double from) {
  return static_cast<std::size_t>(std::lower_bound(curve.step.begin(), curve.step.end(), from) - curve.step.begin());
}

Tail tail_from(const Curve& curve, double from) {
  const auto first = static_cast<std::ptrdiff_t>(records_before(curve, from));
  return {{curve.step.begin() + first, curve.step.end()}, {curve.value.begin() + first, curve.value.end()}};
}

/// Without records far from their neighbourhood, on either side alike: a spike is an event, not the level.
Tail without_spikes(const Tail& tail) {
  const auto residual = stats::detrend(tail.y);
  const double limit = kSpike * stats::mad(residual);
  Tail out;
  for (std::size_t i = 0; i < tail.x.size(); ++i)
    if (!(limit > 0) || std::abs(residual[i]) <= limit) {
      out.x.push_back(tail.x[i]);
      out.y.push_back(tail.y[i]);
    }
  return out;
}

enum class Rate { unknown, level, falling };

/// What the learning rate does at the end, and since when.
struct Schedule {
  Rate rate = Rate::unknown;
  double since = 0;
};

Schedule schedule_at_end(const Curve& lr, double end) {
  Schedule out;
  double highest = 0, last = 0;
  std::size_t n = 0;
  for (std::size_t i = 0; i < lr.size() && lr.step[i] <= end; ++i, ++n) {
    highest = std::max(highest, lr.value[i]);
    last = lr.value[i];
  }
  if (n < 3 || !(highest > 0)) return out;
  std::size_t first = n;
  while (first > 0 && std::abs(lr.value[first - 1] - last) <= kSameRate * highest) --first;
  out.rate = first + 2 < n ? Rate::level : Rate::falling;
  out.since = first < n ? lr.step[first] : end;
  return out;
}

/// Standard error of the mean of what is left about the line, as correlated as it is.
double se_of(const Tail& tail, const stats::Line& line) {
  std::vector<double> residual(tail.y);
  if (std::isfinite(line.slope))
    for (std::size_t i = 0; i < residual.size(); ++i) residual[i] -= line.intercept + line.slope * tail.x[i];
  return stats::bootstrap_se_of_mean(residual);
}

EndValue level_of(const Tail& tail) {
  const stats::Line line = stats::least_squares(tail.x, tail.y);
  return {stats::mean(tail.y), se_of(tail, line), Kind::mean, tail.x.front(), tail.x.back(), tail.y.size()};
}

/// The line through the tail at its last point; there its variance is 1 + n (x - mean)^2 / Sxx times that of the mean.
EndValue line_at_end(const Tail& tail) {
  const stats::Line line = stats::least_squares(tail.x, tail.y);
  if (!std::isfinite(line.slope)) return level_of(tail);
  const double centre = stats::mean(tail.x), end = tail.x.back();
  const double sxx = stats::variance(tail.x) * static_cast<double>(tail.x.size() - 1);
  const double lever = 1 + static_cast<double>(tail.x.size()) * (end - centre) * (end - centre) / sxx;
  return {line.intercept + line.slope * end,
          se_of(tail, line) * std::sqrt(lever),
          Kind::slope,
          tail.x.front(),
          end,
          tail.y.size()};
}

/// Is what the trend moves the middle of the tail away from its end small against what its mean is known to? The trend
/// is that of a window three times as long, as far as `limit` lets it: the tail's own slope would be noise, which moves
/// the middle by sqrt(3) standard errors where there is no trend at all, the longer one by a third of one.
bool is_level(const Curve& curve, const EndValue& mean, double limit) {
  const double length = mean.to - mean.from;
  const Tail longer = without_spikes(tail_from(curve, std::max(limit, mean.to - kLonger * length)));
  const stats::Line line = stats::least_squares(longer.x, longer.y);
  return std::abs(line.slope) * length / 2 < kSmallTrend * mean.se;
}

EndValue last_of(const Curve& curve) {
  return {curve.value.back(), 0, Kind::last, curve.step.back(), curve.step.back(), 1};
}

/// The longest tail from `from` on that is level, shortened step by step; nothing when even the shortest is not.
std::optional<EndValue> level_tail(const Curve& curve, double from, double limit, double least, std::size_t points) {
  const double end = curve.step.back();
  while (end - from >= least) {
    const Tail tail = without_spikes(tail_from(curve, from));
    if (tail.x.size() < points) break;
    const EndValue mean = level_of(tail);
    if (is_level(curve, mean, limit)) return mean;
    from = end - kShorten * (end - from);
  }
  return std::nullopt;
}

EndValue tail_of_batches(const Curve& curve, const Curve& lr) {
  const double end = curve.step.back(), run = end - curve.step.front();
  const Schedule schedule = schedule_at_end(lr, end);
  const double limit = schedule.rate == Rate::level ? schedule.since : curve.step.front();
  const auto share = [&](double s) {  // of the run at its end, or more for as many points as a tail needs
    const double from = std::max(end - s * run, limit);
    const bool few = curve.size() - records_before(curve, from) < kLeastPoints;
    return without_spikes(tail_from(curve, few ? end - kFewShare * run : from));
  };
  const Tail shortest = share(kDecayShare);
  if (shortest.x.size() < kLeastBatches) return last_of(curve);
  if (schedule.rate == Rate::falling) return line_at_end(shortest);
  const std::size_t points = std::min(kLeastPoints, shortest.x.size());
  return level_tail(curve, share(kLevelShare).x.front(), limit, kLeastShare * run, points)
      .value_or(line_at_end(shortest));
}

EndValue tail_of_evaluations(const Curve& curve, const Curve& lr) {
  const double end = curve.step.back(), run = end - curve.step.front();
  const Schedule schedule = schedule_at_end(lr, end);
  if (schedule.rate != Rate::level) return last_of(curve);
  const double from = std::max(schedule.since, end - kLevelShare * run);
  return level_tail(curve, from, schedule.since, 0, kLeastEvaluations).value_or(last_of(curve));
}

FinalWindow window_of(const EndValue& end, double se) { return {end.kind, end.from, end.to, end.records, se}; }

/// The end of experiment − baseline on the steps that both logged.
EndValue paired_end(const RunView& baseline, const RunView& experiment) {
  const Common common = common_steps(baseline.known(), experiment.known());
  Curve difference;
  difference.step = common.step;
  for (std::size_t i = 0; i < common.step.size(); ++i) difference.value.push_back(common.b[i] - common.a[i]);
  // Where either schedule still falls the difference may move as well; asked of both, so that swapping changes nothing.
  const double end = difference.step.empty() ? 0 : difference.step.back();
  const bool falls = schedule_at_end(experiment.lr(), end).rate != Rate::level;
  return end_value(difference, falls ? experiment.lr() : baseline.lr(), true);
}

/// One run each, of the same batches, to the same step.
bool paired_tails(const Sides& sides, const Pairing& pairing) {
  if (sides.baseline.runs.size() != 1 || sides.experiment.runs.size() != 1 || !pairing.paired || pairing.lag != 0)
    return false;
  const RunView& b = sides.baseline.runs.front();
  const RunView& e = sides.experiment.runs.front();
  return b.batches && !b.metric.empty() && !e.metric.empty() && b.metric.step.back() == e.metric.step.back() &&
         b.tail.kind != Kind::last && e.tail.kind != Kind::last;
}

}  // namespace

bool from_batches(const Metric& metric) { return metric.role == Role::train_loss || metric.role == Role::train_metric; }

std::string_view to_string(FinalWindow::Kind kind) {
  static constexpr std::array<std::string_view, 4> names{"last", "mean", "slope", "difference"};
  return names[static_cast<std::size_t>(kind)];
}

EndValue end_value(const Curve& curve, const Curve& lr, bool batches) {
  if (curve.empty()) return {};
  return batches ? tail_of_batches(curve, lr) : tail_of_evaluations(curve, lr);
}

EndValue final_value(const RunView& view) { return end_value(view.known(), view.lr(), view.batches); }

double reading(const RunView& view, const Curve& curve, Axis axis, double x, double slack, double straight_from) {
  constexpr double kRounding = 1e-12;
  const double end = curve.step.back();
  if (x >= end * (1 - kRounding))
    return end >= x * (1 - std::max(slack, kRounding)) ? view.tail.value : std::numeric_limits<double>::quiet_NaN();
  if (!view.batches) {
    const double value = read_at(curve, x, straight_from);
    return std::isfinite(value) || end - x > slack * x ? value : view.tail.value;
  }
  const Curve before = between(curve, curve.step.front(), x);
  if (before.empty()) return std::numeric_limits<double>::quiet_NaN();
  return end_value(before, axis == Axis::step ? view.lr() : Curve{}, true).value;
}

double variance_of_mean(const Side& side) {
  double sum = 0, n = 0;
  for (const RunView& view : side.runs) {
    if (!std::isfinite(view.tail.value)) continue;
    sum += view.tail.se * view.tail.se;
    ++n;
  }
  return n > 0 ? sum / (n * n) : 0;
}

FinalWindow settle_ends(Sides& sides, const Pairing& pairing) {
  const RunView& b = sides.baseline.runs.front();
  RunView& e = sides.experiment.runs.front();
  if (paired_tails(sides, pairing)) {
    const EndValue end = paired_end(b, e);
    if (end.kind != Kind::last) {
      e.tail.value = b.tail.value + end.value;
      FinalWindow out = window_of(end, end.se);
      out.kind = Kind::difference;
      return out;
    }
  }
  return window_of(e.tail, std::sqrt(variance_of_mean(sides.baseline) + variance_of_mean(sides.experiment)));
}

}  // namespace expanalyze
