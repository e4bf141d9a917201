#include "review/own_ends.hpp"

#include <fmt/format.h>

#include "text/format.hpp"

namespace expanalyze {

AxisVerdict by_own_ends(const AxisVerdict& axis, const Compared& at_end, double orientation) {
  AxisVerdict out = axis;
  const bool baseline_longer = axis.ratio < 1;
  const double lead = orientation * at_end.difference.value * (baseline_longer ? 1 : -1);  // of the shorter side: < 0
  const bool settled = lead < 0 && (at_end.verdict == Verdict::improved || at_end.verdict == Verdict::regressed);
  out.baseline = at_end.baseline;
  out.experiment = at_end.experiment;
  out.difference = at_end.difference;
  out.verdict = settled ? at_end.verdict : Verdict::inconclusive;
  const double further = baseline_longer ? 1 / axis.ratio : axis.ratio;
  out.why = fmt::format(
      "the sides were not evaluated at a common point, so each side's own end is compared; the {} went on {}x further "
      "and {}",
      baseline_longer ? "baseline" : "experiment", number(further, 3),
      settled ? "still ended worse" : "did not end clearly worse, which leaves open where it stood here");
  return out;
}

}  // namespace expanalyze
