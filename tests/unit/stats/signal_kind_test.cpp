// Each kind of signal from a formula, its near misses, and input that is too little or broken.
#include "stats/signal_kind.hpp"

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "stats/random.hpp"
#include "support/catch.hpp"

using namespace expanalyze::stats;
using Values = std::vector<double>;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

Values counting(std::size_t n) {
  Values x(n);
  for (std::size_t i = 0; i < n; ++i) x[i] = static_cast<double>(i);
  return x;
}

SignalShape shape(const std::function<double(double)>& of, std::size_t n = 400, const Values& bounds = {}) {
  const Values x = counting(n);
  Values y;
  for (const double t : x) y.push_back(of(t));
  return signal_shape(x, y, bounds);
}

std::string kind(const std::function<double(double)>& of, std::size_t n = 400) {
  return std::string(to_string(shape(of, n).kind));
}

double noise(double t) { return CounterRng(7).normal(static_cast<std::uint64_t>(t)); }
double uniform(double t) { return CounterRng(9).uniform(static_cast<std::uint64_t>(t)); }

}  // namespace

TEST_CASE("signal kind: a constant, to within a thousandth or one record in a hundred") {
  CHECK(kind([](double) { return 5.0; }) == "constant");
  CHECK(kind([](double) { return 0.0; }) == "constant");
  CHECK(kind([](double t) { return 2 + 1e-5 * noise(t); }) == "constant");
  CHECK(kind([](double t) { return t == 200 ? 0.25 : 1.0; }) == "constant");
  CHECK(kind([](double t) { return 2 + 1e-2 * noise(t); }) == "alive");
}

TEST_CASE("signal kind: a clock rises along a line or at a steady rate") {
  CHECK(kind([](double t) { return 524288 * (t + 1); }) == "clock");
  CHECK(kind([](double t) { return 1.7e9 + t * 0.3 + 0.1 * uniform(t); }) == "clock");  // a stamp, in seconds
  CHECK(kind([](double t) { return t * 0.3 + (t > 150 ? 4000.0 : 0.0); }) == "clock");  // a night's pause
  CHECK(kind([](double t) { return 1000 - t; }) == "clock");                            // what is left to do
  CHECK(kind([](double t) { return std::floor(t / 50); }) != "clock");                  // whole epochs stand still
  CHECK(kind([](double t) { return 20 + 5 * std::sqrt(t) + 0.2 * noise(t); }) == "drifting");  // a norm that grows
}

TEST_CASE("signal kind: a count of events rises by fits and starts") {
  CHECK(kind([](double t) { return t < 100 ? 0.0 : t < 120 ? t - 100 : 20.0; }) == "event_count");
  CHECK(shape([](double t) { return t < 100 ? 0.0 : t < 120 ? t - 100 : 20.0; }).last_event == 120);
  CHECK(kind([](double t) { return t < 100 ? 2 + std::floor(3 * uniform(t)) : 5.0; }) == "saturated");
}

TEST_CASE("signal kind: pinned at an end of its range, or at a bound from the config") {
  const auto capped = [](double t) { return uniform(t) < 0.97 ? 8.0 : 8 * uniform(t + 1000); };
  const SignalShape s = shape(capped);
  CHECK(s.kind == SignalKind::pinned);
  CHECK(s.bound == 8);
  CHECK(s.at_bound > 0.95);
  CHECK(s.since == 0);
  CHECK(kind([](double t) { return uniform(t) < 0.85 ? 8.0 : 8 * uniform(t + 1000); }) != "pinned");
  // In the middle of its range nothing says that 3 is a bound, unless a setting does.
  const auto middle = [](double t) { return uniform(t) < 0.97 ? 3.0 : 6 * uniform(t + 1000); };
  CHECK(shape(middle).kind == SignalKind::quiet);
  CHECK(shape(middle, 400, {3}).kind == SignalKind::pinned);
}

TEST_CASE("signal kind: saturated: free at first, at its bound at the end, with the step where it got there") {
  const SignalShape s = shape([](double t) { return t < 150 ? 2 + 5 * uniform(t) : 8.0; });
  CHECK(s.kind == SignalKind::saturated);
  CHECK(s.since > 130);
  CHECK(s.since <= 150);
  CHECK(s.earliest <= s.since);
  CHECK(s.latest >= s.since);
  CHECK(s.at_bound_first == 0);
  CHECK(s.at_bound_last == 1);
  // Near miss: as often at its bound at the start.
  CHECK(kind([](double t) { return std::fmod(t, 5) > 0 ? 8.0 : 8 * uniform(t); }) != "saturated");
}

