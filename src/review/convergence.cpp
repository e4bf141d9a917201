// Did the loss drop faster early on, and did a head start last? (science handbook B2)
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "review/measure.hpp"
#include "review/speed_axes.hpp"
#include "stats/bootstrap.hpp"
#include "stats/compare.hpp"
#include "stats/descriptive.hpp"
#include "store/alignment.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr double kEarlyEnd = 0.25;  // B2.1: before typical annealing
constexpr double kEarlyStart = 0.01;
constexpr double kSameSpeed = 0.05;        // B2.4: within ±ln 1.05 is the same speed
constexpr std::size_t kFewestRecords = 2;  // of each side in the early phase
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// End of the warm-up: the step at which the learning rate is highest first; 0 when it is not logged.
double warm_up_end(const Curve& lr) {
  if (lr.empty()) return 0;
  const auto top = std::max_element(lr.value.begin(), lr.value.end());
  return lr.step[static_cast<std::size_t>(top - lr.value.begin())];
}

struct Phase {
  double from = 0, to = 0, end = 0;
};

/// From the end of the later warm-up, where both curves have a point that is not the untrained model, to a quarter.
Phase early_phase(const Sides& sides, const SideCurve& b, const SideCurve& e) {
  Phase out;
  out.end = std::min(sides.baseline.last_metric_step(), sides.experiment.last_metric_step());
  out.to = kEarlyEnd * out.end;
  out.from = std::max({kEarlyStart * out.end, warm_up_end(sides.baseline.runs.front().lr()),
                       warm_up_end(sides.experiment.runs.front().lr())});
  if (out.from >= out.to) out.from = kEarlyStart * out.end;
  for (const SideCurve* curve : {&b, &e})
    if (curve->x.size() > 1) out.from = std::max(out.from, curve->x[1]);
  return out;
}

std::size_t records(const SideCurve& curve, double from, double to) {
  return static_cast<std::size_t>(
      std::count_if(curve.x.begin(), curve.x.end(), [&](double x) { return x >= from && x <= to; }));
}

/// B2.1: the mean of ln(metric) over ln x, by trapezoids over the groups of records; NaN where a value is not positive.
double log_mean(const Curve& curve, const Phase& phase, double straight_from) {
  double x0 = std::log(phase.from), sum = 0;
  double y0 = std::log(read_at(curve, phase.from, straight_from));
  const auto add = [&](double x, double value) {
    const double x1 = std::log(x), y1 = std::log(value);
    sum += 0.5 * (y0 + y1) * (x1 - x0);
    x0 = x1, y0 = y1;
  };
  for (std::size_t i = 0; i < curve.size(); ++i)
    if (curve.step[i] > phase.from && curve.step[i] < phase.to) add(curve.step[i], curve.value[i]);
  add(phase.to, read_at(curve, phase.to, straight_from));
  const double mean = sum / std::log(phase.to / phase.from);
  return std::isfinite(mean) ? mean : kNan;
}

std::vector<double> log_means(std::span<const GroupedRun> runs, const Phase& phase) {
  std::vector<double> out;
  for (const GroupedRun& run : runs)
    if (const double v = log_mean(run.curve, phase, run.straight_from); std::isfinite(v)) out.push_back(v);
  return out;
}

/// Relative residuals of the groups of the early phase.
std::vector<double> early_residuals(const SideCurve& curve, const Phase& phase) {
  std::vector<double> out;
  for (std::size_t i = 0; i < curve.x.size(); ++i)
    if (curve.x[i] >= phase.from && curve.x[i] <= phase.to)
      out.push_back(std::log(std::abs(curve.mean[i] / curve.smoothed[i])));
  return out;
}

/// Variance of the difference of the two log means that the scatter of records makes; of paired runs by their
/// differences, in which what the batches share is gone.
double scatter_variance(const SideCurve& b, const SideCurve& e, const Phase& phase, bool paired) {
  if (!b.noisy && !e.noisy) return 0;
  std::vector<double> rb = early_residuals(b, phase), re = early_residuals(e, phase);
  const auto squared_se = [](const std::vector<double>& r) {
    const double se = r.size() < 3 ? 0 : stats::bootstrap_se_of_mean(r);
    return std::isfinite(se) ? se * se : 0;
  };
  if (!paired || b.x != e.x) return squared_se(rb) + squared_se(re);
  for (std::size_t i = 0; i < rb.size(); ++i) re[i] -= rb[i];
  return squared_se(re);
}

