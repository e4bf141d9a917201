#include "theory/newton_schulz.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace expanalyze::newton_schulz {

namespace {

constexpr double kSearchTo =
    3.0;  // no polynomial here has a root of interest beyond: the cubic leaves its basin at 1.73
constexpr int kGrid = 30000;

/// Sign changes of g on (0, kSearchTo], refined by bisection.
template <class Function>
std::vector<double> roots(Function g) {
  std::vector<double> found;
  double left = kSearchTo / kGrid;
  for (int i = 2; i <= kGrid; ++i) {
    const double right = kSearchTo * i / kGrid;
    if (g(left) == 0 || std::signbit(g(left)) != std::signbit(g(right))) {
      double a = left;
      double b = right;
      for (int k = 0; k < 60; ++k) {
        const double middle = (a + b) / 2;
        (std::signbit(g(middle)) == std::signbit(g(a)) ? a : b) = middle;
      }
      found.push_back((a + b) / 2);
    }
    left = right;
  }
  return found;
}

void normalise(std::vector<double>& s) {
  const double norm = std::sqrt(std::inner_product(s.begin(), s.end(), s.begin(), 0.0));
  for (double& v : s) v /= norm;
}

/// Quantiles of the singular values of a Gaussian matrix with aspect ratio gamma = columns / rows <= 1
/// (Marchenko & Pastur 1967): density sqrt((b^2 - s^2)(s^2 - a^2)) / s on [a, b] = 1 -+ sqrt(gamma).
std::vector<double> gaussian_spectrum(std::size_t n, double gamma) {
  const double a = 1 - std::sqrt(gamma);
  const double b = 1 + std::sqrt(gamma);
  constexpr std::size_t cells = 20000;
  std::vector<double> cumulative(cells + 1, 0.0);
  const auto at = [a, b](std::size_t i, double part) { return a + (b - a) * (static_cast<double>(i) + part) / cells; };
  for (std::size_t i = 0; i < cells; ++i) {
    const double s = at(i, 0.5);
    cumulative[i + 1] = cumulative[i] + std::sqrt(std::max(0.0, (b * b - s * s) * (s * s - a * a))) / s;
  }
  std::vector<double> s;
  for (std::size_t j = 0; j < n; ++j) {
    const double wanted = cumulative.back() * (static_cast<double>(j) + 0.5) / static_cast<double>(n);
    const auto next = std::upper_bound(cumulative.begin(), cumulative.end(), wanted) - cumulative.begin();
    const auto i = static_cast<std::size_t>(next - 1);
    s.push_back(at(i, (wanted - cumulative[i]) / (cumulative[i + 1] - cumulative[i])));
  }
  return s;
}

std::vector<double> power_law(std::size_t n, double exponent) {
  std::vector<double> s;
  for (std::size_t i = 1; i <= n; ++i) s.push_back(std::pow(static_cast<double>(i), -exponent));
  return s;
}

/// A 16th of the directions carry signal at 1 to 3 times the largest noise value; the rest is square Gaussian noise.
std::vector<double> low_rank_plus_noise(std::size_t n) {
  std::vector<double> s = gaussian_spectrum(n, 1.0);
  const std::size_t rank = n / 16;
  for (std::size_t i = 0; i < rank; ++i)
    s[n - 1 - i] = 2 + 4 * static_cast<double>(rank - i) / static_cast<double>(rank);
  return s;
}

template <class Measure>
Stop first_below(const OddPolynomial& f, std::vector<double>& s, double epsilon, int most, Measure measure) {
  for (int k = 1; k <= most; ++k) {
    for (double& v : s) v = f(v);
    if (measure(s) < epsilon) return {k, residual(s)};
  }
  return {0, 0};
}

}  // namespace

std::vector<FixedPoint> fixed_points(const OddPolynomial& f) {
  std::vector<FixedPoint> points;
  for (const double s : roots([&f](double x) { return f(x) - x; })) points.push_back({s, f.slope(s)});
  return points;
}

