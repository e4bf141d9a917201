#include "stats/loss_law.hpp"

#include <cmath>
#include <vector>

#include "support/catch.hpp"

using namespace expanalyze;
using stats::LossLaw;
using stats::Schedule;

namespace {

struct Rate {
  std::vector<double> step, rate;
};

/// Linear warm-up over `warm`, then a cosine to `last` of the peak at `end`.
Rate cosine(double warm, double end, double last, double peak = 1e-3) {
  Rate out;
  for (double s = 0; s <= end; s += end / 400) {
    const double u = (s - warm) / (end - warm);
    out.step.push_back(s);
    out.rate.push_back(peak * (s < warm ? s / warm : last + (1 - last) * 0.5 * (1 + std::cos(M_PI * u))));
  }
  return out;
}

}  // namespace

TEST_CASE("a schedule knows its area, its falls and the end of its warm-up in units of its peak") {
  const Rate r = cosine(100, 2000, 0.1);
  const Schedule s(r.step, r.rate);
  CHECK(s.warm_up_end() == Approx(100).margin(5));
  CHECK(s.warm_up_area() == Approx(50).margin(5));
  CHECK(s.area(2000) == Approx(1900 * 0.55).epsilon(0.01));
  double fallen = 0;
  for (const auto& f : s.falls()) fallen += f.fall;
  CHECK(fallen == Approx(0.9).epsilon(0.01));
  CHECK(s.falls().size() <= Schedule::kMostFalls + 1);
  CHECK_FALSE(s.constant());
}

TEST_CASE("the unit of the learning rate does not matter") {
  const Rate a = cosine(100, 2000, 0.1, 1), b = cosine(100, 2000, 0.1, 3e-4);
  const Schedule x(a.step, a.rate), y(b.step, b.rate);
  CHECK(x.area(1500) == Approx(y.area(1500)).epsilon(1e-9));
  CHECK(x.largest_difference(y) < 1e-9);
}

TEST_CASE("a jump of the rate stands at the record that logs the new one") {
  const std::vector<double> step{100, 200, 300, 400, 500}, rate{1, 1, 0.1, 0.1, 0.1};
  const Schedule s(step, rate);
  REQUIRE(s.falls().size() == 1);
  CHECK(s.falls()[0].from == 300);
  CHECK(s.falls()[0].to == 300);
  CHECK(s.area(300) == Approx(200));
  CHECK(s.area(500) == Approx(220));
  CHECK(s.rate(299) == 1);
}

TEST_CASE("a plan for another end keeps warm-up and family") {
  const Rate r = cosine(100, 2000, 0.1);
  const Schedule s(r.step, r.rate), half = s.planned_to_end_at(1050);
  CHECK(half.end() == Approx(1050));
  CHECK(half.warm_up_area() == s.warm_up_area());
  CHECK(half.area(1050) == Approx(s.area(2000) / 2).epsilon(0.01));
}

TEST_CASE("a law that made a curve is found again and predicts another schedule") {
  const Rate r = cosine(100, 4000, 0.05), other = cosine(100, 8000, 0);
  const Schedule trained(r.step, r.rate), unseen(other.step, other.rate);
  for (const LossLaw law : {LossLaw::multi_power, LossLaw::annealing}) {
    const double size = law == LossLaw::annealing ? 2e-4 : 0.12;
    const auto truth = stats::known_law(law, {2.6, 0.6, 0.5, size}, {}, 1000);
    std::vector<double> step, loss;
    for (double s = 200; s <= 4000; s += 50) {
      step.push_back(s);
      loss.push_back(truth.at(trained, s));
    }
    const stats::LawCurve curve{step, loss, &trained};
    const auto law_found = stats::fit_law(law, std::span(&curve, 1));
    INFO(static_cast<int>(law));
    CHECK(law_found.fit().converged);
    CHECK(law_found.at(unseen, 8000) == Approx(truth.at(unseen, 8000)).epsilon(3e-3));
    CHECK(law_found.at(trained, 3000) == Approx(truth.at(trained, 3000)).epsilon(5e-4));
  }
}

TEST_CASE("the power law of a constant rate is found through outliers") {
  const std::vector<double> ends{0, 1e5}, ones{1, 1};
  const Schedule constant(ends, ones);
  std::vector<double> step, loss;
  for (double s = 500; s <= 20000; s += 100) {
    step.push_back(s);
    loss.push_back(2 + 40 * std::pow(s, -0.5) + (step.size() % 40 == 0 ? 0.5 : 0));
  }
  const stats::LawCurve curve{step, loss, &constant};
  const auto law = stats::fit_law(LossLaw::power, std::span(&curve, 1));
  CHECK(law.floor() == Approx(2).epsilon(5e-3));
  CHECK(law.exponent() == Approx(0.5).epsilon(0.03));
  CHECK(law.annealing() == 0);
  CHECK(law.log_variance(constant, 40000) > 0);
}

TEST_CASE("no points, no law") { CHECK(stats::fit_law(LossLaw::power, {}).empty()); }
