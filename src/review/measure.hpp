// The parts of step 1, each a function from the two sides to its part of the Review.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "review/budget.hpp"
#include "review/compared.hpp"
#include "review/seed_noise.hpp"
#include "review/sides.hpp"

namespace expanalyze {

Pairing pair_by_data_order(const Sides& sides);  // pairing.cpp
FinalQuality final_quality(const Sides& sides, const SeedNoise& noise, const Sesoi& sesoi, const Pairing& pairing,
                           Verdict on_steps);  // final_quality.cpp
/// The same of one side alone: its end, how much a seed moves it, whether it has levelled off.
FinalQuality final_alone(const Sides& sides, const SeedNoise& noise, const Sesoi& sesoi);
Convergence convergence(const Sides& sides, const SeedNoise& noise, const Pairing& pairing);   // convergence.cpp
WallClock wall_clock(const Sides& sides, const FinalQuality& final, const Elasticity& price);  // wall_clock.cpp
/// B6.3: break-even and whether the pace is justified, into `out`; and the sentence on it (time_worth.cpp).
void judge_time(const Sides& sides, const FinalQuality& final, const Elasticity& price, WallClock& out);
std::string time_worth(const Sides& sides, const FinalQuality& final, const Elasticity& price, const WallClock& wall);
/// A change of the system alone: another pace, and no difference of quality at equal steps, in one sentence; else
/// empty.
std::string system_only(const WallClock& wall, const FinalQuality& final);  // wall_clock.cpp
Compute compute(const Sides& sides, const FinalQuality& final, const Elasticity& price,
                const SeedNoise& noise);  // compute.cpp
/// The verdicts on all axes, in the order of kAxes.
std::vector<AxisVerdict> judge_axes(const Sides& sides, const Budgets& budgets, const SeedNoise& noise, double sesoi,
                                    const Pairing& pairing);  // axis_verdict.cpp
/// At `asked` and wherever one side was cut off before the other's end.
std::vector<Forecast> forecasts(const Sides& sides, const Budgets& budgets, const SeedNoise& noise,
                                std::optional<double> asked);                           // forecast.cpp
Crossing crossing(const Sides& sides, const Budgets& budgets, const SeedNoise& noise);  // crossing.cpp
/// B3.3: what the law says of another tenth of budget; empty where there is no law.
std::string plateau_by_law(const Side& experiment, const Budget& budget, double sesoi, double sign);  // forecast.cpp
std::vector<Sketch> sketches(const Sides& sides);                                                     // sketch.cpp
/// The metrics besides the primary one, p-values adjusted for their number (secondary.cpp).
std::vector<SecondaryMetric> secondary_results(const RunStore& runs, const Comparison& comparison, const Sides& primary,
                                               const Pairing& pairing, std::vector<Note>& notes);
std::vector<OtherTest> other_tests(const Sides& sides, const SeedNoise& noise, double x);  // other_tests.cpp
/// One sentence when a test could have agreed with the moderated t and does not; else empty.
std::string disagreement(const std::vector<OtherTest>& tests, const Compared& primary);
/// The metric averaged over the runs of a side, on the steps of all of them.
Curve mean_curve(const Side& side);

}  // namespace expanalyze
