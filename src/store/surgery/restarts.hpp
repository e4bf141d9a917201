// Where the step counter of a log starts again, and what that means (science handbook A4).
#pragma once

#include <cstdint>
#include <vector>

#include "expanalyze/run_store.hpp"
#include "store/setting.hpp"

namespace expanalyze {

/// `goes_on`: one run under a counter that fell back.
enum class After : std::uint8_t { unknown, new_run, goes_on };

struct Restart {
  std::uint32_t line = 0;  ///< the first line after it
  After after = After::unknown;
  double offset = 0;     ///< added to the steps from here on, were it joined to what came before
  const char* why = "";  ///< the evidence
};

/// A restart is a fall to (about) the first step of the run before it; a fall to its middle is a rewind and not here.
std::vector<Restart> restarts(const Run& run, const std::vector<Setting>& settings = {});

}  // namespace expanalyze
