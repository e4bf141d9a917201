// Reading between records (A3): runs that evaluate at other steps can be compared, and nothing is made up in a gap.
#include "store/alignment.hpp"

#include <cmath>

#include "review/compared.hpp"
#include "support/catch.hpp"
#include "support/made_run.hpp"

using namespace expanalyze;

namespace {

Curve power_law(const std::vector<double>& steps) {
  Curve out;
  for (const double s : steps) {
    out.step.push_back(s);
    out.value.push_back(3 * std::pow(s, -0.2));
    out.line.push_back(0);
  }
  return out;
}

/// The verdict on steps of two made runs that evaluate every `b` and every `e` steps.
AxisVerdict judged(double b, double e, double better) {
  made::Plan one, other;
  one.eval_every = b;
  other.eval_every = e;
  const auto eval = one.eval;
  other.eval = [eval, better](double t) { return eval(t) - better; };
  other.order = 2;
  return on(made::report({one}, {other}).review, Axis::step);
}

}  // namespace

TEST_CASE("a power law is read exactly between its points, in steps of a straight decay too") {
  const Curve curve = power_law({1, 2, 4, 8, 16, 32, 64});
  for (const double x : {1.5, 5.0, 33.0, 63.9})
    CHECK(read_at(curve, x) == Approx(3 * std::pow(x, -0.2)).epsilon(1e-12));
  CHECK(read_at(curve, 48, 32) == Approx(0.5 * (curve.value[5] + curve.value[6])).epsilon(1e-12));
  CHECK(read_at(curve, 32) == curve.value[5]);
  CHECK(std::isnan(read_at(curve, 64.1)));
  CHECK(std::isnan(read_at(curve, 0.9)));
}

TEST_CASE("a reading does not depend on the unit of the steps") {
  const Curve curve = power_law({100, 200, 300, 400, 500});
  Curve tokens = curve;
  for (double& x : tokens.step) x *= 4096;
  for (const double x : {120.0, 333.0, 480.0}) CHECK(read_at(tokens, 4096 * x) == Approx(read_at(curve, x)));
}

TEST_CASE("values that are not positive are read on a straight line") {
  Curve curve = power_law({0, 10, 20});
  curve.value = {-20, -10, 10};
  CHECK(read_at(curve, 5) == -15);
  CHECK(read_at(curve, 15) == 0);
}

TEST_CASE("nothing is read across a gap, a restart or values that are not finite") {
  CHECK(std::isnan(read_at(power_law({100, 110, 120, 130, 200, 210, 220}), 165)));
  CHECK(std::isfinite(read_at(power_law({100, 110, 120, 130, 155, 165, 175}), 142)));
  Curve holed = power_law({10, 20, 30, 40});
  holed.value[2] = std::nan("");
  CHECK(std::isnan(read_at(finite(holed), 25)));
  CHECK(std::isfinite(read_at(finite(holed), 15)));
  RunBuilder builder;
  std::uint32_t line = 0;
  for (const double step : {0, 10, 20, 30, 20, 30, 40}) {
    builder.begin_record(++line);
    builder.value("step", step);
    builder.value("loss", 5 - 0.01 * line);
  }
  const Curve resumed = finite(trajectory(builder.finish(line), Role::train_loss));
  CHECK(resumed.breaks == std::vector<double>{20});
  CHECK(std::isnan(read_at(resumed, 15)));
  CHECK(std::isfinite(read_at(resumed, 25)));
}

TEST_CASE("runs that evaluate at other steps, or nearly only at the end, are compared") {
  CHECK(judged(20, 20, 0.05).verdict == Verdict::improved);
  CHECK(judged(20, 30, 0.05).verdict == Verdict::improved);
  CHECK(judged(7, 50, 0.05).verdict == Verdict::improved);
  CHECK(judged(20, 30, 0.05).difference.value == Approx(-0.05).margin(0.001));
}

TEST_CASE("an end that is worse after more steps settles the order, one that is better does not") {
  made::Plan once, often;
  once.eval_every = 1000;  // at step 0 and at the end
  once.steps = 520;
  often.steps = 400;
  often.order = 2;
  const auto eval = often.eval;
  const auto shifted = [&](double by) {
    often.eval = [eval, by](double t) { return eval(t) + by; };
    return on(made::report({once}, {often}).review, Axis::step).verdict;
  };
  once.eval = [eval](double t) { return t == 0 ? std::nan("") : eval(t); };
  CHECK(shifted(-0.15) == Verdict::improved);
  CHECK(shifted(+0.10) == Verdict::inconclusive);
}
