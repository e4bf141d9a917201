// What to believe of the diagnoses once the change has been tried.
#pragma once

#include "expanalyze/verify.hpp"

namespace expanalyze {

/// `observed` and its standard error `se` are of new − experiment.
std::vector<Belief> updated_beliefs(const EarlierReport& earlier, const EarlierPath& tried, double observed, double se);

}  // namespace expanalyze
