// What stands for the metric at the end of a run, or at a point of it, and how well the run itself knows that value
// (science handbook B3.1, B3.2).
#pragma once

#include "review/sides.hpp"

namespace expanalyze {

/// The metric is read off training batches: a single record of it is noise.
bool from_batches(const Metric& metric);

/// The end of `curve` (finite values): its last value for evaluations; the tail for what is read off training batches
/// (`batches`), and for evaluations at a learning rate that stays as it is once they show no trend. `lr` is against the
/// same axis, empty when unknown.
EndValue end_value(const Curve& curve, const Curve& lr, bool batches);

/// The end of a run on its own steps.
EndValue final_value(const RunView& view);

/// The metric of a run at `x` of an axis on which `curve` (finite values) is its metric: the tail at its end, up to
/// `slack` of x beyond it, and before it read_at() with `straight_from`, or the records up to x where they are read off
/// batches. NaN outside.
double reading(const RunView& view, const Curve& curve, Axis axis, double x, double slack, double straight_from);

/// Mean over the runs of a side of the variance of its end, over their number.
double variance_of_mean(const Side& side);

/// Which of the three stands for the ends of the sides. Of one run each that saw the same batches it is the difference,
/// record by record: the experiment's end becomes the baseline's plus that (B1.2).
FinalWindow settle_ends(Sides& sides, const Pairing& pairing);

}  // namespace expanalyze
