// What other tests say of the same seeds (science handbook B4.2). The moderated t decides; these stand beside it.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "review/measure.hpp"
#include "stats/bca.hpp"
#include "stats/compare.hpp"
#include "stats/rank.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr std::size_t kWelch = 3;        // seeds an arm: at two its measured size is 0.024
constexpr std::size_t kBca = 5;          // seeds an arm: fewer give resamples that repeat themselves
constexpr std::size_t kCorrelation = 4;  // pairs, for a correlation between matched seeds

/// The metric of each run of a side at `x` by its seed; empty when a run has none, or two have the same.
std::map<std::string, double> by_seed(const Side& side, double x) {
  std::map<std::string, double> out;
  for (const RunView& view : side.runs) {
    const std::string seed = seed_of(*view.run);
    const double value = run_value_at(view, Axis::step, x);
    if (seed.empty() || !std::isfinite(value) || !out.emplace(seed, value).second) return {};
  }
  return out;
}

struct Matched {
  std::vector<double> baseline, experiment;
};

/// Values of the same seeds on both sides; empty unless every seed has its twin.
Matched matched(const Sides& sides, double x) {
  const auto b = by_seed(sides.baseline, x), e = by_seed(sides.experiment, x);
  const bool same = std::equal(b.begin(), b.end(), e.begin(), e.end(),
                               [](const auto& one, const auto& other) { return one.first == other.first; });
  if (!same || b.size() < 2) return {};
  Matched out;
  for (const auto& [seed, value] : b) {
    out.baseline.push_back(value);
    out.experiment.push_back(e.at(seed));
  }
  return out;
}

OtherTest of(std::string name, const stats::TwoSample& t, std::size_t n) {
  return {std::move(name), {t.difference, t.low95, t.high95, 0.95, n, {}}, t.p};
}

/// The prior of a difference of one seed's two values: s0 sqrt(2 (1 - rho)), rho from four pairs on.
OtherTest paired_by_seed(const Matched& pairs, stats::SeedPrior prior) {
  std::vector<double> differences;
  for (std::size_t i = 0; i < pairs.baseline.size(); ++i)
    differences.push_back(pairs.experiment[i] - pairs.baseline[i]);
  double rho = pairs.baseline.size() >= kCorrelation ? stats::pearson(pairs.baseline, pairs.experiment) : 0;
  if (!(rho > 0)) rho = 0;
  prior.scale *= std::sqrt(2 * (1 - std::min(rho, 0.95)));
  return of("paired by seed", stats::moderated_paired_t(differences, prior), 2 * differences.size());
}

OtherTest permutation(const std::vector<double>& b, const std::vector<double>& e, double difference) {
  OtherTest out{"exact permutation", bare(difference, "p_only", b.size() + e.size()), stats::permutation_p(b, e)};
  out.least_p = (b.size() == e.size() ? 2 : 1) / stats::permutation_arrangements(b.size(), e.size());
  return out;
}

bool finds_difference(const OtherTest& test) {
  return std::isnan(test.p) ? test.difference.low > 0 || test.difference.high < 0 : test.p < 0.05;
}

/// A test that could not have said otherwise does not contradict.
bool could_find(const OtherTest& test) { return std::isnan(test.least_p) || test.least_p < 0.05; }

}  // namespace

std::vector<OtherTest> other_tests(const Sides& sides, const SeedNoise& noise, double x) {
  const auto b = values_at(sides.baseline, Axis::step, x), e = values_at(sides.experiment, Axis::step, x);
  const std::size_t fewer = std::min(b.size(), e.size());
  std::vector<OtherTest> out;
  if (fewer < 2) return out;
  const double difference = stats::moderated_t(b, e, noise.prior).difference;
  if (fewer >= kWelch) out.push_back(of("Welch", stats::welch(b, e), b.size() + e.size()));
  if (OtherTest test = permutation(b, e, difference); std::isfinite(test.p)) out.push_back(std::move(test));
  if (fewer >= kBca) {
    const stats::Interval i = stats::bca_interval(b, e);
    out.push_back({"BCa bootstrap", {difference, i.low, i.high, 0.95, b.size() + e.size(), {}}});
  }
  if (const Matched pairs = matched(sides, x); !pairs.baseline.empty())
    out.push_back(paired_by_seed(pairs, noise.prior));
  return out;
}

std::string disagreement(const std::vector<OtherTest>& tests, const Compared& primary) {
  const bool found = primary.test.low95 > 0 || primary.test.high95 < 0;
  std::vector<std::string> names;
  for (const OtherTest& test : tests)
    if (could_find(test) && finds_difference(test) != found)
      names.push_back(std::isnan(test.p) ? test.name : fmt::format("{} (p = {})", test.name, number(test.p, 2)));
  if (names.empty()) return {};
  return fmt::format("Other tests of the same seeds disagree: {} {} {} difference, the moderated t {}.",
                     join(names, ", "), names.size() == 1 ? "finds" : "find", found ? "no" : "a",
                     found ? "does" : "does not");
}

}  // namespace expanalyze
