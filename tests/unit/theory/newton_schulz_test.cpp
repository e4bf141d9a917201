// Expected values: science handbook E4; the tables of steps and the cycle also follow by hand from f.
#include "theory/newton_schulz.hpp"

#include <array>

#include "support/catch.hpp"

namespace ns = expanalyze::newton_schulz;

TEST_CASE("the tuned quintic has no attracting fixed point") {
  CHECK(ns::kTuned(1) == Approx(0.701).margin(1e-9));
  const auto points = ns::fixed_points(ns::kTuned);
  REQUIRE(points.size() == 2);
  CHECK(points[0].at == Approx(0.8680).margin(5e-5));
  CHECK(points[0].multiplier == Approx(-1.58).margin(5e-3));
  CHECK(points[1].at == Approx(1.2637).margin(5e-5));
  CHECK(points[1].multiplier == Approx(6.5).margin(5e-2));
}

TEST_CASE("its values stay in [0.682, 1.134] and pass 1.2024 at most") {
  const auto band = ns::absorbing_band(ns::kTuned);
  CHECK(band.low == Approx(0.682).margin(5e-4));
  CHECK(band.high == Approx(1.134).margin(5e-4));
  CHECK(ns::first_minimum(ns::kTuned).at == Approx(1.0501).margin(5e-5));
  CHECK(ns::first_maximum(ns::kTuned).at == Approx(0.5545).margin(5e-5));
  CHECK(ns::first_maximum(ns::kTuned).value == Approx(1.2024).margin(5e-5));
}

TEST_CASE("in the long run they cycle through four values") {
  const auto end = ns::long_run(ns::kTuned);
  REQUIRE(end.cycle.size() == 4);
  double multiplier = 1;
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(ns::kTuned(end.cycle[i]) == Approx(end.cycle[(i + 1) % 4]).margin(1e-8));
    multiplier *= ns::kTuned.slope(end.cycle[i]);
  }
  CHECK(std::abs(multiplier) < 1);  // attracting
  CHECK(end.cycle[0] == Approx(0.6819).margin(5e-5));
  CHECK(end.cycle[3] == Approx(1.0469).margin(5e-5));
  CHECK(end.residual == Approx(0.376).margin(5e-4));     // sqrt((.535^2 + .287^2 + .433^2 + .096^2) / 4)
  CHECK(end.mean_square == Approx(0.854).margin(5e-4));  // (.465 + 1.287 + .567 + 1.096) / 4
}

TEST_CASE("the classical iterations converge in the steps of the table") {
  constexpr std::array start{0.5, 0.1, 0.03, 0.01, 0.003, 0.001};
  constexpr std::array cubic{4, 8, 11, 14, 17, 20};
  constexpr std::array quintic{3, 5, 7, 9, 11, 13};
  for (std::size_t i = 0; i < start.size(); ++i) {
    CHECK(ns::steps_to_converge(ns::kCubic, start[i]) == cubic[i]);
    CHECK(ns::steps_to_converge(ns::kQuintic, start[i]) == quintic[i]);
  }
  CHECK(ns::steps_to_converge(ns::kTuned, 0.3, 1e-6) == 0);
  CHECK(1 - ns::kQuintic(0.682) == Approx(0.062).margin(5e-4));
  CHECK(1 - ns::kQuintic(ns::kQuintic(0.682)) == Approx(0.0006).margin(5e-5));
}

TEST_CASE("the formula for the iterations to the band agrees with iterating") {
  constexpr std::array start{0.1, 0.03, 0.01, 0.003, 0.001, 3e-4, 1e-4};
  for (std::size_t i = 0; i < start.size(); ++i) {
    CHECK(ns::steps_to_band(ns::kTuned, start[i]) == static_cast<int>(i) + 2);
    CHECK(ns::simulated_steps_to_band(ns::kTuned, start[i]) == static_cast<int>(i) + 2);
  }
}

TEST_CASE("no spread spectrum gets below a residual of 0.30, and 0.45 is met on entry") {
  const auto floor = ns::residual_floor(ns::kTuned);
  CHECK(floor.low == Approx(0.30).margin(5e-3));
  CHECK(floor.high == Approx(0.41).margin(5e-3));
  constexpr std::array entry{4, 3, 4, 6, 4};
  const auto spectra = ns::standard_spectra();
  REQUIRE(spectra.size() == entry.size());
  for (std::size_t i = 0; i < entry.size(); ++i) {
    CHECK(ns::stops_by_residual(ns::kTuned, spectra[i].singular_values, 0.45).iteration == entry[i]);
    CHECK(ns::stops_by_residual(ns::kTuned, spectra[i].singular_values, 0.05).iteration == 0);
  }
}

TEST_CASE("a trace cancels: 0.006 while the residual is 0.36") {
  auto s = ns::standard_spectra()[3].singular_values;
  for (int k = 0; k < 6; ++k)
    for (double& v : s) v = ns::kTuned(v);
  CHECK(ns::trace_residual(s) == Approx(0.006).margin(5e-4));
  CHECK(ns::residual(s) > 0.3);
}
