// The pieces of facts_of(): axes with their gaps, and series that belong together.
#pragma once

#include <vector>

#include "expanalyze/inspection.hpp"

namespace expanalyze {

/// step, tokens or samples, wall, flops, epoch: each with its source, or without one.
std::vector<AxisFacts> axes_of(const Run& run);
/// Holes in the rows of the longest series, then in the clock; all of them.
std::vector<Gap> gaps_of(const Run& run);
/// The series with the most rows, the first of equal ones. An axis only where there is nothing else: training and
/// evaluation rows share it, and two rows of one step are no rewind. nullptr without series.
const Series* longest_series(const Run& run);

std::vector<SeriesGroup> groups_of(const std::vector<SeriesFacts>& series);

}  // namespace expanalyze
