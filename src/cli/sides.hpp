// The runs that a command line names, read and set against each other.
#pragma once

#include <vector>

#include "cli/options.hpp"
#include "expanalyze/review.hpp"

namespace expanalyze::cli {

struct Sides {
  RunStore store;
  Comparison comparison;
  std::vector<Note> notes;  ///< on what was left out
};

/// Baseline, experiment and controls. Throws Error{input} when a log cannot be read or a path holds a mixture.
Sides read_sides(const Options& options);

}  // namespace expanalyze::cli
