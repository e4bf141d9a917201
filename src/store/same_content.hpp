// Two runs that hold the same numbers.
#pragma once

#include "expanalyze/run_store.hpp"

namespace expanalyze {

/// The same series with the same values to the last bit on the same steps. Timestamps are left out, and so are the
/// lines: a copy may stand elsewhere and be written later.
bool same_records(const Run& a, const Run& b);

/// What `shorter` holds is where each series of `longer` begins: a run that was printed while it ran and once more when
/// it was done, or that was tried again from the start with the same random numbers.
bool begins_with(const Run& longer, const Run& shorter);

}  // namespace expanalyze