Extremum first_maximum(const OddPolynomial& f) {
  const auto flat = roots([&f](double x) { return f.slope(x); });
  return flat.empty() ? Extremum{0, 0} : Extremum{flat.front(), f(flat.front())};
}

Extremum first_minimum(const OddPolynomial& f) {
  const auto flat = roots([&f](double x) { return f.slope(x); });
  return flat.size() < 2 ? Extremum{0, 0} : Extremum{flat[1], f(flat[1])};
}

Band absorbing_band(const OddPolynomial& f) {
  const double low = first_minimum(f).value;
  return {low, f(low)};
}

int steps_to_converge(const OddPolynomial& f, double s, double tolerance) {
  for (int k = 0; k <= 1000; ++k, s = f(s))
    if (std::abs(1 - s * s) < tolerance) return k;
  return 0;
}

int steps_to_band(const OddPolynomial& f, double s) {
  const double edge = absorbing_band(f).low;
  const double entry = roots([&f, edge](double x) { return f(x) - edge; }).front();
  return 1 + std::max(0, static_cast<int>(std::ceil(std::log(entry / s) / std::log(f.a))));
}

int simulated_steps_to_band(const OddPolynomial& f, double s) {
  const double edge = absorbing_band(f).low;
  int k = 0;
  while (s < edge && k < 1000) {
    s = f(s);
    ++k;
  }
  return k;
}

double residual(std::span<const double> s) {
  double sum = 0;
  for (const double v : s) sum += (1 - v * v) * (1 - v * v);
  return std::sqrt(sum / static_cast<double>(s.size()));
}

double trace_residual(std::span<const double> s) {
  double sum = 0;
  for (const double v : s) sum += 1 - v * v;
  return std::abs(sum) / static_cast<double>(s.size());
}

std::vector<Spectrum> standard_spectra(std::size_t n) {
  std::vector<Spectrum> all{{"square Gaussian", gaussian_spectrum(n, 1.0)},
                            {"4:1 Gaussian", gaussian_spectrum(n, 0.25)},
                            {"power law i^-1/2", power_law(n, 0.5)},
                            {"power law 1/i", power_law(n, 1.0)},
                            {"low rank plus noise", low_rank_plus_noise(n)}};
  for (Spectrum& spectrum : all) normalise(spectrum.singular_values);
  return all;
}

Range residual_floor(const OddPolynomial& f) {
  Range range{1e9, 0};
  for (Spectrum& spectrum : standard_spectra()) {
    bool entered = false;
    for (int k = 1; k <= 30; ++k) {
      for (double& v : spectrum.singular_values) v = f(v);
      const double r = residual(spectrum.singular_values);
      // 0.45 lies between the floors (0.41) and what a spectrum shows that still grows (0.47, power law 1/i, iteration
      // 5).
      entered = entered || r < 0.45;
      if (entered && k >= 5) range = {std::min(range.low, r), std::max(range.high, r)};
    }
  }
  return range;
}

LongRun long_run(const OddPolynomial& f) {
  double s = 0.9;
  for (int i = 0; i < 5000; ++i) s = f(s);
  LongRun result{{s}, 0, 0};
  for (double next = f(s); std::abs(next - s) > 1e-9; next = f(next)) {
    if (result.cycle.size() == 16) return {};
    result.cycle.push_back(next);
  }
  std::rotate(result.cycle.begin(), std::min_element(result.cycle.begin(), result.cycle.end()), result.cycle.end());
  result.residual = residual(result.cycle);
  for (const double v : result.cycle) result.mean_square += v * v / static_cast<double>(result.cycle.size());
  return result;
}

Stop stops_by_residual(const OddPolynomial& f, std::vector<double> s, double epsilon, int most) {
  return first_below(f, s, epsilon, most, [](const std::vector<double>& v) { return residual(v); });
}

Stop stops_by_trace(const OddPolynomial& f, std::vector<double> s, double epsilon, int most) {
  return first_below(f, s, epsilon, most, [](const std::vector<double>& v) { return trace_residual(v); });
}

}  // namespace expanalyze::newton_schulz
