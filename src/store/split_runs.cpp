#include "store/split_runs.hpp"

#include <utility>

namespace expanalyze {

std::vector<Run> split_runs(Run run) {
  std::vector<Run> runs;
  runs.push_back(std::move(run));
  return runs;
}

}  // namespace expanalyze