/// ΔA with its interval: seeds by the moderated t, at the multiple of early luck, and the scatter of records.
stats::TwoSample early_gap(const Sides& sides, std::span<const double> from, std::span<const double> to, double scatter,
                           const SeedNoise& noise, const Phase& phase) {
  stats::SeedPrior prior = noise.prior;
  prior.scale *= progress_multiplier(std::sqrt(phase.from * phase.to) / phase.end) / metric_level(sides);
  if (from.empty() || to.empty()) {
    stats::TwoSample nothing{};
    nothing.difference = kNan;
    return nothing;
  }
  return stats::moderated_t(from, to, prior, scatter);
}

/// The end of each usable run, of the smoothed curve: what a batch does to the last record is no luck of the seed.
std::vector<double> ends(std::span<const GroupedRun> runs, const SideCurve& curve) {
  if (curve.x.empty() || runs.front().failed) return {};
  if (curve.seeds.empty()) return {curve.smoothed.back()};
  std::vector<double> out;
  for (const SideCurve& seed : curve.seeds) out.push_back(seed.smoothed.back());
  return out;
}

/// How far the luck of a seed moves a final value, from the seeds and the prior.
SeedLuck seed_luck(std::span<const double> b, std::span<const double> e, const SeedNoise& noise) {
  if (b.empty() || e.empty() || (b.size() + e.size() <= 2 && !(noise.prior.scale > 0))) return {};
  const stats::TwoSample t = stats::moderated_t(b, e, noise.prior);
  return std::isfinite(t.sd) ? SeedLuck{t.sd, t.df} : SeedLuck{};
}

Convergence::Early mirrored(bool experiment_ahead) {
  return experiment_ahead ? Convergence::Early::faster : Convergence::Early::slower;
}

/// B2.4. Both must say so: the speed over the first third of the levels, and the gap of the losses beyond what luck
/// does.
Convergence::Early verdict(const stats::TwoSample& gap, const Speedup& speedup, double sign, double fall) {
  const bool resolved = gap.low95 > 0 || gap.high95 < 0;
  const bool lower = sign * gap.difference < 0;
  const double same = std::log1p(kSameSpeed);
  if (speedup.empty()) {  // no level that both reach: S = exp(gap / fall of the loss an e-fold)
    const double widest = same * std::max(0.0, fall);
    if (gap.low90 > -widest && gap.high90 < widest) return Convergence::Early::same;
    return resolved ? mirrored(lower) : Convergence::Early::inconclusive;
  }
  std::vector<double> log_s;
  for (std::size_t k = 0; k < speedup.levels().size(); ++k)
    log_s.push_back(std::log(speedup.baseline()[k] / speedup.experiment()[k]));
  const Estimate at90 = speedup.weighted(log_s, Speedup::early_weights(), 0.90);
  if (at90.low > -same && at90.high < same) return Convergence::Early::same;
  const Estimate s = speedup.weighted(log_s, Speedup::early_weights());
  const bool agree = lower ? s.low > 0 : s.high < 0;
  return resolved && agree ? mirrored(lower) : Convergence::Early::inconclusive;
}

/// B2.2: crossings of the baseline's own levels; +inf where a side does not get there.
std::vector<SpeedupLevel> thresholds(const SideCurve& b, const SideCurve& e, double sign) {
  std::vector<SpeedupLevel> out;
  if (b.empty() || e.empty()) return out;
  for (const double share : {0.10, 0.25, 0.50, 0.75, 1.0}) {
    const double level = along(b, b.falling, b.x.front() + share * (b.end() - b.x.front()));
    SpeedupLevel row{sign * level, first_at(b, level), first_at(e, level), kNan};
    if (std::isfinite(row.baseline_step) && std::isfinite(row.experiment_step) && row.experiment_step > 0)
      row.speedup = row.baseline_step / row.experiment_step;
    out.push_back(row);
  }
  return out;
}

std::string gap_sentence(const Convergence& out, const Sides& sides, const Phase& phase) {
  const std::string range = interval(100 * out.early_gap.low, 100 * out.early_gap.high, 3);
  return fmt::format(
      "Between steps {} and {} the experiment's {} lies {} from the baseline's on average, 95 % interval {} "
      "(seed noise taken {}x larger than at the end): {}.",
      number(phase.from), number(phase.to), code_span(sides.metric.name),
      (out.early_gap.value >= 0 ? "+" : "") + percent(out.early_gap.value), range.empty() ? "unknown" : range + " %",
      number(progress_multiplier(std::sqrt(phase.from * phase.to) / phase.end), 3),
      out.early == Convergence::Early::inconclusive ? "not resolved" : to_string(out.early));
}

