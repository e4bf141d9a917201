// Time per step from whatever a log has, the same on both sides (A1), and what is taken out of it by name.
#include "review/step_time.hpp"

#include <functional>

#include "expanalyze/report.hpp"
#include "stats/random.hpp"
#include "store/run_builder.hpp"
#include "support/catch.hpp"

using namespace expanalyze;

namespace {

struct Log {
  double seconds = 0.2;   ///< a step
  double jitter = 0.01;   ///< relative, of a step
  double start_up = 0;    ///< before the first step
  double evaluation = 0;  ///< seconds each, every 50 steps
  double stall = 0;       ///< seconds, at steps 225 and 625
  double batch = 0;       ///< samples a step; 0: not logged
  double tick = 0;        ///< of the clock
  int steps = 1000, every = 1;
  bool clock = true, step_time = false, mean_so_far = false, throughput = false;
  double shift = 0, faster_loss = 1;
  std::uint64_t seed = 1;
};

Run run(const Log& log) {
  RunBuilder builder;
  const stats::CounterRng rng(log.seed);
  double now = log.start_up, trained = 0, since = 0;
  std::uint32_t line = 0;
  for (int t = 1; t <= log.steps; ++t) {
    const double took = log.seconds * (1 + log.jitter * rng.normal(static_cast<std::uint64_t>(t)));
    now += took + (t % 400 == 225 ? log.stall : 0);
    trained += took;
    since += took;
    if (t % log.every != 0) continue;
    builder.begin_record(++line);
    builder.value("step", t);
    builder.value("train_loss", 0.3 + 3 / std::sqrt(1 + log.faster_loss * t / 20));
    const double shown = log.tick > 0 ? std::floor(now / log.tick) * log.tick : now;
    if (log.clock) builder.value("wall_time", log.shift + shown);
    if (log.step_time) builder.value("step_time", (log.mean_so_far ? trained / t : since / log.every));
    if (log.batch > 0) builder.value("samples", log.batch * t);
    if (log.throughput) builder.value("samples_per_second", log.batch * log.every / since);
    since = 0;
    if (t % 50 != 0) continue;
    builder.begin_record(++line);
    builder.value("step", t);
    builder.value("val_loss", 0.35 + 3 / std::sqrt(1 + log.faster_loss * t / 20));
    now += log.evaluation;
  }
  Run out = builder.finish(line);
  out.label = out.path = "run";
  return out;
}

WallClock wall(const Log& baseline, const Log& experiment) {
  RunStore store;
  store.runs = {run(baseline), run(experiment)};
  return review_runs(store, {{0}, {1}}).wall;
}

const Pause* named(const WallClock& w, std::string_view kind) {
  for (const Pause& p : w.pauses)
    if (p.kind == kind) return &p;
  return nullptr;
}

Log with(const std::function<void(Log&)>& change) {
  Log log;
  change(log);
  return log;
}

}  // namespace

TEST_CASE("the clock gives the time per step without start-up, evaluations and stalls, which are named") {
  const Log plain;
  const Log busy = with([](Log& l) { l.seconds = 0.3, l.start_up = 40, l.evaluation = 5, l.stall = 30, l.seed = 2; });
  const WallClock w = wall(plain, busy);
  CHECK(w.ratio.value == Approx(1.5).epsilon(0.01));
  CHECK(w.ratio.low < 1.5);
  CHECK(w.ratio.high > 1.5);
  REQUIRE(named(w, "evaluation"));
  CHECK(named(w, "evaluation")->experiment_seconds == Approx(19 * 5).epsilon(0.03));
  CHECK(named(w, "evaluation")->baseline_seconds < 1);
  REQUIRE(named(w, "stalls"));
  CHECK(named(w, "stalls")->experiment_seconds == Approx(60).epsilon(0.03));
}

TEST_CASE("both sides are read from the same clock") {
  const Log logged = with([](Log& l) { l.step_time = true, l.evaluation = 5; });
  const Log clock_only = with([](Log& l) { l.evaluation = 5, l.seed = 2; });
  CHECK(wall(logged, clock_only).ratio.value == Approx(1).epsilon(0.01));
  CHECK(wall(logged, clock_only).source == "the clock");
  CHECK(wall(logged, logged).source == "the logged step times");
  const Log no_clock = with([](Log& l) { l.step_time = true, l.clock = false; });
  const WallClock mixed = wall(no_clock, clock_only);
  CHECK(mixed.ratio.notes.front() == "other_clock");
  CHECK(std::isinf(mixed.ratio.high));
}

