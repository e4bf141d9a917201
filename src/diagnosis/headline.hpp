// The one sentence of a report.
#pragma once

#include "diagnosis/case.hpp"

namespace expanalyze {

/// What orders the findings: how sure it is times how much of the difference it accounts for; failures of a run first.
double rank(const Finding& finding);

/// The headline, its probability and the sentence, of findings that are weighed and ordered.
void choose_headline(const Case& c, Diagnosis& out);

}  // namespace expanalyze