/// Levels that one side alone reached stay in the account, as censored.
std::string censored_sentence(const Convergence& out, const Sides& sides) {
  std::string said;
  for (const SpeedupLevel& l : out.levels)
    if (std::isinf(l.experiment_step) && std::isfinite(l.baseline_step)) {
      said = fmt::format("The experiment does not reach {}, where the baseline stands at step {}: more than {} steps.",
                         number(l.level), number(l.baseline_step), number(sides.experiment.last_metric_step()));
      break;
    }
  return said;
}

void say(Convergence& out, const Sides& sides) {
  if (out.levels.empty())
    out.sentences.emplace_back("Time to a given level cannot be read: fewer than four evaluations on one side.");
  for (std::string said :
       {trend_sentence(out.speedup), schedule_caveat(sides, out.speedup), censored_sentence(out, sides)})
    if (!said.empty()) out.sentences.push_back(std::move(said));
}

}  // namespace

std::string_view to_string(Convergence::Early early) {
  static constexpr std::array<std::string_view, 5> names{"faster", "slower", "same", "inconclusive", "not_assessable"};
  return names[static_cast<std::size_t>(early)];
}

Convergence convergence(const Sides& sides, const SeedNoise& noise, const Pairing& pairing) {
  Convergence out;
  const double sign = sides.orientation();
  const auto b_runs = grouped_runs(sides.baseline), e_runs = grouped_runs(sides.experiment);
  const SideCurve b = side_curve(b_runs, sign), e = side_curve(e_runs, sign);
  const Phase phase = early_phase(sides, b, e);
  out.levels = thresholds(b, e, sign);
  const SeedLuck luck = pairing.identical ? SeedLuck{0, 1}  // the same numbers to the last digit: no luck to allow for
                                          : seed_luck(ends(b_runs, b), ends(e_runs, e), noise);
  const Speedup speedup(b, e, phase.from, luck, pairing.paired);
  out.speedup = speedup_curves(sides, speedup);
  out.from_step = phase.from;
  out.to_step = phase.to;
  if (!(phase.end > 0)) {
    out.sentences.emplace_back(
        "Whether it dropped faster early on cannot be said: one side has no finite evaluation after its first.");
    return out;
  }
  const std::size_t fewest = std::min(records(b, phase.from, phase.to), records(e, phase.from, phase.to));
  if (!(phase.from > 0) || phase.from >= phase.to || fewest < kFewestRecords) {
    out.sentences.push_back(fmt::format(
        "Whether it dropped faster early on cannot be said: {} evaluations of {} before step {}; evaluate at "
        "least five times in the first quarter.",
        std::min(records(b, 0, phase.to), records(e, 0, phase.to)), code_span(sides.metric.name), number(phase.to)));
    say(out, sides);
    return out;
  }
  const stats::TwoSample gap = early_gap(sides, log_means(b_runs, phase), log_means(e_runs, phase),
                                         scatter_variance(b, e, phase, pairing.paired), noise, phase);
  if (!std::isfinite(gap.difference)) {
    out.sentences.emplace_back(
        "Whether it dropped faster early on cannot be said: no positive finite values of both sides there.");
    say(out, sides);
    return out;
  }
  out.early_gap = {std::expm1(gap.difference),    std::expm1(gap.low95),
                   std::expm1(gap.high95),        0.95,
                   b_runs.size() + e_runs.size(), {}};
  if (pairing.identical) out.early_gap.low = out.early_gap.high = 0;
  const auto fall_of = [&](const SideCurve& curve) {
    return std::log(std::abs(along(curve, curve.falling, phase.from) / along(curve, curve.falling, phase.to)));
  };
  const double fall = 0.5 * (fall_of(b) + fall_of(e)) / std::log(phase.to / phase.from);
  out.early = pairing.identical ? Convergence::Early::same : verdict(gap, speedup, sign, sign * fall);
  out.sentences.push_back(gap_sentence(out, sides, phase));
  say(out, sides);
  return out;
}

}  // namespace expanalyze
