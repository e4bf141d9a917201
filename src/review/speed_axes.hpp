// S(L) on every axis that both sides have, and the words about it (science handbook B2.3).
#pragma once

#include "review/speedup.hpp"

namespace expanalyze {

std::vector<SpeedupCurve> speedup_curves(const Sides& sides, const Speedup& steps);

/// Does a lead decay, grow or stay; empty when there is no lead to speak of.
std::string trend_sentence(const std::vector<SpeedupCurve>& curves);
/// The faster side stands at the last common level in the middle of its own schedule: with the numbers; else empty.
std::string schedule_caveat(const Sides& sides, const std::vector<SpeedupCurve>& curves);

}  // namespace expanalyze
