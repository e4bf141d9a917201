// Do the two sides see the same batches in the same order? (science handbook B1.2)
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "review/measure.hpp"
#include "stats/pairing.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

// Not before this share of the run: the first steps share a fall that says nothing of the batches (B1.2).
constexpr double kSkip = 0.05;
constexpr std::size_t kMostRecords = 20000;
constexpr std::size_t kMostPairs = 8;

bool equal_bits(const Common& common) {
  return !common.a.empty() && std::memcmp(common.a.data(), common.b.data(), common.a.size() * sizeof(double)) == 0;
}

/// Every run of one side has a twin on the other with the same metric and training loss to the last digit.
bool identical(const Sides& sides) {
  if (sides.baseline.runs.size() != sides.experiment.runs.size()) return false;
  for (std::size_t i = 0; i < sides.baseline.runs.size(); ++i) {
    const RunView& b = sides.baseline.runs[i];
    const RunView& e = sides.experiment.runs[i];
    if (b.metric.step != e.metric.step || !equal_bits(common_steps(b.metric, e.metric))) return false;
    const Curve bt = trajectory(*b.run, Role::train_loss);
    const Curve et = trajectory(*e.run, Role::train_loss);
    if (bt.step != et.step || (!bt.empty() && !equal_bits(common_steps(bt, et)))) return false;
  }
  return true;
}

const Curve& training(const Side& side, const Run* run) {
  return std::find_if(side.runs.begin(), side.runs.end(), [run](const RunView& v) { return v.run == run; })
      ->curves->training();
}

/// The steps at which either run was resumed: the batches may go on with another offset there.
std::vector<double> resumes(const Curve& a, const Curve& b) {
  std::vector<double> out(a.breaks);
  out.insert(out.end(), b.breaks.begin(), b.breaks.end());
  std::sort(out.begin(), out.end());
  return out;
}

/// One segment between resumes, at most kMostRecords of it: that many decide, and the rest would only cost time.
stats::OrderPairing segment(const Common& common, std::size_t first, std::size_t last) {
  const std::size_t n = std::min(last - first, kMostRecords);
  return stats::paired_by_order(std::span(common.a).subspan(first, n), std::span(common.b).subspan(first, n));
}

/// The final trajectories (A4) as a whole; where a resume shifted the batches, segment by segment: paired if all that
/// are long enough are, with the lag of the longest.
stats::OrderPairing by_order(const Curve& b, const Curve& e, std::size_t& common_records) {
  const double end = b.empty() || e.empty() ? 0 : std::min(b.step.back(), e.step.back());
  const Common common = common_steps(b, e, kSkip * end, end);
  common_records = common.step.size();
  stats::OrderPairing best = segment(common, 0, common.step.size());
  const auto cuts = resumes(b, e);
  if (cuts.empty()) return best;
  stats::OrderPairing longest{};
  bool all = true;
  for (std::size_t i = 0, first = 0; i <= cuts.size(); ++i) {
    const auto to =
        i < cuts.size() ? std::lower_bound(common.step.begin(), common.step.end(), cuts[i]) : common.step.end();
    const auto last = static_cast<std::size_t>(to - common.step.begin());
    const stats::OrderPairing one = segment(common, first, last);
    all = all && (one.n == 0 || one.paired);
    if (one.n > longest.n) longest = one;
    first = last;
  }
  return all && longest.paired && !(longest.correlation <= best.correlation) ? longest : best;
}

std::vector<const Run*> runs_of(const Side& side) {
  std::vector<const Run*> out;
  for (const auto& view : side.runs) out.push_back(view.run);
  return out;
}

struct Tested {
  std::vector<stats::OrderPairing> pairs;  ///< long enough to be tested, by falling correlation
  std::size_t most_records = 0;
  bool by_seed = false;
};

Tested test_pairs(const Sides& sides) {
  Tested out;
  std::vector<RunPair> matches = matched_runs(runs_of(sides.baseline), runs_of(sides.experiment), out.by_seed);
  if (matches.size() > kMostPairs) matches.resize(kMostPairs);
  for (const RunPair& match : matches) {
    std::size_t records = 0;
    const stats::OrderPairing one =
        by_order(training(sides.baseline, match.baseline), training(sides.experiment, match.experiment), records);
    out.most_records = std::max(out.most_records, records);
    if (one.n > 0) out.pairs.push_back(one);
  }
  std::stable_sort(out.pairs.begin(), out.pairs.end(),
                   [](const auto& a, const auto& b) { return a.correlation > b.correlation; });
  return out;
}

/// " in 3 of 3 pairs of runs with one seed"; empty for a single pair.
std::string how_many(const Tested& tested) {
  if (tested.pairs.size() < 2) return {};
  const auto paired = std::count_if(tested.pairs.begin(), tested.pairs.end(), [](const auto& p) { return p.paired; });
  return fmt::format(" ({} of {} pairs of runs{} are paired)", paired, tested.pairs.size(),
                     tested.by_seed ? " with one seed" : "");
}

}  // namespace

std::vector<RunPair> matched_runs(std::span<const Run* const> baseline, std::span<const Run* const> experiment,
                                  bool& by_seed) {
  std::vector<RunPair> out;
  for (const Run* b : baseline)
    for (const Run* e : experiment)
      if (const auto seed = seed_of(*b); !seed.empty() && seed == seed_of(*e)) out.push_back({b, e});
  by_seed = !out.empty();
  const std::size_t n = std::min(baseline.size(), experiment.size());
  for (std::size_t i = 0; i < n && !by_seed; ++i) out.push_back({baseline[i], experiment[i]});
  return out;
}

Pairing pair_by_data_order(const Sides& sides) {
  Pairing out;
  out.identical = identical(sides);
  const Tested tested = test_pairs(sides);
  const stats::OrderPairing order =
      tested.pairs.empty() ? stats::OrderPairing{false, out.correlation, 0, 0} : tested.pairs[tested.pairs.size() / 2];
  out.paired = order.paired || out.identical;
  out.correlation = order.correlation;
  out.lag = order.lag;
  out.n = order.n;
  if (out.identical) {
    out.why = "every value of the metric and of the training loss is the same on both sides to the last logged digit";
  } else if (order.n == 0) {
    out.why = fmt::format("not testable: {} common records of the training loss, 200 are needed", tested.most_records);
  } else if (order.paired) {
    out.why = fmt::format(
        "the batch noise of the training losses correlates {} over {} common steps{}: same data, same order{}",
        number(order.correlation, 3), order.n,
        order.lag == 0 ? "" : fmt::format(" when shifted by {} records", order.lag), how_many(tested));
  } else {
    out.why = fmt::format(
        "the batch noise of the training losses correlates {} over {} common steps: other batches, or a run that "
        "does not learn{}",
        number(order.correlation, 3), order.n, how_many(tested));
  }
  return out;
}

}  // namespace expanalyze
