// The series that a name on the command line means.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "expanalyze/run_store.hpp"

namespace expanalyze {

/// "loss", "grad_norm", "grad_norm{layer=3}", "grad_norm{layer=3,proj=q}", "train_loss": by the log's own word, else by
/// the canonical name, else by the role. Without labels all series of the name; empty: the run has none.
std::vector<const Series*> pick_series(const Run& run, std::string_view wanted);

/// What could have been asked for: the log's own words and the canonical names, each once.
std::vector<std::string> series_names(const std::vector<Run>& runs);

}  // namespace expanalyze
