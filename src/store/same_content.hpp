// Two runs that hold the same numbers.
#pragma once

#include "expanalyze/run_store.hpp"

namespace expanalyze {

/// The same series with the same values to the last bit on the same steps. Timestamps are left out, and so are the
/// lines: a copy may stand elsewhere and be written later.
bool same_records(const Run& a, const Run& b);

}  // namespace expanalyze
