// Do the two sides see the same batches in the same order? (science handbook B1.2)
#include <fmt/format.h>

#include <cmath>
#include <cstring>

#include "review/measure.hpp"
#include "stats/pairing.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

// Not before this share of the run: the first steps share a fall that says nothing of the batches (B1.2).
constexpr double kSkip = 0.05;

bool equal_bits(const Common& common) {
  return !common.a.empty() && std::memcmp(common.a.data(), common.b.data(), common.a.size() * sizeof(double)) == 0;
}

/// Every run of one side has a twin on the other with the same metric and training loss to the last digit.
bool identical(const Sides& sides) {
  if (sides.baseline.runs.size() != sides.experiment.runs.size()) return false;
  for (std::size_t i = 0; i < sides.baseline.runs.size(); ++i) {
    const RunView& b = sides.baseline.runs[i];
    const RunView& e = sides.experiment.runs[i];
    if (b.metric.step != e.metric.step || !equal_bits(common_steps(b.metric, e.metric))) return false;
    const Curve bt = trajectory(*b.run, Role::train_loss);
    const Curve et = trajectory(*e.run, Role::train_loss);
    if (bt.step != et.step || (!bt.empty() && !equal_bits(common_steps(bt, et)))) return false;
  }
  return true;
}

}  // namespace

Pairing pair_by_data_order(const Sides& sides) {
  Pairing out;
  out.identical = identical(sides);
  const Curve b = finite(trajectory(*sides.baseline.runs.front().run, Role::train_loss));
  const Curve e = finite(trajectory(*sides.experiment.runs.front().run, Role::train_loss));
  const double end = b.empty() || e.empty() ? 0 : std::min(b.step.back(), e.step.back());
  const Common common = common_steps(between(b, kSkip * end, end), between(e, kSkip * end, end));
  const stats::OrderPairing order = stats::paired_by_order(common.a, common.b);
  out.paired = order.paired || out.identical;
  out.correlation = order.correlation;
  out.lag = order.lag;
  out.n = order.n;
  if (out.identical) {
    out.why = "every value of the metric and of the training loss is the same on both sides to the last logged digit";
  } else if (order.n == 0) {
    out.why = fmt::format("not testable: {} common records of the training loss, 200 are needed", common.step.size());
  } else if (order.paired) {
    out.why = fmt::format(
        "the batch noise of the training losses correlates {} over {} common steps{}: same data, same order",
        number(order.correlation, 3), order.n,
        order.lag == 0 ? "" : fmt::format(" when shifted by {} records", order.lag));
  } else {
    out.why = fmt::format(
        "the batch noise of the training losses correlates {} over {} common steps: other batches, or a run that "
        "does not learn",
        number(order.correlation, 3), order.n);
  }
  return out;
}

}  // namespace expanalyze
