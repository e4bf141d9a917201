// Which runs are the same recipe under another seed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "expanalyze/run_store.hpp"

namespace expanalyze {

/// "lr3e-3_s43", "lr3e-3-seed137", "lr3e-3_seed_42", "lr3e-3.seed=1" → "lr3e-3"; unchanged without such an ending.
std::string without_seed(std::string_view label);

/// The label without its seed; one that is nothing but a seed ("seed1") takes the folder before it. Runs of one file
/// ("log#3") are told apart by their settings.
std::string seed_stem(const Run& run);

/// Labels that several runs share get the folders before them until each is its own: "a/run", "b/run".
void make_labels_unique(std::vector<Run>& runs);

struct SeedGroup {
  std::string label;
  std::vector<RunId> runs;  ///< in the order of the store
};

/// Same label but for a seed ending, same config but for seeds and names of the run; order of first appearance.
std::vector<SeedGroup> seed_groups(const RunStore& runs);

/// The same log given twice, or copied under another name or seed, is one run: columns and recipe are equal. Keeps the
/// first of each and says so in `notes`.
std::vector<RunId> without_duplicates(const RunStore& runs, const std::vector<RunId>& ids, std::vector<Note>& notes);

}  // namespace expanalyze
