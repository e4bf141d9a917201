// Speed-ups at equal levels (B2): the numbers of a published comparison, and what must hold of any two curves.
#include <algorithm>
#include <functional>

#include "expanalyze/report.hpp"
#include "stats/random.hpp"
#include "store/run_builder.hpp"
#include "support/catch.hpp"

using namespace expanalyze;

namespace {

using Loss = std::function<double(double)>;

/// Loss that the baseline of the comparison has at a step: 4.9 at 300 of 3000, 3.345 at the end.
double slow(double t) { return 2.9 + 1.45 * std::pow(t / 300, -0.51); }

struct Log {
  Loss loss = slow;
  double steps = 3000, every = 25, seconds = 0.1386, shift = 0, noise = 0, scale = 1;
  std::uint64_t order = 1;
  std::string key = "val_loss";
};

Run run(const Log& log) {
  RunBuilder builder;
  const stats::CounterRng rng(log.order);
  std::uint32_t line = 0;
  for (double t = log.every; t <= log.steps; t += log.every) {
    builder.begin_record(++line);
    builder.value("step", t);
    builder.value(log.key, log.scale * (log.loss(t) + log.noise * rng.normal(static_cast<std::uint64_t>(t))));
    builder.value("wall_time", log.shift + log.seconds * t);
  }
  Run out = builder.finish(line);
  out.label = out.path = "run";
  return out;
}

Convergence compare(const Log& baseline, const Log& experiment) {
  RunStore store;
  store.runs = {run(baseline), run(experiment)};
  return review_runs(store, {{0}, {1}}).convergence;
}

const SpeedupCurve& on_axis(const Convergence& c, Axis axis) {
  return *std::find_if(c.speedup.begin(), c.speedup.end(), [axis](const SpeedupCurve& s) { return s.axis == axis; });
}

/// S at a level, between the two that enclose it.
double at_level(const Convergence& c, Axis axis, double level) {
  const auto& levels = on_axis(c, axis).levels;
  std::size_t i = 1;
  while (i + 1 < levels.size() && levels[i].level > level) ++i;
  const double share = (levels[i - 1].level - level) / (levels[i - 1].level - levels[i].level);
  return levels[i - 1].speedup.value + share * (levels[i].speedup.value - levels[i - 1].speedup.value);
}

/// A curve that stands at each level `s(level)` times sooner than the slow one.
Loss sooner(const std::function<double(double)>& s) {
  return [s](double t) {
    double low = 2.9, high = 20;  // the level at which slow's step over s is t
    for (int i = 0; i < 80; ++i) {
      const double level = 0.5 * (low + high);
      const double step = 300 * std::pow((level - 2.9) / 1.45, -1 / 0.51) / s(level);
      (step > t ? low : high) = level;
    }
    return 0.5 * (low + high);
  };
}

/// Through the table's three levels, a line in the level between.
std::function<double(double)> through(double at4, double at35, double last) {
  return [=](double level) {
    const double s =
        level > 3.5 ? at35 + (at4 - at35) * (level - 3.5) / 0.5 : last + (at35 - last) * (level - 3.345) / 0.155;
    return std::clamp(s, std::min({at4, at35, last}), std::max({at4, at35, last}));
  };
}

Convergence::Early flipped(Convergence::Early e) {
  return e == Convergence::Early::faster   ? Convergence::Early::slower
         : e == Convergence::Early::slower ? Convergence::Early::faster
                                           : e;
}

}  // namespace

TEST_CASE("the speed-ups of Muon, SOAP and Shampoo over Adam come back, in steps and in seconds (B2.3)") {
  struct Row {
    double at4, at35, last, step_time, wall_last;
  };
  for (const Row& row :
       {Row{1.78, 1.60, 1.17, 1.025, 1.15}, Row{1.48, 1.51, 1.16, 2.172, 0.54}, Row{1.49, 1.39, 1.13, 1.294, 0.87}}) {
    Log fast;
    fast.loss = sooner(through(row.at4, row.at35, row.last));
    fast.seconds *= row.step_time;
    const Convergence c = compare({}, fast);
    INFO(row.last);
    CHECK(at_level(c, Axis::step, 4.0) == Approx(row.at4).epsilon(0.02));
    CHECK(at_level(c, Axis::step, 3.5) == Approx(row.at35).epsilon(0.05));
    CHECK(on_axis(c, Axis::step).levels.back().speedup.value == Approx(row.last).epsilon(0.01));
    CHECK(on_axis(c, Axis::wall).levels.back().speedup.value == Approx(row.wall_last).epsilon(0.02));
    CHECK(c.early == Convergence::Early::faster);
    CHECK(on_axis(c, Axis::step).trend.value < 0);
    CHECK(on_axis(c, Axis::step).levels.back().speedup.low < row.last);
  }
}

TEST_CASE("a curve against itself stretched by k has the speed-up k at every level, noisy or not") {
  for (const double noise : {0.0, 0.05})
    for (const double k : {2.0, 3.0}) {
      Log quick, base;
      quick.noise = base.noise = noise;
      quick.every = 5;
      base.every = k * quick.every;
      base.steps = k * quick.steps;
      const stats::CounterRng rng(7);
      const auto loss = [&](double t) { return slow(t) + noise * rng.normal(static_cast<std::uint64_t>(t)); };
      quick.noise = base.noise = 0;
      quick.loss = loss;
      base.loss = [&](double t) { return loss(t / k); };
      const Convergence c = compare(base, quick);
      INFO(noise << " " << k);
      for (const auto& l : on_axis(c, Axis::step).levels) CHECK(l.speedup.value == Approx(k).epsilon(1e-6));
      CHECK(on_axis(c, Axis::step).trend.value == Approx(0).margin(1e-6));
    }
}

