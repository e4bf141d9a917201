#pragma once

#include "expanalyze/verify.hpp"

namespace expanalyze {

/// Looks at the first record at or after the criterion's step.
KillOutcome kill_outcome(const Run& run, const KillCriterion& kill);

}  // namespace expanalyze
