#include "diagnosis/calibration.hpp"

#include <algorithm>
#include <iterator>

namespace expanalyze {

namespace {

// tests/calibration/README.md has the two commands: one trains the corpus, the other writes this table from it.
constexpr Calibration kFitted[]{
    {"", 0, 1, 0},
#include "diagnosis/calibration_table.inc"
};

}  // namespace

Calibration calibration(std::string_view id) {
  const auto it =
      std::find_if(std::begin(kFitted), std::end(kFitted), [id](const Calibration& c) { return c.id == id; });
  return it == std::end(kFitted) ? Calibration{id} : *it;
}

}  // namespace expanalyze
