// Is the end lower or higher, and is that more than the luck of a seed? (science handbook B3, B4)
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "review/measure.hpp"
#include "stats/descriptive.hpp"
#include "stats/distributions.hpp"
#include "stats/power.hpp"
#include "stats/trend.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

std::string side_ends(const Side& side) {
  std::string text;
  for (const auto& view : side.runs) text += (text.empty() ? "" : ", ") + number(view.end.final_value);
  return text;
}

/// B4.1: what one seed a side cannot say; B4.2: what the seeds themselves say.
std::string noise_sentence(const Compared& compared, const SeedNoise& noise, std::size_t n, double spread) {
  const double half = 0.5 * (compared.test.high95 - compared.test.low95);
  const std::string told = fmt::format("a difference smaller than {} cannot be told from luck.", number(half, 2));
  const std::string grown =
      spread > 1.01 ? fmt::format("; taken {}x larger in the middle of a run", number(spread, 3)) : "";
  if (n <= 2 && noise.prior.scale <= 0)
    return fmt::format("With one seed per arm nothing can be said about luck: {}.", noise.source);
  if (n <= 2 && noise.control_runs > 0)
    return fmt::format("With one seed per arm this rests on a seed s.d. of {} ({}, {} degree{} of freedom{}); {}",
                       number(noise.prior.scale, 2), noise.source, number(noise.prior.df),
                       noise.prior.df == 1 ? "" : "s", grown, told);
  if (n <= 2)
    return fmt::format("With one seed per arm this rests on an assumed seed s.d. of {} ({}{}); {}",
                       number(noise.prior.scale, 2), noise.source, grown, told);
  const std::string and_what = noise.control_runs > 0  ? fmt::format("{} control runs", noise.control_runs)
                               : noise.prior.scale > 0 ? "the " + noise.source
                                                       : "the absence of a prior";
  return fmt::format("The {} runs and {} put the s.d. between seeds at {} (t with {} degrees of freedom); {}", n,
                     and_what, number(compared.test.sd, 2), number(compared.test.df, 3), told);
}

std::string known(std::string range) { return range.empty() ? "unknown" : range; }

std::string difference_sentence(const Sides& sides, const Compared& compared, Verdict verdict,
                                const FinalQuality& out) {
  if (compared.difference.notes == std::vector<std::string>{"identical"})
    return fmt::format("Both sides end at {}: the logs are the same number for number.", number(out.baseline.value));
  if (!std::isfinite(out.baseline.value) || !std::isfinite(out.experiment.value))
    return fmt::format("At step {} no finite value stands on both sides: {} (baseline) and {} (experiment).",
                       number(out.at_step), number(out.baseline.value), number(out.experiment.value));
  const double d = compared.test.difference;
  const bool better = sides.orientation() * d < 0;
  const bool negligible = compared.test.low95 > 0 || compared.test.high95 < 0;
  return fmt::format("At step {} the experiment stands at {} against {}: {}{}, 95 % interval {}, {}.",
                     number(out.at_step), number(out.experiment.value), number(out.baseline.value), signed_number(d, 3),
                     percent_clause(out.relative.value), known(interval(compared.test.low95, compared.test.high95, 3)),
                     verdict == Verdict::improved || verdict == Verdict::regressed ? (better ? "better" : "worse")
                     : verdict == Verdict::neutral && negligible                   ? "a real but negligible difference"
                     : verdict == Verdict::neutral                                 ? "equivalent"
                                                                                   : "not resolved");
}

/// B3.3 without a schedule-aware law (a later step of the work): is the metric still moving at the end?
std::string plateau(const Sides& sides, double sesoi, double seed_sd) {
  const RunView& view = sides.experiment.runs.front();
  const Curve curve = mean_curve(sides.experiment);
  if (curve.size() < 4)
    return fmt::format("Whether it has levelled off cannot be said from {} evaluations.", curve.size());
  const Curve tail = between(curve, 0.75 * curve.step.back(), curve.step.back());
  if (tail.size() < 3)
    return "Whether it has levelled off cannot be said: fewer than three evaluations in the last quarter.";
  const double change = tail.value.back() - tail.value.front();
  const Curve& lr = view.lr();
  const bool annealed = !lr.empty() && lr.value.back() < 0.05 * *std::max_element(lr.value.begin(), lr.value.end());
  const std::string moved = fmt::format("Over the last quarter the experiment moved by {}", signed_number(change, 3));
  if (std::abs(change) < sesoi)
    return moved + (annealed ? ", less than is worth having: level, but that is the decayed learning rate's doing."
                             : ", less than is worth having: level.");
  if (std::abs(change) < seed_sd)
    return moved +
           fmt::format(", less than the {} by which seeds differ: level or not cannot be said.", number(seed_sd, 2));
  return moved + (sides.orientation() * change < 0 ? ": still improving." : ": getting worse.");
}

