// From evidence to probability (science handbook D0.6), and from many findings to one headline.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "diagnosis/case.hpp"
#include "expanalyze/diagnosis.hpp"

namespace expanalyze {

// Log likelihood ratios of D0.6.
inline constexpr double kDecisive = 4, kStrong = 3, kModerate = 1.6, kWeak = 0.7;
// Priors λ: how common a cause is before any evidence.
inline constexpr double kCommon = -2.2, kOccasional = -2.9, kRare = -4.6;

/// logit P = λ + Σ w s; within a group only the largest counts fully, the others half.
double log_odds(double prior, std::span<const Evidence> evidence);
/// Share of the card's weight that the logs could speak to; P is capped at 0.5 + 0.5 of it.
double completeness(std::span<const Evidence> evidence, double missing_weight);

/// D0.6: if a cause and its consequence are both likely, the consequence is a symptom and does not compete for the
/// headline.
void explain_away(std::vector<Finding>& findings);

}  // namespace expanalyze
