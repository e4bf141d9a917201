// Same batches in the same order (B1.2): across seeds, with an offset, and after a resume that shifted the data.
#include <functional>

#include "expanalyze/report.hpp"
#include "stats/random.hpp"
#include "store/run_builder.hpp"
#include "support/catch.hpp"

using namespace expanalyze;

namespace {

struct Log {
  std::uint64_t batches = 1;     ///< the order of the data
  double curve = 1;              ///< another optimiser, another curve
  double seed = -1;              ///< in the config; -1: not named
  int skip_from = -1, skip = 0;  ///< from this step on the batches are `skip` further
  bool resumed = false;          ///< steps 700 to 800 run twice, and count from the second time
};

Run run(const Log& log) {
  RunBuilder builder;
  const stats::CounterRng batches(log.batches), own(log.batches * 77 + static_cast<std::uint64_t>(log.curve * 1000));
  std::uint32_t line = 0;
  const auto record = [&](int t, bool first_time) {
    const int batch = t + (!first_time && log.skip_from >= 0 && t >= log.skip_from ? log.skip : 0);
    const auto counter = static_cast<std::uint64_t>(t);
    builder.begin_record(++line);
    builder.value("step", t);
    builder.value("train_loss",
                  (2 + 3 * log.curve / std::sqrt(1 + t / 30.0)) *
                      (1 + 0.05 * batches.normal(static_cast<std::uint64_t>(batch)) + 0.003 * own.normal(counter)));
  };
  for (int t = 0; t <= (log.resumed ? 800 : -1); ++t) record(t, true);
  for (int t = log.resumed ? 700 : 0; t < 2000; ++t) record(t, false);
  if (log.seed >= 0) builder.config("seed", log.seed);
  Run out = builder.finish(line);
  out.label = out.path = "run" + std::to_string(log.batches);
  return out;
}

Pairing paired(const std::vector<Log>& baseline, const std::vector<Log>& experiment) {
  RunStore store;
  Comparison comparison;
  for (const Log& log : baseline) comparison.baseline.push_back(store.runs.size()), store.runs.push_back(run(log));
  for (const Log& log : experiment) comparison.experiment.push_back(store.runs.size()), store.runs.push_back(run(log));
  return review_runs(store, comparison).pairing;
}

Log with(const std::function<void(Log&)>& change) {
  Log log;
  change(log);
  return log;
}

}  // namespace

TEST_CASE("another optimiser on the same batches is paired, other batches are not") {
  CHECK(paired({{}}, {with([](Log& l) { l.curve = 0.9; })}).paired);
  CHECK(paired({{}}, {with([](Log& l) { l.curve = 0.9; })}).correlation > 0.98);
  CHECK_FALSE(paired({{}}, {with([](Log& l) { l.batches = 2; })}).paired);
}

TEST_CASE("a constant offset of the data is the lag") {
  const Pairing p = paired({{}}, {with([](Log& l) { l.curve = 0.9, l.skip_from = 0, l.skip = 7; })});
  CHECK(p.paired);
  CHECK(std::abs(p.lag) == 7);
}

TEST_CASE("runs are matched by their seeds, whatever their order") {
  const auto seeded = [](double seed, double curve) {
    return with([=](Log& l) { l.seed = seed, l.batches = static_cast<std::uint64_t>(seed), l.curve = curve; });
  };
  const Pairing p =
      paired({seeded(3, 1), seeded(4, 1), seeded(5, 1)}, {seeded(5, 0.9), seeded(3, 0.9), seeded(4, 0.9)});
  CHECK(p.paired);
  CHECK(p.why.find("3 of 3 pairs of runs with one seed") != std::string::npos);
}

TEST_CASE("a first run on other batches does not hide that the rest are paired") {
  const auto log = [](std::uint64_t batches, double curve) {
    return with([=](Log& l) { l.batches = batches, l.curve = curve; });
  };
  CHECK(paired({log(1, 1), log(2, 1), log(3, 1)}, {log(9, 0.9), log(2, 0.9), log(3, 0.9)}).paired);
  CHECK_FALSE(paired({log(1, 1), log(2, 1), log(3, 1)}, {log(1, 0.9), log(8, 0.9), log(9, 0.9)}).paired);
}

TEST_CASE("a run that was resumed is paired, also when the data went on with another offset") {
  CHECK(paired({{}}, {with([](Log& l) { l.curve = 0.9, l.resumed = true; })}).paired);
  const Pairing shifted =
      paired({{}}, {with([](Log& l) { l.curve = 0.9, l.resumed = true, l.skip_from = 700, l.skip = 12; })});
  CHECK(shifted.paired);
  CHECK(shifted.correlation > 0.95);
}
