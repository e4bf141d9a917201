// The Newton-Schulz iteration on one singular value, worked out numerically (science handbook E4, E15b).
//
// An odd polynomial X <- aX + bXX'X + c(XX')^2X maps every singular value by f(s) = as + bs^3 + cs^5 and leaves the
// singular vectors alone, so all that the iteration can do to a matrix follows from f on [0, 1]. It starts at G /
// |G|_F: the squares of the singular values sum to 1.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace expanalyze::newton_schulz {

struct OddPolynomial {
  double a, b, c;
  [[nodiscard]] double operator()(double s) const { return s * (a + s * s * (b + c * s * s)); }
  [[nodiscard]] double slope(double s) const { return a + s * s * (3 * b + 5 * c * s * s); }
};
/// Muon's coefficients (K. Jordan 2024, "Muon: an optimizer for hidden layers"): steep at 0, no attracting fixed point.
inline constexpr OddPolynomial kTuned{3.4445, -4.7750, 2.0315};
/// The classical iterations of order 2 and 3 (Björck & Bowie 1971, SIAM J. Numer. Anal. 8:358; Higham 2008, ch. 8).
inline constexpr OddPolynomial kCubic{1.5, -0.5, 0};
inline constexpr OddPolynomial kQuintic{15.0 / 8, -10.0 / 8, 3.0 / 8};

struct FixedPoint {
  double at;
  double multiplier;  ///< f'(at): repelling when its size exceeds 1
};
/// Fixed points above 0, ascending.
std::vector<FixedPoint> fixed_points(const OddPolynomial& f);

struct Extremum {
  double at, value;
};
Extremum first_maximum(const OddPolynomial& f);
Extremum first_minimum(const OddPolynomial& f);  ///< beyond the maximum; {0, 0}: none

/// Where the tuned quintic's values stay for ever once they have entered: from its minimum to the image of the minimum.
struct Band {
  double low, high;
};
Band absorbing_band(const OddPolynomial& f);

/// Iterations until |1 - s^2| < tolerance; 0 when 1000 are not enough.
int steps_to_converge(const OddPolynomial& f, double s, double tolerance = 0.01);
/// Iterations that bring a singular value s of the normalised matrix into the band, by the formula
/// k(s) = 1 + ceil(ln(s_in / s) / ln a)+, where f(s_in) is the band's lower edge.
int steps_to_band(const OddPolynomial& f, double s);
/// The same by iterating, for the test of the formula.
int simulated_steps_to_band(const OddPolynomial& f, double s);

/// Root mean square of 1 - s^2: |XX' - I|_F / sqrt(n).
double residual(std::span<const double> singular_values);
/// |tr(I - XX')| / n: what a stopping rule on the trace sees. Signs cancel.
double trace_residual(std::span<const double> singular_values);

/// A spectrum that momentum matrices are compared with, normalised to sum of squares 1. Quantiles, not draws:
/// deterministic.
struct Spectrum {
  std::string_view name;
  std::vector<double> singular_values;
};
std::vector<Spectrum> standard_spectra(std::size_t n = 768);

/// Lowest and highest residual that the standard spectra show at iterations 5 to 30, once they have entered the band: a
/// tolerance below the range is never met, one above it is met on entry.
struct Range {
  double low, high;
};
Range residual_floor(const OddPolynomial& f);
/// The tuned quintic's values wander in the band for some twenty iterations and then fall into a cycle of four
/// (0.682, 1.134, 0.753, 1.047), which attracts because its last value lies next to the minimum of f.
struct LongRun {
  std::vector<double> cycle;  ///< empty: none of up to 16 values found
  double residual;            ///< root mean square of 1 - s^2 over the cycle
  double mean_square;         ///< of s
};
LongRun long_run(const OddPolynomial& f);

/// First iteration at which a rule fires on a spectrum, with the residual there; {0, 0}: not within `most`.
struct Stop {
  int iteration;
  double residual;
};
Stop stops_by_residual(const OddPolynomial& f, std::vector<double> singular_values, double epsilon, int most = 30);
Stop stops_by_trace(const OddPolynomial& f, std::vector<double> singular_values, double epsilon, int most = 30);

}  // namespace expanalyze::newton_schulz
