// One comparison of the two sides at one point: values a seed each, the moderated t, and the verdict it allows.
#pragma once

#include <string>
#include <vector>

#include "review/seed_noise.hpp"
#include "review/sides.hpp"
#include "stats/compare.hpp"

namespace expanalyze {

/// The metric of every usable run of a side at `x` of an axis, read between evaluations by A3 (read_at), never beyond a
/// run's end (a run without a reading there gives its last value when it ended within `slack` of x).
std::vector<double> values_at(const Side& side, Axis axis, double x, double slack = 0.02);
/// The same of one run; NaN where it has none.
double run_value_at(const RunView& view, Axis axis, double x, double slack = 0.02);

/// Total spent on an axis by each usable run (its last evaluation); empty when the axis is missing in one of them.
std::vector<double> totals(const Side& side, Axis axis);

struct Compared {
  stats::TwoSample test{};
  Estimate baseline, experiment, difference;
  Verdict verdict = Verdict::not_assessable;
  bool equivalent = false;
};

/// B7 of a difference with its intervals: equivalence before order, as a real difference can be negligible.
Verdict lattice(const stats::TwoSample& test, double sesoi, double orientation);

/// B4.1, B4.2, B4.3 and B7 on one value a seed. `scale` multiplies the seed prior (1 at the end of a run).
Compared compare_values(const std::vector<double>& baseline, const std::vector<double>& experiment,
                        const SeedNoise& noise, double sesoi, double orientation, bool identical, double scale = 1);

/// Seeds differ more in the middle of a run (B1.1): the root mean square of both sides' multiples at `x`.
double reading_spread(const Sides& sides, Axis axis, double x);

/// Most experiment runs failed; `why` names the first.
bool experiment_failed(const Sides& sides, std::string& why);

}  // namespace expanalyze
