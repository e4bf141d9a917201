// When a signal left its band, and which of two left it first.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace expanalyze::stats {

/// One-sided CUSUM of winsorised z (Page 1954, Biometrika 41:100): S = max(0, S + clip(z, -clip, clip) - k), alarm at
/// S > h. Measured false alarms per 1000 records of t4 noise, with level and spread learned from 200 records: 1.5 for
/// the textbook's k = 0.5 without clipping, 0.003 with these; 0.017 where neighbours correlate 0.5.
struct Cusum {
  double k = 1, h = 8, clip = 3;
};

/// Index of the last reset before the alarm: the record at which `x` began to leave its band upwards, after the first
/// `reference` records, which give level (median) and spread (MAD). Neighbours that correlate beyond 0.2 are whitened
/// by their AR(1) first. A record that is not finite is beyond any band. nullopt: no alarm, or fewer than 5 records of
/// reference.
std::optional<std::size_t> cusum_onset(std::span<const double> x, std::size_t reference, const Cusum& cusum = {});

/// An onset in steps with its bootstrap interval.
struct Onset {
  double step;
  double low, high;           ///< 90 %
  double cadence;             ///< steps between records: nothing can be placed more finely
  std::vector<double> drawn;  ///< steps of the resamples; +inf: no alarm in it
};

/// `step` and `x` are one signal. 200 resamples: level, then the smoothed departure, plus blocks of the noise before
/// the onset. Upwards; negate `x` for downwards.
std::optional<Onset> onset_of(std::span<const double> step, std::span<const double> x, std::size_t reference);

struct Order {
  double probability;  ///< that a came before b
  bool asserted;       ///< at least 0.9, and two records of the sparser log apart (D0.3)
};
Order order_of(const Onset& a, const Onset& b);

}  // namespace expanalyze::stats
