// Negative controls: public per-step logs without a visible spike (science handbook D0.1: none in 2e5 steps).
#include <filesystem>
#include <iostream>

#include "diagnosis/events.hpp"
#include "expanalyze/import.hpp"
#include "support/catch.hpp"
#include "support/real_logs.hpp"

using namespace expanalyze;
namespace fs = std::filesystem;

TEST_CASE("other people's healthy runs have next to no persistent spikes") {
  if (test::no_real_logs()) return;
  double steps = 0;
  std::size_t runs = 0, spikes = 0, outliers = 0, nonrecovering = 0;
  for (const char* folder : {"modded-nanogpt", "parameter-golf"}) {
    for (const auto& entry : fs::recursive_directory_iterator(test::real_logs() / folder)) {
      const auto ending = entry.path().extension();
      if (!entry.is_regular_file() || (ending != ".log" && ending != ".txt")) continue;
      std::vector<Run> read;
      try {
        read = read_runs(entry.path(), {});
      } catch (const std::exception&) {
        continue;  // what cannot be read is the business of the tests of importers
      }
      for (const Run& run : read) {
        const RunEvents events = events_of(run);
        if (!events.series) continue;
        const SpikeTotals t = totals({events});
        ++runs;
        steps += t.steps;
        spikes += t.spikes;
        nonrecovering += t.nonrecovering;
        outliers += events.outliers.size();
        for (const SpikeEvent& s : events.spikes) std::cout << run.label << " " << say(s) << "\n";
      }
    }
  }
  std::cout << runs << " runs, " << steps << " steps: " << spikes << " persistent spikes, " << nonrecovering
            << " of them non-recovering, " << outliers << " outlier batches\n";
  CHECK(runs >= 10);
  CHECK(spikes <= 1);
  CHECK(nonrecovering == 0);
}
