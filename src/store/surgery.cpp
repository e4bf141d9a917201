#include "store/surgery.hpp"

#include <utility>

#include "store/split_runs.hpp"
#include "store/surgery/columns.hpp"
#include "store/surgery/surgeons.hpp"

namespace expanalyze {

std::vector<Run> after_surgery(Run run, const std::vector<Setting>& settings) {
  mend_mixed_axes(run);
  std::vector<Run> runs = split_runs(std::move(run), settings);
  for (Run& each : runs) {
    // Copies and sentinels first: what the later ones look at must be measured values.
    for (auto* surgeon : {&take_out_sentinels, &merge_ranks, &thin_forward_filled, &note_frozen, &mend_clock_unit,
                          &note_clock, &note_rewinds, &note_summaries})
      surgeon(each);
    drop_empty(each);
  }
  return runs;
}

}  // namespace expanalyze