TEST_CASE("a training loss with more noise than its fall still gives sensible crossings") {
  Log base, quick;
  base.key = quick.key = "train_loss";
  base.every = quick.every = 1;
  base.noise = quick.noise = 0.1;
  quick.order = 2;
  quick.loss = [](double t) { return slow(1.5 * t); };
  const Convergence c = compare(base, quick);
  for (const auto& l : on_axis(c, Axis::step).levels) {
    CHECK(l.speedup.value == Approx(1.5).epsilon(0.15));
    CHECK(l.speedup.low < 1.5);
    CHECK(l.speedup.high > 1.5);
  }
  CHECK(c.early != Convergence::Early::slower);
}

TEST_CASE("swapping the sides inverts the speed-ups and flips the early verdict") {
  Log fast;
  fast.loss = sooner(through(1.78, 1.60, 1.17));
  const Convergence there = compare({}, fast), back = compare(fast, {});
  CHECK(back.early == flipped(there.early));
  const auto& a = on_axis(there, Axis::step).levels;
  const auto& b = on_axis(back, Axis::step).levels;
  for (std::size_t i = 0; i < a.size(); ++i) {
    CHECK(a[i].speedup.value * b[i].speedup.value == Approx(1).epsilon(1e-9));
    CHECK(a[i].speedup.low * b[i].speedup.high == Approx(1).epsilon(1e-9));
  }
}

TEST_CASE("logging less often, another unit, a shifted clock: the same verdict") {
  for (const double speed : {0.7, 1.0, 1.5}) {
    Log base, other;
    base.every = other.every = 5;
    other.loss = [speed](double t) { return slow(speed * t); };
    const Convergence full = compare(base, other);
    INFO(speed);
    for (const double thin : {2.0, 5.0, 10.0}) {
      Log b = base, e = other;
      b.every = e.every = 5 * thin;
      CHECK(compare(b, e).early == full.early);
    }
    Log bits = base, other_bits = other;
    bits.scale = other_bits.scale = 1 / std::log(2.0);
    const Convergence in_bits = compare(bits, other_bits);
    CHECK(in_bits.early == full.early);
    CHECK(in_bits.early_gap.value == Approx(full.early_gap.value).margin(1e-9));
    Log late = other;
    late.shift = 1e5;
    const Convergence shifted = compare(base, late);
    for (std::size_t i = 0; i < 20; ++i)
      CHECK(on_axis(shifted, Axis::wall).levels[i].speedup.value ==
            Approx(on_axis(full, Axis::wall).levels[i].speedup.value).epsilon(1e-6));
  }
}

TEST_CASE("a level that is not reached is censored and stays in the list") {
  Log worse;
  worse.loss = [](double t) { return slow(t) + 0.2; };
  const Convergence c = compare({}, worse);
  REQUIRE(c.levels.size() == 5);
  CHECK(std::isinf(c.levels.back().experiment_step));
  CHECK(std::isnan(c.levels.back().speedup));
  CHECK(std::isfinite(c.levels.front().speedup));
}

TEST_CASE("the side that is ahead in the middle of its schedule is said to be there, with numbers") {
  Log fast;
  fast.loss = sooner(through(1.78, 1.60, 1.17));
  const auto sentences = compare({}, fast).sentences;
  CHECK(std::any_of(sentences.begin(), sentences.end(),
                    [](const std::string& s) { return s.find("of its own schedule") != std::string::npos; }));
}

namespace {

/// Three seeds a side; those of the experiment are `apart` steps' worth earlier and later than their middle.
Convergence of_seeds(double apart, bool one_dies = false) {
  RunStore store;
  Comparison sides;
  const auto add = [&](std::vector<RunId>& ids, const Loss& loss, std::uint64_t order) {
    Log log;
    log.loss = loss;
    log.noise = 1e-4;
    log.order = order;
    ids.push_back(store.runs.size());
    store.runs.push_back(run(log));
    store.runs.back().label = store.runs.back().path = "run" + std::to_string(order);
  };
  for (const int i : {-1, 0, 1}) {
    add(
        sides.baseline, [](double t) { return slow(t); }, 10 + static_cast<std::uint64_t>(i + 1));
    // Seeds that disagree on the way and meet at the end.
    const double factor = 1 + apart * i;
    add(
        sides.experiment,
        [=](double t) {
          const double u = t / 3000;
          if (one_dies && i == 1 && u > 0.3) return 20.0;
          return slow(t * (1.3 + (factor - 1) * (1 - u)));
        },
        20 + static_cast<std::uint64_t>(i + 1));
  }
  return review_runs(store, sides).convergence;
}

double width(const SpeedupCurve::At& level) { return std::log(level.speedup.high / level.speedup.low); }

}  // namespace

TEST_CASE("seeds that disagree on the way widen the speed-ups, most where they disagree most") {
  const auto agreeing = of_seeds(0), apart = of_seeds(0.2);
  const auto& a = on_axis(agreeing, Axis::step).levels;
  const auto& b = on_axis(apart, Axis::step).levels;
  CHECK(width(b.back()) > 1.5 * width(a.back()));
  CHECK(width(b[10]) / width(a[10]) > 1.2 * width(b.back()) / width(a.back()));
}

TEST_CASE("one seed that died widens neither the speed-ups nor the early gap") {
  const auto alive = of_seeds(0), one_dead = of_seeds(0, true);
  CHECK(one_dead.early == alive.early);
  CHECK(one_dead.early_gap.high - one_dead.early_gap.low < 1.5 * (alive.early_gap.high - alive.early_gap.low));
  CHECK(width(on_axis(one_dead, Axis::step).levels.back()) < 1.5 * width(on_axis(alive, Axis::step).levels.back()));
}