TEST_CASE("signal kind: what follows a plan is no reaction, even where it ends at its highest value") {
  CHECK(kind([](double t) { return std::min(0.95, 0.85 + 0.1 * t / 200); }) == "scheduled");
  CHECK(kind([](double t) { return 0.5 + 0.5 * std::cos(t / 128); }) == "scheduled");
  CHECK(kind([](double t) { return 0.5 + 0.5 * std::cos(t / 128) + 0.05 * noise(t); }) != "scheduled");
}

TEST_CASE("signal kind: few levels, powers of two, multiples of a unit") {
  const SignalShape scale = shape([](double t) { return std::exp2(10 + std::floor(6 * uniform(std::floor(t / 20)))); });
  CHECK(scale.kind == SignalKind::quantised);
  CHECK(scale.powers_of_two);
  const SignalShape rounded = shape([](double t) { return std::fmod(t, 2) > 0 ? 524290.0 : 262140.0; });
  CHECK(rounded.powers_of_two);  // five digits of 2^19 and 2^18
  const SignalShape mean = shape([](double t) { return 2 + 0.1 * std::floor(25 * uniform(t)); });
  CHECK(mean.kind == SignalKind::quantised);
  CHECK(mean.unit == Approx(0.1));
  // Five digits of a continuous quantity are the log's unit, not its own.
  const SignalShape digits = shape([](double t) { return std::round(1e5 * uniform(t)) / 1e5; });
  CHECK(digits.kind == SignalKind::alive);
  CHECK(digits.unit == 0);
}

TEST_CASE("signal kind: a drift beyond its own noise, with its interval") {
  const SignalShape s = shape([](double t) { return 1 + 0.01 * t + 0.2 * noise(t); });
  CHECK(s.kind == SignalKind::drifting);
  CHECK(s.trend.low < 0.01);
  CHECK(s.trend.high > 0.01);
  CHECK(s.trend.low > 0.008);
  CHECK(kind([](double t) { return 1 + 0.2 * noise(t); }) == "alive");
  CHECK(kind([](double t) { return 1 + 2e-4 * t + 0.2 * noise(t); }) == "alive");  // a fifth of its noise a run
}

TEST_CASE("signal kind: the information of a signal in bits") {
  CHECK(binned_entropy(Values(50, 3.0)) == 0);
  Values coin, rare;
  for (int i = 0; i < 1000; ++i) {
    coin.push_back(i % 2);
    rare.push_back(i == 500 ? 7 : 1);
  }
  CHECK(binned_entropy(coin) == Approx(1));
  CHECK(binned_entropy(rare) == Approx(0.0114).margin(0.001));  // -(p log2 p + q log2 q), p = 1/1000
  CHECK(kind([](double t) { return uniform(t) < 0.03 ? 3 + noise(t + 999) : 3.0; }) == "quiet");
}

TEST_CASE("signal kind: too little or broken input says so") {
  CHECK(signal_shape(Values{}, Values{}).kind == SignalKind::unknown);
  CHECK(shape([](double) { return 1.0; }, 3).kind == SignalKind::unknown);
  CHECK(shape([](double) { return 1.0; }, 9).kind == SignalKind::unknown);
  CHECK(shape([](double) { return 1.0; }, 10).kind == SignalKind::constant);
  const SignalShape broken = shape([](double t) {
    return std::fmod(t, 2) > 0 ? kNaN : std::fmod(t, 3) > 0 ? kInf : 4;
  });
  CHECK(broken.kind == SignalKind::constant);
  CHECK(broken.non_finite + broken.n == 400);
  CHECK(shape([](double) { return kNaN; }).kind == SignalKind::unknown);
  CHECK(shape([](double t) { return std::fmod(t, 2) > 0 ? 1.7e308 : -1.7e308; }).kind != SignalKind::unknown);
  CHECK(shape([](double t) { return 5e-324 * std::fmod(t, 3); }).kind != SignalKind::unknown);
  CHECK_FALSE(clock_like(Values(20, 1.0), counting(20)));  // an axis that stands still
  CHECK_FALSE(clock_like(counting(20), Values(20, 1.0)));
  CHECK_FALSE(clock_like(counting(20), counting(19)));
}