TEST_CASE("throughputs are used where both sides log them and the clock agrees") {
  const Log one = with([](Log& l) { l.throughput = true, l.batch = 64, l.every = 50, l.evaluation = 8; });
  const Log other = with([](Log& l) { l.throughput = true, l.batch = 64, l.every = 50, l.seconds = 0.1, l.seed = 3; });
  const WallClock w = wall(one, other);
  CHECK(w.source == "the logged throughput and the size of a step");
  CHECK(w.ratio.value == Approx(0.5).epsilon(0.01));
}

TEST_CASE("a mean over all steps so far is no time of a step") {
  const Log slow_start = with([](Log& l) { l.step_time = l.mean_so_far = true, l.start_up = 100; });
  CHECK(wall(slow_start, slow_start).source == "the clock");
}

TEST_CASE("steps of another size are compared per sample as well") {
  const WallClock w = wall(with([](Log& l) { l.batch = 64; }), with([](Log& l) { l.batch = 128, l.seconds = 0.3; }));
  CHECK(w.ratio.value == Approx(1.5).epsilon(0.01));
  CHECK(w.sample_ratio.value == Approx(0.75).epsilon(0.01));
  CHECK(w.sample_ratio.high < 0.8);
  const WallClock same = wall(with([](Log& l) { l.batch = 64; }), with([](Log& l) { l.batch = 64; }));
  CHECK(std::isnan(same.sample_ratio.value));
}

TEST_CASE("a clock in whole seconds is read over stretches of many of them") {
  const WallClock w =
      wall(with([](Log& l) { l.tick = 1; }), with([](Log& l) { l.tick = 1, l.seconds = 0.26, l.seed = 2; }));
  CHECK(w.ratio.value == Approx(1.3).epsilon(0.02));
}

TEST_CASE("steps of less than a millisecond are no rounding of the clock") {
  const WallClock w =
      wall(with([](Log& l) { l.seconds = 8.7e-4; }), with([](Log& l) { l.seconds = 1.74e-3, l.seed = 2; }));
  CHECK(w.ratio.value == Approx(2).epsilon(0.01));
  CHECK(w.ratio.low > 1.9);
}

TEST_CASE("the step times of the four-optimiser comparison come back (B6.3), whatever the noise of the steps") {
  for (const double r : {1.025, 1.294, 2.172}) {
    const WallClock w = wall(with([](Log& l) { l.seconds = 0.1386, l.jitter = 0.03; }),
                             with([r](Log& l) { l.seconds = 0.1386 * r, l.jitter = 0.03, l.seed = 9; }));
    INFO(r);
    CHECK(w.ratio.value == Approx(r).epsilon(0.004));
    CHECK(w.ratio.low < r);
    CHECK(w.ratio.high > r);
    CHECK(w.ratio.low > 1);
  }
}

TEST_CASE("swapping the sides inverts the ratio, a shifted clock changes nothing") {
  const Log one, other = with([](Log&l) { l.seconds = 0.23, l.start_up = 10, l.seed = 4; });
  const WallClock there = wall(one, other), back = wall(other, one);
  CHECK(there.ratio.value * back.ratio.value == Approx(1).epsilon(1e-12));
  CHECK(there.ratio.low * back.ratio.high == Approx(1).epsilon(1e-12));
  Log later = one;
  later.shift = 1e6;
  CHECK(wall(later, other).ratio.value == Approx(there.ratio.value).epsilon(1e-6));
}

TEST_CASE("another pace alone is said to be that") {
  const WallClock w = wall({}, with([](Log& l) { l.seconds = 0.17; }));
  const auto says = [&w](const char* words) {
    for (const auto& s : w.sentences)
      if (s.find(words) != std::string::npos) return true;
    return false;
  };
  CHECK(says("Faster at unchanged quality"));
}
