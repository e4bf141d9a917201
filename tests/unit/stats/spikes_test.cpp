#include "stats/spikes.hpp"

#include <cmath>
#include <limits>

#include "support/catch.hpp"
#include "unit/stats/support.hpp"

using namespace expanalyze::stats;
using testing::clean_loss;

namespace {

// Rises at once by `height` (relative) and falls back exponentially over `records`.
void inject(std::vector<double>& loss, std::size_t at, double height, double records) {
  for (std::size_t i = at; i < loss.size(); ++i)
    loss[i] *= 1 + height * std::exp(-static_cast<double>(i - at) / records);
}

}  // namespace

TEST_CASE("no spike in 1e5 clean records, dense or sparse") {
  CHECK(persistent_spikes(clean_loss(100'000, 1)).empty());
  std::size_t alarms = 0;
  for (std::uint64_t key = 0; key < 10; ++key) alarms += persistent_spikes(clean_loss(10'000, 50 + key), 10).size();
  CHECK(alarms <= 10);  // fewer than 1 in 1e5 steps: 1e5 records are 1e6 steps
}

TEST_CASE("single bad batches are counted, and are no spikes") {
  std::vector<double> loss = clean_loss(5000, 3, 0.01);
  const std::size_t natural = outlier_batches(loss).size();
  CHECK(natural < 20);
  for (const std::size_t i : {1000U, 2000U, 3000U}) loss[i] *= 1.5;
  CHECK(persistent_spikes(loss).empty());
  CHECK(outlier_batches(loss).size() == natural + 3);
}

TEST_CASE("a spike of 20 % is found with its onset, height and area") {
  std::vector<double> loss = clean_loss(5000, 7);
  inject(loss, 3000, 0.2, 15);
  const std::vector<Spike> spikes = persistent_spikes(loss);
  REQUIRE(spikes.size() == 1);
  CHECK(spikes[0].onset == 3000);
  CHECK(spikes[0].end > 3010);
  CHECK(spikes[0].end < 3050);
  CHECK(spikes[0].peak < 3005);
  CHECK(spikes[0].height == Approx(std::log(1.2)).margin(0.08));  // 0.18, and the largest of several noisy records
  CHECK(spikes[0].area == Approx(0.2 * 15).margin(1));            // about the sum of 0.2 exp(-i / 15)
  CHECK(spikes[0].recovered);
}

TEST_CASE("most spikes of 10 % are found, hardly any of 2 %") {
  std::size_t high = 0, low = 0;
  for (std::uint64_t key = 0; key < 40; ++key) {
    std::vector<double> tall = clean_loss(3000, key), flat = tall;
    inject(tall, 2000, 0.10, 15);
    inject(flat, 2000, 0.02, 15);
    high += persistent_spikes(tall).size();
    low += persistent_spikes(flat).size();
  }
  CHECK(high >= 32);
  CHECK(low <= 4);
}

TEST_CASE("a step up that stays does not recover, and later spikes are judged by the new level") {
  std::vector<double> loss = clean_loss(5000, 9);
  for (std::size_t i = 2000; i < loss.size(); ++i) loss[i] *= 1.5;
  inject(loss, 4000, 0.4, 15);
  const std::vector<Spike> spikes = persistent_spikes(loss);
  REQUIRE(spikes.size() == 2);
  CHECK(spikes[0].onset == 2000);
  CHECK(spikes[0].end == 2200);
  CHECK_FALSE(spikes[0].recovered);
  CHECK(spikes[1].onset == 4000);
  CHECK(spikes[1].recovered);
}

TEST_CASE("sparse records: two of three suffice, and the area is in steps") {
  std::vector<double> loss = clean_loss(400, 2, 0.005);
  loss[300] *= 1.3, loss[301] *= 1.2;
  CHECK(persistent_spikes(loss, 1).empty());
  const std::vector<Spike> spikes = persistent_spikes(loss, 50);
  REQUIRE(spikes.size() == 1);
  CHECK(spikes[0].end == 302);
  CHECK(spikes[0].area == Approx(50 * (std::log(1.3) + std::log(1.2))).epsilon(0.1));
}

TEST_CASE("non-finite records are skipped, indices stay those of the series") {
  std::vector<double> loss = clean_loss(2000, 7);
  inject(loss, 1500, 0.3, 15);
  for (const std::size_t i : {10U, 1400U, 1502U}) loss[i] = std::numeric_limits<double>::quiet_NaN();
  loss[1503] = std::numeric_limits<double>::infinity();
  const std::vector<Spike> spikes = persistent_spikes(loss);
  REQUIRE(spikes.size() == 1);
  CHECK(spikes[0].onset == 1500);
}

TEST_CASE("a series with values below zero is judged in its own units") {
  std::vector<double> reward(1000);
  const CounterRng rng(4);
  for (std::size_t i = 0; i < reward.size(); ++i) reward[i] = rng.normal(i) + (i >= 700 && i < 720 ? 8 : 0);
  const std::vector<Spike> spikes = persistent_spikes(reward);
  REQUIRE(spikes.size() == 1);
  CHECK(spikes[0].height == Approx(10).margin(2));
}

TEST_CASE("on the same batches a spike of 2 % is seen within 12 records, and clean differences are quiet") {
  std::size_t found = 0, alarms = 0;
  for (std::uint64_t key = 0; key < 40; ++key) {
    const CounterRng rng(1000 + key);
    std::vector<double> d(2500);
    for (std::size_t i = 0; i < d.size(); ++i) {
      // 2 % of batch noise that correlates 0.998 between the runs leaves 0.13 %.
      d[i] = 0.0013 * testing::t4(rng, i) + (i >= 2000 ? 0.02 * std::exp(-(static_cast<double>(i) - 2000) / 15) : 0);
    }
    alarms += paired_spikes(std::span(d).first(2000)).size();
    for (const Spike& s : paired_spikes(d)) found += s.onset >= 2000 && s.onset < 2012 ? 1 : 0;
  }
  CHECK(found == 40);
  CHECK(alarms <= 1);  // of 8e4 records
}

TEST_CASE("outlier batches are told by their place") {
  std::vector<double> loss(600, 2.0);
  const CounterRng rng(8);
  for (std::size_t i = 0; i < loss.size(); ++i) loss[i] += 0.01 * rng.normal(i);
  loss[10] = std::numeric_limits<double>::quiet_NaN();
  loss[300] *= 1.4;
  CHECK(outlier_batches(loss) == std::vector<std::size_t>{300});
}