/// B4.6: the smaller of the two questions that more seeds could answer.
std::string more_seeds(const Compared& compared, double sesoi, std::size_t n, std::size_t per_side, FinalQuality& out) {
  if (compared.verdict != Verdict::inconclusive || !(compared.test.sd > 0)) return {};
  const double prior_df = compared.test.df - static_cast<double>(n - 2);
  const std::size_t detect = stats::seeds_to_detect(compared.test.difference, compared.test.sd, prior_df);
  const std::size_t equal = stats::seeds_for_equivalence(sesoi, compared.test.sd, prior_df);
  const std::size_t total = std::min(detect, equal);
  out.not_worth_chasing = total >= stats::kMostSeeds;
  if (out.not_worth_chasing)
    return fmt::format("{} seeds per arm or more would be needed: {}.", stats::kMostSeeds,
                       std::max(std::abs(compared.test.low95), std::abs(compared.test.high95)) < 2 * sesoi
                           ? "the effect, if any, is below what is worth chasing"
                           : "seeds differ too much for an effect of this size, and a larger one is not ruled out");
  out.seeds_needed = total > per_side ? total - per_side : 1;
  return fmt::format("{} more seed{} per arm would settle it (80 % power {}).", out.seeds_needed,
                     out.seeds_needed == 1 ? "" : "s",
                     detect <= equal ? "for the observed effect"
                                     : "to show that a true difference of 0 lies within ±" + number(sesoi, 2));
}

/// The s.d. between seeds with its interval: s sqrt(df / chi^2 quantile), 95 %.
void put_seed_sd(const Compared& compared, const SeedNoise& noise, std::size_t n, FinalQuality& out) {
  const bool seen = n > 2;
  out.seed_sd = seen ? compared.test.sd : noise.prior.scale;
  out.seed_sd_df = seen ? compared.test.df : noise.prior.df;
  out.seed_sd_runs = noise.control_runs + (seen ? n : 0);
  out.seed_sd_why = noise.source;
  out.seed_sd_source = noise.control_runs > 0  ? SeedSdSource::controls
                       : seen                  ? SeedSdSource::observed
                       : noise.prior.scale > 0 ? SeedSdSource::prior
                                               : SeedSdSource::none;
  if (!(out.seed_sd_df > 0)) return;
  const auto bound = [&](double p) {
    return out.seed_sd * std::sqrt(out.seed_sd_df / stats::chi_squared_quantile(p, out.seed_sd_df));
  };
  out.seed_sd_low = bound(0.975);
  out.seed_sd_high = bound(0.025);
}

void put_own_ends(const Sides& sides, const SeedNoise& noise, const Pairing& pairing, FinalQuality& out) {
  const Compared ends = compare_values(values_at(sides.baseline, Axis::step, sides.baseline.last_metric_step()),
                                       values_at(sides.experiment, Axis::step, sides.experiment.last_metric_step()),
                                       noise, out.sesoi, sides.orientation(), pairing.identical);
  out.at_ends = ends.difference;
  out.baseline_end = ends.baseline.value;
}

}  // namespace

