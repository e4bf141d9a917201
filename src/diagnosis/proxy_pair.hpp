// Does one signal stand for another? Of changes, as levels of two training signals always correlate (science handbook
// E1).
#pragma once

#include "diagnosis/reaction.hpp"
#include "stats/trend.hpp"

namespace expanalyze {

struct ProxyTest {
  LeadLag changes;             ///< at the delay where they correlate most; n = 0: too few, or one of them never moves
  double low = -1, high = 1;   ///< 95 % interval of that correlation (Fisher's z)
  stats::RobustSlope drift{};  ///< of ln(proxy / target) over the whole run; zero where a value is not positive
  double proxy_noise, target_noise;  ///< share of white noise in the variation about the trend; NaN: not readable
};
ProxyTest proxy_test(const Curve& proxy, const Curve& target);

/// The same pair in the first and the last third of their common records.
struct Decoupling {
  LeadLag first, last;
  double from_step = 0;   ///< where the last third begins
  bool reversed = false;  ///< both thirds are significant, with opposite signs beyond 0.3
  bool lost = false;      ///< 0.7 at first, below 0.3 in the last third, where both still vary
};
Decoupling decoupling(const Curve& proxy, const Curve& target);

/// 1 - r1^2 / r2 of the detrended series: an AR(1) of share s plus white noise has r1 = s phi and r2 = s phi^2. 1 where
/// nothing is left of either; NaN below 100 values or where r2 is not readable.
double white_share(std::span<const double> x);

}  // namespace expanalyze
