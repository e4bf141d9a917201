#include "stats/pairing.hpp"

#include <cmath>

#include "support/catch.hpp"
#include "unit/stats/support.hpp"

using namespace expanalyze::stats;
using testing::clean_loss;

namespace {

// Another optimizer on the same batches: another curve, 5 % of own noise, the batches shifted by `lag`.
std::vector<double> same_batches(const std::vector<double>& loss, std::size_t lag, std::uint64_t key) {
  const std::vector<double> own = clean_loss(loss.size(), key, 0.001);
  std::vector<double> result(loss.size(), 3);
  for (std::size_t i = lag; i < loss.size(); ++i) {
    const double curve = 2 + 8 / std::sqrt(static_cast<double>(i - lag) + 20);
    result[i] = 0.9 * own[i] * loss[i - lag] / curve;
  }
  return result;
}

}  // namespace

TEST_CASE("two runs on the same batches are paired") {
  const std::vector<double> a = clean_loss(2000, 1);
  const OrderPairing pairing = paired_by_order(a, same_batches(a, 0, 2));
  CHECK(pairing.paired);
  CHECK(pairing.correlation > 0.98);
  CHECK(pairing.lag == 0);
  CHECK(pairing.n == 1900);
}

TEST_CASE("an offset of the data is found, and its sign") {
  const std::vector<double> a = clean_loss(2000, 1), b = same_batches(a, 3, 2);
  CHECK(paired_by_order(a, b).lag == 3);
  CHECK(paired_by_order(b, a).lag == -3);
  CHECK(paired_by_order(b, a).correlation == Approx(paired_by_order(a, b).correlation));
}

TEST_CASE("a burst of broken batches in one run does not undo the pairing") {
  const std::vector<double> a = clean_loss(2000, 1);
  std::vector<double> b = same_batches(a, 0, 2);
  for (std::size_t i = 1000; i < 1010; ++i) b[i] *= 5;
  CHECK(paired_by_order(a, b).correlation > 0.9);
}

TEST_CASE("two runs on different batches are not paired") {
  // 41 lags at rho > 0.15 with n = 1900: 6.5 standard errors
  for (std::uint64_t key = 0; key < 20; ++key) {
    CHECK_FALSE(paired_by_order(clean_loss(2000, 2 * key), clean_loss(2000, 2 * key + 1)).paired);
  }
}

TEST_CASE("what cannot be tested is not paired and says n = 0") {
  std::vector<double> a = clean_loss(300, 1);
  CHECK(paired_by_order(a, a).n == 285);
  CHECK(paired_by_order(a, clean_loss(299, 1)).n == 0);
  CHECK(paired_by_order(clean_loss(199, 1), clean_loss(199, 1)).n == 0);
  CHECK(paired_by_order(std::vector<double>(500, 2), std::vector<double>(500, 2)).n == 0);
  a[7] = std::nan("");
  CHECK(paired_by_order(a, a).n == 0);
  CHECK(std::isnan(paired_by_order(a, a).correlation));
}
