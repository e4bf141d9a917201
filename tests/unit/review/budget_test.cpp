// Budgets nobody ran: verdicts had both sides been planned to end together, prices of a budget, forecasts.
#include "review/budget.hpp"

#include <cmath>

#include "support/catch.hpp"
#include "support/law_run.hpp"

using namespace expanalyze;
using law_run::Plan;

namespace {

Plan plan(double steps, unsigned seed, double offset = 0) {
  Plan p;
  p.steps = steps;
  p.seed = seed;
  p.offset = offset;
  return p;
}

const AxisVerdict& step_of(const Review& r) { return on(r, Axis::step); }

}  // namespace

TEST_CASE("a longer schedule read where the shorter one ends looks worse, and its plan says that it is not") {
  const Review r = law_run::review({plan(8000, 1)}, {plan(4000, 2)});
  const AxisVerdict& step = step_of(r);
  INFO(step.why << "; " << step.planned_how);
  const double reading = law_run::truth(plan(8000, 1), 4000), planned = law_run::truth(plan(4000, 1), 4000);
  REQUIRE(reading - planned > 0.02);  // ten seed s.d. of the schedule's own doing
  CHECK(step.difference.value < -0.015);
  CHECK(std::abs(step.planned_difference.value) < 0.008);
  CHECK(step.verdict != Verdict::improved);
  CHECK(step.verdict != Verdict::regressed);
}

TEST_CASE("what truly helps is still found between schedules of other length") {
  const Review r = law_run::review({plan(8000, 1), plan(8000, 2), plan(8000, 3)},
                                   {plan(4000, 4, -.08), plan(4000, 5, -.08), plan(4000, 6, -.08)});
  INFO(step_of(r).planned_how);
  CHECK(step_of(r).planned == Verdict::improved);
  CHECK(step_of(r).planned_difference.value == Approx(-.08).margin(.01));
}

TEST_CASE("the planned difference covers the truth as often as it says, and swapping the sides flips its sign") {
  int covered = 0, resolved = 0;
  constexpr int kTrials = 60;
  for (unsigned seed = 0; seed < kTrials; ++seed) {
    const Plan a = plan(6000, 10 + 2 * seed), b = plan(3000, 11 + 2 * seed);
    const Estimate d = step_of(law_run::review({a}, {b})).planned_difference;
    covered += d.low <= 0 && 0 <= d.high ? 1 : 0;
    resolved += step_of(law_run::review({a}, {b})).verdict == Verdict::improved ? 1 : 0;
    if (seed > 4) continue;
    const Estimate swapped = step_of(law_run::review({b}, {a})).planned_difference;
    CHECK(swapped.value == Approx(-d.value).margin(1e-9));
    CHECK(swapped.low == Approx(-d.high).margin(1e-9));
  }
  CHECK(covered >= 0.92 * kTrials);
  CHECK(resolved <= 0.05 * kTrials);
}

TEST_CASE("two runs that were cut off in mid-schedule are compared as they stand") {
  Plan cut = plan(8000, 2);
  cut.stop = 5000;
  const AxisVerdict step = step_of(law_run::review({plan(8000, 1)}, {cut}));
  CHECK(step.planned == Verdict::not_assessable);
  CHECK(std::abs(step.difference.value) < 0.01);
}

TEST_CASE("the price of a budget is that of complete runs, not the slope of one") {
  const Review r = law_run::review({plan(4000, 1)}, {plan(4000, 2)});
  const double truth =
      (law_run::truth(plan(3600, 1), 3600) - law_run::truth(plan(4400, 1), 4400)) / std::log(4400. / 3600);
  CHECK(r.compute.kappa.value == Approx(truth).epsilon(0.15));
  CHECK(r.compute.kappa.low < truth);
  CHECK(r.compute.kappa.high > truth);
}

TEST_CASE("a run that was cut off is forecast to the other's end with the other's learning rate") {
  Plan cut = plan(8000, 2);
  cut.stop = 5600;
  const Review r = law_run::review({plan(8000, 1)}, {cut});
  REQUIRE(r.forecasts.size() == 1);
  const Forecast& f = r.forecasts[0];
  INFO(f.how);
  CHECK_FALSE(f.of_baseline);
  CHECK(f.at_step == 8000);
  CHECK(f.value.value == Approx(law_run::truth(plan(8000, 2), 8000)).margin(0.01));
  CHECK(f.value.low < f.value.high);
}

TEST_CASE("asked for a step, both sides answer: read, forecast or refused with a reason") {
  Plan constant = plan(4000, 3);
  constant.decays = false;
  Plan blind = plan(4000, 4);
  blind.logs_lr = false;
  ReviewOptions options;
  options.forecast = 6000;
  const Review r = law_run::review({constant}, {blind}, options);
  REQUIRE(r.forecasts.size() == 2);
  Plan longer = constant;
  longer.steps = 6000;
  CHECK(r.forecasts[0].value.value == Approx(law_run::truth(longer, 6000)).margin(0.008));
  CHECK(std::isnan(r.forecasts[1].value.value));
  CHECK(r.forecasts[1].how.find("learning rate is not logged") != std::string::npos);
  options.forecast = 1000;
  CHECK(law_run::review({constant}, {blind}, options).forecasts[1].how == "read from the log");
}

TEST_CASE("the forecast interval covers what a constant rate reaches at one and a half times its length") {
  int covered = 0;
  constexpr int kTrials = 40;
  for (unsigned seed = 0; seed < kTrials; ++seed) {
    Plan whole = plan(6000, 100 + seed);
    whole.decays = false;
    Plan cut = whole;
    cut.steps = 4000;
    ReviewOptions options;
    options.forecast = 6000;
    const Forecast f = law_run::review({cut}, {cut}, options).forecasts[0];
    const double reached = law_run::truth(whole, 6000) + whole.seed_sd * stats::CounterRng(whole.seed).normal(0);
    covered += f.value.low <= reached && reached <= f.value.high ? 1 : 0;
  }
  CHECK(covered >= 0.88 * kTrials);
}

TEST_CASE("a run behind that falls faster may overtake, and the chance is said") {
  Plan ahead = plan(4000, 1);
  ahead.decays = false;
  ahead.seed_sd = ahead.scatter = 0;
  const Review same = law_run::review({ahead}, {ahead});
  CHECK(same.crossing.why.empty());
  CHECK(same.crossing.observed_step == 0);
  Plan behind = ahead;
  behind.offset = -.02;
  behind.late = .1;  // level with the other at step 5000
  const Crossing c = law_run::review({ahead}, {behind}).crossing;
  INFO(c.why);
  CHECK(c.probability > 0.4);
  CHECK(c.step_low < 5000);
  CHECK(c.step_high > 5000);
  behind.steps = ahead.steps = 7000;
  CHECK(law_run::review({ahead}, {behind}).crossing.observed_step == Approx(5000).margin(60));
}
