// What one optimizer step trains on, as far as the settings of a run say it.
#pragma once

#include <optional>
#include <string>

#include "expanalyze/run_store.hpp"

namespace expanalyze {

struct GlobalBatch {
  double size = 0;   ///< tokens of an update; samples where no length is known
  std::string said;  ///< "batch 768 x length 1024"
};

/// Nothing where a factor of the product is not known: a batch of one device says little about an update.
std::optional<GlobalBatch> global_batch(const Run& run);

}  // namespace expanalyze
