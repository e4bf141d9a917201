// Every other metric that both sides log. The primary endpoint is one; the p-values of these are adjusted for their
// number (science handbook B4.7).
#include <algorithm>

#include "review/final_value.hpp"
#include "review/measure.hpp"
#include "stats/multiplicity.hpp"

namespace expanalyze {

namespace {

Sides views(const RunStore& runs, const Sides& primary, const Metric& metric) {
  Sides sides;
  sides.metric = metric;
  for (const RunView& view : primary.baseline.runs)
    sides.baseline.runs.push_back(view_run(runs, view.id, metric, &view));
  for (const RunView& view : primary.experiment.runs)
    sides.experiment.runs.push_back(view_run(runs, view.id, metric, &view));
  return sides;
}

Compared compared_at_end(const RunStore& runs, const Comparison& comparison, Sides sides, const Pairing& pairing) {
  std::vector<Note> of_controls;  // said of the primary metric already
  const FinalWindow window = settle_ends(sides, pairing);
  const SeedNoise noise = with_window(seed_noise(runs, comparison, sides, of_controls), window, sides);
  const double at = std::min(sides.baseline.last_metric_step(), sides.experiment.last_metric_step());
  return compare_values(values_at(sides.baseline, Axis::step, at), values_at(sides.experiment, Axis::step, at), noise,
                        0, sides.orientation(), pairing.identical, reading_spread(sides, Axis::step, at));
}

}  // namespace

std::vector<SecondaryMetric> secondary_results(const RunStore& runs, const Comparison& comparison, const Sides& primary,
                                               const Pairing& pairing, std::vector<Note>& notes) {
  std::vector<SecondaryMetric> out;
  std::vector<double> p;
  for (const Metric& metric : secondary_metrics(runs, comparison, primary.metric, notes)) {
    const Compared c = compared_at_end(runs, comparison, views(runs, primary, metric), pairing);
    if (c.verdict == Verdict::not_assessable) continue;
    out.push_back({metric, c.baseline, c.experiment, c.difference, c.test.p});
    p.push_back(c.test.p);
  }
  const std::vector<double> adjusted = stats::holm(p);
  for (std::size_t i = 0; i < out.size(); ++i) out[i].p_adjusted = adjusted[i];
  return out;
}

}  // namespace expanalyze
