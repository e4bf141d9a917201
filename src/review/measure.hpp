// The parts of step 1, each a function from the two sides to its part of the Review.
#pragma once

#include <vector>

#include "review/compared.hpp"
#include "review/seed_noise.hpp"
#include "review/sides.hpp"

namespace expanalyze {

Pairing pair_by_data_order(const Sides& sides);  // pairing.cpp
FinalQuality final_quality(const Sides& sides, const SeedNoise& noise, const Sesoi& sesoi, const Pairing& pairing,
                           Verdict on_steps);                                                 // final_quality.cpp
Convergence convergence(const Sides& sides, const SeedNoise& noise, const Pairing& pairing);  // convergence.cpp
WallClock wall_clock(const Sides& sides, const FinalQuality& final, const Estimate& kappa);   // wall_clock.cpp
Compute compute(const Sides& sides, const FinalQuality& final);                               // compute.cpp
/// The metrics besides the primary one, p-values adjusted for their number (secondary.cpp).
std::vector<SecondaryMetric> secondary_results(const RunStore& runs, const Comparison& comparison, const Sides& primary,
                                               const Pairing& pairing, std::vector<Note>& notes);
std::vector<OtherTest> other_tests(const Sides& sides, const SeedNoise& noise, double x);  // other_tests.cpp
/// One sentence when a test could have agreed with the moderated t and does not; else empty.
std::string disagreement(const std::vector<OtherTest>& tests, const Compared& primary);
std::vector<Sketch> sketches(const Sides& sides);  // sketch.cpp
/// κ: what an e-fold more budget is worth to a side, from its own curve (B5, B6.1); NaN when it does not improve.
Estimate budget_elasticity(const Side& side, double sign);  // compute.cpp
/// The metric averaged over the runs of a side, on the steps of its first run.
Curve mean_curve(const Side& side);

}  // namespace expanalyze
