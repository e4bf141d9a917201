// Do the intervals that a fitted law gives cover what it is asked for? Curves drawn from known laws (handbook C2).
#include <cmath>
#include <vector>

#include "stats/loss_law.hpp"
#include "stats/random.hpp"
#include "support/catch.hpp"

using namespace expanalyze;
using stats::LossLaw;

namespace {

constexpr double kEnd = 10000;

struct Scatter {
  double sd;           ///< of ln loss
  double correlation;  ///< of neighbours
};

stats::Schedule schedule(bool constant) {
  std::vector<double> step, rate;
  for (double s = 0; s <= kEnd; s += kEnd / 400) {
    const double u = std::max(0.0, s - 500) / (kEnd - 500);
    step.push_back(s);
    rate.push_back(s < 500 ? s / 500 : constant ? 1 : 0.1 + 0.45 * (1 + std::cos(M_PI * u)));
  }
  return {step, rate};
}

/// Shares of simulated curves whose 95 % intervals hold the truth: of the change from the end to 1.5 times as many
/// steps, and of the floor; and of those whose floor is not identified.
struct Covered {
  double change = 0, floor = 0, unknown = 0;
};

Covered covered(bool constant, const Scatter& scatter, std::size_t points, int times) {
  const auto sched = schedule(constant);
  const auto later = constant ? sched : sched.planned_to_end_at(1.5 * kEnd);
  const LossLaw kind = constant ? LossLaw::power : LossLaw::multi_power;
  Covered out;
  for (int t = 0; t < times; ++t) {
    const stats::CounterRng rng(static_cast<std::uint64_t>(t) * 7919 + points);
    // A law from the priors' own range, so that the intervals mean what they say.
    const double exponent = 0.45 * std::exp(0.5 * rng.normal(0));
    const double annealing = 0.12 * std::exp(0.5 * rng.normal(1));
    const auto truth = stats::known_law(kind, {2.6, 0.5, exponent, annealing}, {}, 2500);
    std::vector<double> step, loss;
    double e = rng.normal(2);
    const double begin = constant ? 0.25 * kEnd : 600;
    for (std::size_t i = 0; i < points; ++i) {
      const double s = begin + (kEnd - begin) * static_cast<double>(i) / static_cast<double>(points - 1);
      if (i > 0) e = scatter.correlation * e + std::sqrt(1 - std::pow(scatter.correlation, 2)) * rng.normal(3 + i);
      step.push_back(s);
      loss.push_back(truth.at(sched, s) * std::exp(scatter.sd * e));
    }
    const stats::LawCurve curve{step, loss, &sched};
    const auto law = stats::fit_law(kind, std::span(&curve, 1));
    const double to = 1.5 * kEnd;
    const double error =
        std::log(law.at(later, to) / law.at(sched, kEnd)) - std::log(truth.at(later, to) / truth.at(sched, kEnd));
    const double sd = std::sqrt(law.log_change_variance(sched, kEnd, later, to));
    if (std::abs(error) <= 1.96 * sd) out.change += 1.0 / times;
    const stats::FloorInterval floor = stats::floor_interval(law, curve);
    if (floor.low <= 2.6 && floor.high >= 2.6) out.floor += 1.0 / times;
    if (floor.low == 0) out.unknown += 1.0 / times;
  }
  return out;
}

}  // namespace

TEST_CASE("intervals of a fitted law hold the truth as often as they say, of few and of correlated records too") {
  constexpr int kTimes = 200;  // a share near .95 is then good to .015
  for (const bool constant : {true, false})
    for (const auto& [scatter, points] :
         {std::pair{Scatter{1e-3, 0}, 120}, std::pair{Scatter{1e-3, 0.7}, 30}, std::pair{Scatter{2e-2, 0}, 120}}) {
      const Covered c = covered(constant, scatter, static_cast<std::size_t>(points), kTimes);
      INFO((constant ? "constant" : "cosine")
           << " s.d. " << scatter.sd << ", correlation " << scatter.correlation << ", " << points << " points: change "
           << c.change << ", floor " << c.floor << ", not identified " << c.unknown);
      CHECK(c.change >= 0.90);
      CHECK(c.change <= 0.98);
      CHECK(c.floor >= 0.925);
    }
}

TEST_CASE("a floor is identified by a long quiet curve, and not by a short noisy one") {
  CHECK(covered(true, {1e-3, 0}, 120, 50).unknown < 0.1);
  CHECK(covered(true, {2e-2, 0}, 30, 50).unknown > 0.8);
}
