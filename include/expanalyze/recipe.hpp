// Step 4, V-Next Recipe: three distinct paths, each with its number, cost and kill criterion (science handbook F).
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "expanalyze/diagnosis.hpp"
#include "expanalyze/theory.hpp"

namespace expanalyze {

enum class PathKind { hyperparameter, mathematical, architectural, measurement };
std::string_view to_string(PathKind);

struct KillCriterion {
  std::string signal;     ///< as logged
  double step = 0;        ///< when to look
  std::string condition;  ///< "val_loss > 0.62"
};

struct Path {
  std::string_view move;  ///< id of the move that proposed it
  PathKind kind = PathKind::measurement;
  std::string title;
  std::string why;                   ///< where the number comes from, with the formula filled in
  std::vector<std::string> because;  ///< ids of findings and claims
  Config changes;                    ///< keys exactly as in the experiment's config, absolute values
  bool is_revert = false;
  Estimate difference;                     ///< expected new − experiment, at 80 %
  double flops_ratio = 1, wall_ratio = 1;  ///< cost of a run against the experiment's
  KillCriterion kill;
  std::vector<std::string> steps;  ///< the plan
  std::string risk;
};

/// The experiment that would tell the two leading diagnoses apart.
struct CrucialExperiment {
  std::string between[2];
  std::string change;
  std::map<std::string, std::string> predicts;  ///< diagnosis → what it expects to see
};

struct Recipe {
  std::vector<Path> paths;
  std::optional<CrucialExperiment> crucial;
};

Recipe recommend(const RunStore& runs, const Comparison& comparison, const Review& review, const Diagnosis& diagnosis,
                 const Theory& theory);

/// What a move may look at.
struct Situation {
  const RunStore& runs;
  const Comparison& comparison;
  const Review& review;
  const Diagnosis& diagnosis;
  const Theory& theory;
  const Finding* finding;  ///< the one that the move answers
};

/// Proposes one change for one diagnosis, or nothing when its number cannot be computed.
struct Move {
  std::string_view id;
  std::string_view answers;  ///< id of a diagnosis
  PathKind kind;
  std::optional<Path> (*propose)(const Situation&);
  std::string_view doc;
};

std::span<const Move* const> moves();

}  // namespace expanalyze
