// Two sides without a reading at a common point: what their own ends say (science handbook A3, B7).
#pragma once

#include "review/compared.hpp"

namespace expanalyze {

/// `ratio`: the experiment's total on the axis over the baseline's. The ends settle the order where the side that went
/// on further ended worse: stopped earlier it would not have stood better. Otherwise they leave it open.
AxisVerdict by_own_ends(const AxisVerdict& axis, const Compared& at_end, double orientation);

}  // namespace expanalyze
