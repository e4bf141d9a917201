#include "stats/aftermath.hpp"

#include <cmath>
#include <numeric>

#include "support/catch.hpp"
#include "unit/stats/support.hpp"

using namespace expanalyze::stats;
using testing::clean_loss;

namespace {

std::vector<double> steps(std::size_t n, double cadence = 1) {
  std::vector<double> out(n);
  for (std::size_t i = 0; i < n; ++i) out[i] = cadence * static_cast<double>(i);
  return out;
}

// Rises by `height`, falls back with time constant 15 to `rest` above the curve.
void inject(std::vector<double>& loss, std::size_t at, double height, double rest) {
  for (std::size_t i = at; i < loss.size(); ++i)
    loss[i] *= 1 + rest + (height - rest) * std::exp(-static_cast<double>(i - at) / 15);
}

Aftermath of_first(const std::vector<double>& loss, double cadence = 1) {
  const std::vector<Spike> spikes = persistent_spikes(loss, static_cast<std::size_t>(cadence));
  REQUIRE_FALSE(spikes.empty());
  return aftermath(steps(loss.size(), cadence), loss, spikes, 0);
}

}  // namespace

TEST_CASE("a spike that heals and one that leaves the run 5 % above its trend") {
  std::size_t healed = 0, kept = 0;
  double offset = 0;
  for (std::uint64_t key = 0; key < 20; ++key) {
    std::vector<double> heals = clean_loss(5000, key), stays = heals;
    inject(heals, 3000, 0.3, 0);
    inject(stays, 3000, 0.3, 0.05);
    healed += of_first(heals).recovery == Recovery::recovering ? 1 : 0;
    const Aftermath a = of_first(stays);
    kept += a.recovery == Recovery::nonrecovering ? 1 : 0;
    offset += a.offset / 20;
    CHECK(a.low < std::log(1.05));
    CHECK(a.high > std::log(1.05));
  }
  CHECK(healed == 20);
  CHECK(kept >= 14);  // the trend of 500 records under 2.8 % of noise is good to about 2 %
  CHECK(offset == Approx(std::log(1.05)).margin(0.005));
}

TEST_CASE("half recovery and lost progress of a spike of known shape") {
  std::vector<double> loss = clean_loss(4000, 3, 0.002);
  inject(loss, 3000, 0.3, 0);
  const Aftermath a = of_first(loss);
  CHECK(a.half_recovery == Approx(15 * std::log(2.0)).margin(3));
  // ln loss of 2 + 8 / sqrt(t) falls by 0.034 per e-fold near 3000: above that a step is lost whole, for
  // 15 ln(0.26 / 0.034) = 31 steps; the tail below adds about 15.
  CHECK(a.lost_steps == Approx(46).margin(8));
}

TEST_CASE("too near to an end, or without positive values, it stays open") {
  std::vector<double> loss = clean_loss(3100, 5);
  inject(loss, 3000, 0.3, 0);
  CHECK(of_first(loss).recovery == Recovery::open);
  CHECK(of_first(loss).lost_steps > 0);
  const std::vector<double> negative(400, -1);
  const Spike spike{100, 110, 101, 1, 1, true};
  CHECK(aftermath(steps(400), negative, std::span(&spike, 1), 0).recovery == Recovery::open);
  CHECK(std::isnan(aftermath(steps(400), negative, std::span(&spike, 1), 0).offset));
}

TEST_CASE("a later spike does not count as the offset of an earlier one") {
  std::vector<double> loss = clean_loss(5000, 11);
  inject(loss, 3000, 0.3, 0);
  inject(loss, 3260, 0.6, 0);
  const std::vector<Spike> spikes = persistent_spikes(loss);
  REQUIRE(spikes.size() == 2);
  const auto x = steps(loss.size());
  CHECK(aftermath(x, loss, spikes, 0).records == 60);
  CHECK(aftermath(x, loss, spikes, 0).recovery == Recovery::recovering);
  CHECK(aftermath(x, loss, spikes, 1).recovery == Recovery::recovering);
}