FinalQuality final_quality(const Sides& sides, const SeedNoise& noise, const Sesoi& sesoi, const Pairing& pairing,
                           Verdict on_steps) {
  FinalQuality out;
  out.sesoi = sesoi.value;
  out.sesoi_source = sesoi.source;
  out.at_step = std::min(sides.baseline.last_metric_step(), sides.experiment.last_metric_step());
  auto b = values_at(sides.baseline, Axis::step, out.at_step);
  auto e = values_at(sides.experiment, Axis::step, out.at_step);
  if (b.empty() || e.empty()) {  // no common point: each side's own end (A3)
    b = values_at(sides.baseline, Axis::step, sides.baseline.last_metric_step());
    e = values_at(sides.experiment, Axis::step, sides.experiment.last_metric_step());
  }
  const double spread = b.empty() || e.empty() ? 1 : reading_spread(sides, Axis::step, out.at_step);
  const Compared compared = compare_values(b, e, noise, sesoi.value, sides.orientation(), pairing.identical, spread);
  out.baseline = compared.baseline;
  out.experiment = compared.experiment;
  out.difference = compared.difference;
  out.relative = compared.difference;
  // Nothing is a share of a baseline at 0.
  const double scale =
      out.baseline.value == 0 ? std::numeric_limits<double>::quiet_NaN() : std::abs(out.baseline.value);
  for (double* v : {&out.relative.value, &out.relative.low, &out.relative.high}) *v /= scale;
  out.equivalence_low = compared.test.low90;
  out.equivalence_high = compared.test.high90;
  put_own_ends(sides, noise, pairing, out);
  const std::size_t n = b.size() + e.size();
  put_seed_sd(compared, noise, n, out);
  std::string failure;
  if (experiment_failed(sides, failure)) {
    if (std::none_of(sides.experiment.runs.begin(), sides.experiment.runs.end(),
                     [](const RunView& view) { return std::isfinite(view.end.final_value); })) {
      // What stands before the first value that is not finite is no end of a run.
      out.at_step = sides.baseline.last_metric_step();
      out.baseline = bare(stats::mean(values_at(sides.baseline, Axis::step, out.at_step)), "no_comparison",
                          sides.baseline.runs.size());
      out.experiment = out.difference = out.relative = bare(std::numeric_limits<double>::quiet_NaN(), "failed", 0);
      put_seed_sd(compared, noise, 0, out);
      out.equivalence_low = -std::numeric_limits<double>::infinity();
      out.equivalence_high = std::numeric_limits<double>::infinity();
    }
    out.sentences.push_back("The experiment has no final value to compare: " + failure + ".");
    out.sentences.push_back(fmt::format("The runs end at {} (baseline) and {} (experiment).", side_ends(sides.baseline),
                                        side_ends(sides.experiment)));
    return out;
  }
  const std::size_t per_side = std::min(b.size(), e.size());
  const std::string more = more_seeds(compared, sesoi.value, n, per_side, out);
  out.plateau = plateau(sides, sesoi.value, out.seed_sd);
  out.sentences.push_back(difference_sentence(sides, compared, on_steps, out));
  if (!pairing.identical) out.sentences.push_back(noise_sentence(compared, noise, n, spread));
  if (!pairing.identical) out.other_tests = other_tests(sides, noise, out.at_step);
  if (std::string text = disagreement(out.other_tests, compared); !text.empty())
    out.sentences.push_back(std::move(text));
  if (!more.empty()) out.sentences.push_back(more);
  if (compared.equivalent && !pairing.identical)
    out.sentences.push_back(fmt::format("The 90 % interval {} lies within ±{} ({}): equivalence is shown, not assumed.",
                                        interval(out.equivalence_low, out.equivalence_high, 3), number(sesoi.value, 2),
                                        sesoi.source));
  return out;
}

FinalQuality final_alone(const Sides& sides, const SeedNoise& noise, const Sesoi& sesoi) {
  FinalQuality out;
  out.baseline = out.difference = out.relative = out.at_ends =
      bare(std::numeric_limits<double>::quiet_NaN(), "no_comparison", 0);
  out.sesoi = sesoi.value;
  out.sesoi_source = sesoi.source;
  out.at_step = sides.experiment.last_metric_step();
  const auto ends = values_at(sides.experiment, Axis::step, out.at_step);
  // Against their mean as if it were one more run: it adds neither squares nor degrees of freedom.
  const std::vector<double> middle{stats::mean(ends)};
  const Compared own = compare_values(middle, ends, noise, sesoi.value, sides.orientation(), false);
  out.experiment = own.experiment;
  put_seed_sd(own, noise, ends.size() > 1 ? ends.size() + 1 : 0, out);
  if (ends.size() > 1) --out.seed_sd_runs;
  out.plateau = plateau(sides, sesoi.value, out.seed_sd);
  return out;
}

}  // namespace expanalyze
