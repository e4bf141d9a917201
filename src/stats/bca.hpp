// Bias-corrected and accelerated bootstrap of a difference of means: no normality, no prior, only these seeds.
// Efron 1987, JASA 82:171; acceleration of two samples: Davison & Hinkley 1997, Bootstrap Methods, ch. 5.3.
#pragma once

#include <cstddef>
#include <span>

#include "stats/distributions.hpp"

namespace expanalyze::stats {

/// Interval of mean(experiment) - mean(baseline) at `confidence`. Each arm is resampled within itself, from a stream
/// keyed by its own values: swapping the arms mirrors the interval. -inf/+inf below five values an arm (resamples of
/// fewer repeat themselves) or when a value is not finite.
Interval bca_interval(std::span<const double> baseline, std::span<const double> experiment, double confidence = 0.95,
                      std::size_t resamples = 4000);

}  // namespace expanalyze::stats
