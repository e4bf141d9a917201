// Numbers that a log holds once, behind its curve: the metric after quantisation, under another evaluation, after
// test-time training.
#pragma once

#include "diagnosis/case.hpp"

namespace expanalyze {

/// What happened behind the training curve, for `eval_bug_or_leak`. Within a run of the experiment: a final number far
/// worse than the curve's last value. Between the sides: one final number that differs by much more than the curves do.
void weigh_final_numbers(const Case& c, Scored& out);

}  // namespace expanalyze
