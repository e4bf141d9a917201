// Loss per FLOP in its definitions, and what a difference in loss is worth in compute (science handbook B5).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "review/measure.hpp"
#include "stats/descriptive.hpp"
#include "stats/distributions.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

/// What a side spent to its last record, whether or not its metric was finite there; 0 when not every run counted it.
double mean_total(const Side& side) {
  double sum = 0;
  for (const auto& view : side.runs) {
    const Spent& flops = view.spent(Axis::flops);
    if (flops.curve.empty()) return 0;
    sum += flops.curve.value.back();
  }
  return sum / static_cast<double>(side.runs.size());
}

/// Fall of the metric per e-fold of steps between two steps; FLOPs per step are constant within a run, so ln C and ln t
/// fall alike. Seeds differ more early on, and independently enough to add up: the interval is no narrower than it is.
Estimate fall_between(const Side& side, double from, double to, double sign, const SeedNoise& noise) {
  std::vector<double> falls;
  for (const auto& view : side.runs) {
    const Curve& curve = view.known();
    const double a = value_at(curve, from);
    const double b = value_at(curve, to);
    if (std::isfinite(a) && std::isfinite(b) && from > 0 && to > from)
      falls.push_back(sign * (a - b) / std::log(to / from));
  }
  if (falls.empty()) return bare(std::numeric_limits<double>::quiet_NaN(), "no_evaluations_there", 0);
  const auto n = static_cast<double>(falls.size());
  const double both_ends = std::hypot(progress_multiplier(from / side.last_metric_step()), 1.0);
  const stats::SeedPrior prior{noise.prior.scale * both_ends / std::log(to / from), noise.prior.df};
  const double df = prior.df + n - 1;
  const double squares = falls.size() > 1 ? stats::variance(falls) * (n - 1) : 0;
  if (!(prior.scale > 0) || !(df > 0)) return bare(stats::mean(falls), "no_seed_sd", falls.size());
  const double sd = std::sqrt((prior.df * prior.scale * prior.scale + squares) / df);
  const double half = stats::student_t_quantile(0.975, df) * sd / std::sqrt(n);
  const double fall = stats::mean(falls);
  return {fall, fall - half, fall + half, 0.95, falls.size(), {"prior_seed_sd"}};
}

/// CEG = exp(gain / κ) and its net over the ratio of costs (B5.4).
void compute_equivalent_gain(const Sides& sides, const FinalQuality& final, Compute& out) {
  const double sign = sides.orientation();
  const double gain = -sign * final.at_ends.value;
  if (!std::isfinite(gain) || !std::isfinite(out.kappa.value)) return;
  if (std::abs(gain / out.kappa.value) > std::log(kFarthestByPrice)) return;
  const double a = -sign * final.at_ends.low;
  const double b = -sign * final.at_ends.high;
  const auto ceg = [](double nats, double kappa) { return std::exp(std::clamp(nats / kappa, -20.0, 20.0)); };
  out.gain.value = ceg(gain, out.kappa.value);
  out.gain.n = final.at_ends.n;
  if (std::isfinite(a) && std::isfinite(b)) {
    const double worst = std::min(a, b);
    const double best = std::max(a, b);
    out.gain.low = std::min(ceg(worst, out.kappa.low), ceg(worst, out.kappa.high));
    out.gain.high = std::max(ceg(best, out.kappa.low), ceg(best, out.kappa.high));
  }
  if (out.baseline_flops <= 0 || out.experiment_flops <= 0) return;
  out.net_gain = out.gain;
  for (double* v : {&out.net_gain.value, &out.net_gain.low, &out.net_gain.high})
    *v *= out.baseline_flops / out.experiment_flops;
}

}  // namespace

Compute compute(const Sides& sides, const FinalQuality& final, const Elasticity& price, const SeedNoise& noise) {
  Compute out;
  const double sign = sides.orientation();
  const double end_b = sides.baseline.last_metric_step();
  const double end_e = sides.experiment.last_metric_step();
  out.marginal_baseline = fall_between(
      sides.baseline, std::max(second_step(sides.baseline.runs.front().known()), 0.75 * end_b), end_b, sign, noise);
  out.marginal_experiment = fall_between(
      sides.experiment, std::max(second_step(sides.experiment.runs.front().known()), 0.75 * end_e), end_e, sign, noise);
  out.average_baseline =
      fall_between(sides.baseline, second_step(sides.baseline.runs.front().known()), end_b, sign, noise);
  out.average_experiment =
      fall_between(sides.experiment, second_step(sides.experiment.runs.front().known()), end_e, sign, noise);
  out.kappa = price.kappa;
  out.kappa_source = price.source;
  out.baseline_flops = mean_total(sides.baseline);
  out.experiment_flops = mean_total(sides.experiment);
  const Spent& axis = sides.baseline.runs.front().spent(Axis::flops);
  if (out.baseline_flops <= 0 || out.experiment_flops <= 0) {
    out.source = "unknown";
    out.sentences.push_back(
        "Loss-per-FLOP cannot be computed: neither parameters nor FLOPs nor MFU are known. Add `n_params` and `tokens` "
        "to the config (two numbers).");
    return out;
  }
  const std::string& other = sides.experiment.runs.front().spent(Axis::flops).source;
  out.source = axis.source == other ? axis.source : fmt::format("{} (baseline), {} (experiment)", axis.source, other);
  compute_equivalent_gain(sides, final, out);
  out.sentences.push_back(fmt::format("Training cost {} (baseline) and {} (experiment), {}x; FLOPs are {}.",
                                      flop_count(out.baseline_flops), flop_count(out.experiment_flops),
                                      number(out.experiment_flops / out.baseline_flops, 3), out.source));
  if (std::isfinite(out.average_baseline.value) && std::isfinite(out.average_experiment.value))
    out.sentences.push_back(fmt::format(
        "Per e-fold of compute {} {} by {} (baseline) and {} (experiment) over the whole run, and by {} and {} "
        "over the last quarter.",
        code_span(sides.metric.name), sign > 0 ? "fell" : "rose", with_interval(out.average_baseline, 3),
        with_interval(out.average_experiment, 3), with_interval(out.marginal_baseline, 3),
        with_interval(out.marginal_experiment, 3)));
  if (std::isfinite(out.net_gain.value) && std::abs(std::log(out.experiment_flops / out.baseline_flops)) > 0.01)
    out.sentences.push_back(fmt::format(
        "The difference of the two ends is worth {} of the baseline's compute, {} net of what it cost (above 1: it "
        "beats simply training the baseline longer).",
        with_interval(out.gain, 3), with_interval(out.net_gain, 3)));
  return out;
}

}  // namespace expanalyze
