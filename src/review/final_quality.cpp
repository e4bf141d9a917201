// Is the end lower or higher, and is that more than the luck of a seed? (science handbook B3, B4)
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "review/measure.hpp"
#include "stats/descriptive.hpp"
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
  if (n <= 2 && noise.prior.scale > 0)
    return fmt::format(
        "With one seed per arm this rests on an assumed seed s.d. of {} ({}{}); a difference smaller than {} cannot be "
        "told from luck.",
        number(noise.prior.scale, 2), noise.source,
        spread > 1.01 ? fmt::format("; taken {}x larger in the middle of a run", number(spread, 3)) : "",
        number(half, 2));
  if (n <= 2) return fmt::format("With one seed per arm nothing can be said about luck: {}.", noise.source);
  return fmt::format(
      "The {} runs and the {} put the s.d. between seeds at {} (t with {} degrees of freedom); a difference smaller "
      "than "
      "{} cannot be told from luck.",
      n, noise.prior.scale > 0 ? noise.source : std::string("absence of a prior"), number(compared.test.sd, 2),
      number(compared.test.df, 3), number(half, 2));
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
  return fmt::format("At step {} the experiment stands at {} against {}: {}{}, 95 % interval {}, {}.",
                     number(out.at_step), number(out.experiment.value), number(out.baseline.value), signed_number(d, 3),
                     percent_clause(out.relative.value), known(interval(compared.test.low95, compared.test.high95, 3)),
                     verdict == Verdict::improved || verdict == Verdict::regressed ? (better ? "better" : "worse")
                     : verdict == Verdict::neutral                                 ? "equivalent"
                                                                                   : "not resolved");
}

/// B3.3 without a schedule-aware law (a later step of the work): is the metric still moving at the end?
std::string plateau(const Sides& sides, double sesoi) {
  const RunView& view = sides.experiment.runs.front();
  const Curve curve = mean_curve(sides.experiment);
  if (curve.size() < 4)
    return fmt::format("Whether it has levelled off cannot be said from {} evaluations.", curve.size());
  const Curve tail = between(curve, 0.75 * curve.step.back(), curve.step.back());
  if (tail.size() < 3)
    return "Whether it has levelled off cannot be said: fewer than three evaluations in the last quarter.";
  const double change = tail.value.back() - tail.value.front();
  const Curve lr = finite(trajectory(*view.run, Role::lr));
  const bool annealed = !lr.empty() && lr.value.back() < 0.05 * *std::max_element(lr.value.begin(), lr.value.end());
  const std::string moved = fmt::format("Over the last quarter the experiment moved by {}", signed_number(change, 3));
  if (std::abs(change) < sesoi)
    return moved + (annealed ? ", less than is worth having: level, but that is the decayed learning rate's doing."
                             : ", less than is worth having: level.");
  return moved + (sides.orientation() * change < 0 ? ": still improving." : ": getting worse.");
}

std::size_t seeds_needed(const Compared& compared, double sesoi, std::size_t per_side) {
  if (compared.verdict != Verdict::inconclusive || !(compared.test.sd > 0)) return 0;
  const std::size_t detect = stats::seeds_to_detect(std::abs(compared.test.difference), compared.test.sd);
  const std::size_t equal = stats::seeds_for_equivalence(sesoi, compared.test.sd);
  const std::size_t total = std::min(detect, equal);
  return total > per_side ? total - per_side : 1;
}

std::string seeds_sentence(std::size_t more, std::size_t per_side) {
  if (more + per_side >= stats::kMostSeeds)
    return "More than 50 seeds per arm would be needed: the effect, if any, is below what is worth chasing.";
  return fmt::format("{} more seed{} per arm would settle it (80 % power for the observed effect, or for equivalence).",
                     more, more == 1 ? "" : "s");
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
  const std::size_t n = b.size() + e.size();
  out.seed_sd = n > 2 ? compared.test.sd : noise.prior.scale;
  out.seed_sd_source = n > 2                   ? SeedSdSource::observed
                       : noise.prior.scale > 0 ? SeedSdSource::prior
                                               : SeedSdSource::none;
  std::string failure;
  if (experiment_failed(sides, failure)) {
    if (std::none_of(sides.experiment.runs.begin(), sides.experiment.runs.end(),
                     [](const RunView& view) { return std::isfinite(view.end.final_value); })) {
      // What stands before the first value that is not finite is no end of a run.
      out.at_step = sides.baseline.last_metric_step();
      out.baseline = bare(stats::mean(values_at(sides.baseline, Axis::step, out.at_step)), "no_comparison",
                          sides.baseline.runs.size());
      out.experiment = out.difference = out.relative = bare(std::numeric_limits<double>::quiet_NaN(), "failed", 0);
      out.seed_sd = noise.prior.scale;
      out.seed_sd_source = noise.prior.scale > 0 ? SeedSdSource::prior : SeedSdSource::none;
      out.equivalence_low = -std::numeric_limits<double>::infinity();
      out.equivalence_high = std::numeric_limits<double>::infinity();
    }
    out.sentences.push_back("The experiment has no final value to compare: " + failure + ".");
    out.sentences.push_back(fmt::format("The runs end at {} (baseline) and {} (experiment).", side_ends(sides.baseline),
                                        side_ends(sides.experiment)));
    return out;
  }
  const std::size_t per_side = std::min(b.size(), e.size());
  out.seeds_needed = seeds_needed(compared, sesoi.value, per_side);
  out.plateau = plateau(sides, sesoi.value);
  out.sentences.push_back(difference_sentence(sides, compared, on_steps, out));
  if (!pairing.identical) out.sentences.push_back(noise_sentence(compared, noise, n, spread));
  if (out.seeds_needed > 0) out.sentences.push_back(seeds_sentence(out.seeds_needed, per_side));
  if (compared.equivalent && !pairing.identical)
    out.sentences.push_back(fmt::format("The 90 % interval {} lies within ±{} ({}): equivalence is shown, not assumed.",
                                        interval(out.equivalence_low, out.equivalence_high, 3), number(sesoi.value, 2),
                                        sesoi.source));
  return out;
}

}  // namespace expanalyze
