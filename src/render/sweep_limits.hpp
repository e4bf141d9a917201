// What a sweep report does not compute in this version, said in both renderings.
#pragma once

#include "expanalyze/note.hpp"

namespace expanalyze::render {

inline Note sweep_limits() {
  return {"sweep.not_computed",
          "each group is compared with the baseline alone: shrinkage, ranks, the probability of being best, the Pareto "
          "front, importances and next trials are not computed in this version",
          {},
          1};
}

}  // namespace expanalyze::render
