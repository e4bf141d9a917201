// Expected values: science handbook E3.2 (n = 256, N = 1024, theta = 10, sigma = 1), with the arithmetic beside each.
#include "theory/spectral_proxies.hpp"

#include <array>

#include "support/catch.hpp"

namespace sp = expanalyze::spectral_proxies;

namespace {
constexpr sp::SpikedModel kModel{256, 1024, 10, 1};
}

TEST_CASE("the trace overstates the spectral norm 23.6 times, the Frobenius norm 1.88 times") {
  CHECK(kModel.largest() == Approx(11.275));                              // 11 (1 + 0.25 / 10)
  CHECK(kModel.trace() / kModel.largest() == Approx(23.6).margin(0.05));  // 266 / 11.275
  CHECK(kModel.frobenius() / kModel.largest() == Approx(1.88).margin(0.005));
}

TEST_CASE("20 % more noise moves the trace by 19 % and the spectral norm by 2 %") {
  sp::SpikedModel noisy = kModel;
  noisy.sigma2 = 1.2;
  CHECK(noisy.trace() / kModel.trace() - 1 == Approx(0.193).margin(0.001));       // 317.2 / 266
  CHECK(noisy.largest() / kModel.largest() - 1 == Approx(0.022).margin(0.0015));  // 11.536 / 11.275
  CHECK(kModel.noise_share() == Approx(256.0 / 266));
  CHECK(kModel.largest_sensitivity() == Approx(0.125));
}

TEST_CASE("a weak spike drowns in the edge of the noise") {
  constexpr sp::SpikedModel weak{256, 1024, 0.4, 1};  // l = 1.4 < 1.5
  CHECK(weak.largest() == Approx(2.25));
  CHECK(weak.largest_sensitivity() == 1);
}

TEST_CASE("bounds of other estimators") {
  CHECK(sp::gershgorin_looseness(256, 1024) == Approx(3.3).margin(0.05));
  CHECK(sp::frobenius_power_factor(100, 0) == Approx(10));
  CHECK(sp::frobenius_power_factor(100, 2) == Approx(1.8).margin(0.05));
  CHECK(sp::power_iteration_error(256, 11) == Approx(0.0871 * 5.545177).epsilon(1e-6));
  CHECK(sp::noise_share_at(4) == 0.75);
}

TEST_CASE("the cheapest estimator within the tolerance is chosen, none when all are too loose") {
  constexpr std::array by_cost{sp::Estimator{"trace", 5, "n"}, sp::Estimator{"frobenius", 1.4, "n^2"},
                               sp::Estimator{"power iteration", 0.95, "k n^2"}};
  REQUIRE(sp::cheapest_within(by_cost, 2) != nullptr);
  CHECK(sp::cheapest_within(by_cost, 2)->name == "frobenius");
  CHECK(sp::cheapest_within(by_cost, 1.1)->name == "power iteration");
  CHECK(sp::cheapest_within(by_cost, 1.01) == nullptr);
}
