// Reading a loss between its records, so that runs that evaluate at other steps can be compared (science handbook A3).
#pragma once

#include <limits>

#include "store/trajectory.hpp"

namespace expanalyze {

/// The value of a finite() curve at `x`. Between two points ln value is a line in ln x, as loss curves nearly are; the
/// value itself in x itself where x or a value is not positive, and from `straight_from` on, where the learning rate
/// anneals and the loss falls with the steps. NaN outside the curve, across a break, and across a gap of more than
/// three of the spacings around it, counted in x or in ln x: a grid that is even in either has no gaps.
double read_at(const Curve& curve, double x, double straight_from = std::numeric_limits<double>::infinity());

}  // namespace expanalyze
