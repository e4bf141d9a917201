// What every part of step 3 may look at.
#pragma once

#include "expanalyze/diagnosis.hpp"
#include "expanalyze/review.hpp"
#include "expanalyze/run_store.hpp"

namespace expanalyze {

struct TheoryInput {
  const RunStore& runs;
  const Comparison& comparison;
  const Review& review;
  const Diagnosis& diagnosis;
};

}  // namespace expanalyze
