#include "diagnosis/batch.hpp"

#include <algorithm>
#include <cmath>

#include "stats/descriptive.hpp"

namespace expanalyze {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Median of the increments per step: a counter that jumps at a resume does not move it.
double increment(const Curve& curve) {
  std::vector<double> per_step;
  for (std::size_t i = 1; i < curve.size(); ++i)
    per_step.push_back((curve.value[i] - curve.value[i - 1]) / (curve.step[i] - curve.step[i - 1]));
  const double median = stats::median(per_step);
  return median > 0 ? median : kNan;
}

double of_tokens(const Run& run) { return increment(spent(run, Axis::tokens).curve); }

/// A logged epoch is often rounded to two digits, so only its slope over the whole run counts.
double of_epochs(const Run& run) {
  const Curve epoch = finite(trajectory(run, Role::epoch));
  if (epoch.size() < 10) return kNan;
  const double slope = (epoch.value.back() - epoch.value.front()) / (epoch.step.back() - epoch.step.front());
  return slope > 0 ? slope : kNan;
}

double peak_lr(const Run& run) {
  const Curve lr = finite(trajectory(run, Role::lr));
  return lr.empty() ? kNan : *std::max_element(lr.value.begin(), lr.value.end());
}

}  // namespace

BatchChange batch_change(const Case& c) {
  const Run& run = *c.experiment.front();
  BatchChange out{mean_over(c.baseline, of_tokens), mean_over(c.experiment, of_tokens), "tokens or samples"};
  if (find(run, Role::tokens))
    out.unit = "tokens";
  else if (find(run, Role::samples))
    out.unit = "samples";
  if (std::isfinite(out.ratio())) return out;
  return {mean_over(c.baseline, of_epochs), mean_over(c.experiment, of_epochs), "epochs"};
}

Untestable batch_unknown() {
  return {
      {}, "tokens or samples per step on both sides", "log the tokens (or samples) consumed so far with every record"};
}

double peak_lr_ratio(const Case& c) {
  const double b = mean_over(c.baseline, peak_lr);
  const double e = mean_over(c.experiment, peak_lr);
  return b > 0 && e > 0 ? e / b : kNan;
}

}  // namespace expanalyze
